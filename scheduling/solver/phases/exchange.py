"""Cuts a visit that stands in a route where the doses or hours of some of its residents serve more weight elsewhere.

The search chooses among whole visits, and `split_visits` serves whoever fits beside them. A visit to forty
stays whole although the last five of them, of low priority, hold the container or the minutes that ten others
of high priority at another location wait for. Here they leave it, when more weight comes in than goes out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from scheduling.care.lookup import needs_by_key
from scheduling.objective import weight_of
from scheduling.plan import Visit
from scheduling.solver.budget import Budget
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.parting import Members, draw_names, with_members
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.params import ExchangeParams
from scheduling.solver.phases.joining import (
    join,
    join_parts,
    kind_of,
    list_free,
    list_pairs,
    put_together,
    replace_joined,
)
from scheduling.solver.phases.priority import serve_priority_first
from scheduling.solver.phases.rechoosing import rechoose
from scheduling.solver.phases.split_visits import (
    Attempt,
    Family,
    Trial,
    by_priority,
    carry_over,
    draw_trials,
    list_families,
    rewrite,
    split_unassigned,
)


@dataclass(frozen=True, slots=True)
class Cut:
    """A visit in a route without its last residents or without any, or with all of them in another visit there."""

    visit: int
    kept: Visit | None
    dropped: Members
    loss: int  # weight of the lightest of the location whose places these are
    joins: int | None = None  # the visit that all of them join; then `kept` is that one


@dataclass(frozen=True, slots=True)
class Exchange:
    """Residents who leave a visit, and those who are served instead."""

    cut: Cut
    trial: Trial

    @property
    def gain(self) -> int:
        """Weight that is served more."""
        return self.trial.weight - self.cut.loss


def exchange_residents(
    draft: Draft, insertions: InsertionCosts, budget: Budget
) -> tuple[Draft, InsertionCosts]:
    """The plan in which no visit can be cut any more for others of more weight; as it was when none can be."""
    params = insertions.params.exchange
    for _ in range(params.most_rounds):
        if not budget.seconds or not list_families(draft):
            break
        joined = join_parts(draft, params)
        other = _exchange_once(joined, InsertionCosts(joined.indexed, insertions.params), budget)
        found, costs = _fill(other or joined, insertions, budget)
        if not _is_better(found, draft):
            anew = rechoose(draft, insertions.params.rechoice, budget)
            if anew is None:
                break
            found, costs = _fill(anew, insertions, budget)
            if not _is_better(found, draft):
                break
        draft, insertions = found, costs
    return draft, insertions


def _fill(draft: Draft, insertions: InsertionCosts, budget: Budget) -> tuple[Draft, InsertionCosts]:
    """The plan with whoever fits beside what was exchanged, the highest priority first."""
    found = split_unassigned(draft, InsertionCosts(draft.indexed, insertions.params), budget)
    return serve_priority_first(*found)


def _is_better(draft: Draft, before: Draft) -> bool:
    """Whether more weight is served, and no published stop more is moved for it."""
    now, then = draft.values(), before.values()
    return now.unserved_weight < then.unserved_weight and now.moved_stops <= then.moved_stops


def _exchange_once(draft: Draft, insertions: InsertionCosts, budget: Budget) -> Draft | None:
    """The plan after exchanges that fit together; None without any."""
    params = insertions.params.exchange
    trials = _list_trials(draft, params)
    cuts = _list_cuts(draft, trials, params)
    if not trials or not cuts:
        return None
    rows = [one.visit for one in trials] + [one.kept for one in cuts if one.kept]
    finer = draft.indexed.with_visits([*draft.indexed.visits, *rows])
    swaps = _Swaps(draft.extended(finer), InsertionCosts(finer, insertions.params), trials)
    by_visit: dict[int, list[Cut]] = {}
    for cut in cuts:
        by_visit.setdefault(cut.visit, []).append(cut)
    found = (swaps.take_best(mine) for mine in by_visit.values() if budget.seconds)
    chosen = [one for one in found if one is not None]
    return _apply(draft, swaps.draft, chosen) if chosen else None


def _list_trials(draft: Draft, params: ExchangeParams) -> list[Trial]:
    """Visits of all sizes to those who wait, of the heaviest locations."""
    trials: list[Trial] = []
    for family in list_families(draft)[: params.most_families]:
        mine = list(draw_trials(draft, family, range(1, len(family.people) + 1)))
        if trials and len(trials) + len(mine) > params.most_trials:
            break
        trials += mine
        if len(family.visits) == 1 and not any(
            one.size == len(family.people) and one.sibling is None for one in mine
        ):
            trials.append(_whole(draft, family))
    return trials


def _whole(draft: Draft, family: Family) -> Trial:
    """The visit that waits, as it is, under a name of its own."""
    indexed, v = draft.indexed, family.visits[0]
    visit = indexed.visits[v]
    named = with_members(
        needs_by_key(indexed.problem), visit, f"{visit.id} whole {family.product}", visit.needs
    )
    return Trial(family, len(family.people), None, named, indexed.weight[v], 0)


def _list_cuts(draft: Draft, trials: list[Trial], params: ExchangeParams) -> list[Cut]:
    """Visits in routes with fewer people, those with the lightest first; none that loses more than could come in."""
    indexed = draft.indexed
    most = max((one.weight for one in trials), default=0)
    free = list_free(draft)
    free.sort(key=lambda v: (_weigh_members(indexed, v)[0], v))
    cuts: list[Cut] = []
    for v in free:
        cuts += (one for one in _draw_cuts(draft, v, free) if one.loss < most)
        if len(cuts) > params.most_cuts:
            break
    pairs = list_pairs(draft, params)
    return [*(Cut(v, join(indexed, (u, v)), (), 0, joins=u) for u, v in pairs), *cuts]


def _weigh_members(indexed: IndexedProblem, v: int) -> list[int]:
    """The weights of the residents of a visit, the lightest first."""
    visit, needs = indexed.visits[v], needs_by_key(indexed.problem)
    campaign = visit.campaign_id or ""
    keys = [(person, campaign, dose) for person, dose in visit.needs]
    return sorted(weight_of(needs[key].priority, told=key in indexed.told) for key in keys)


def _draw_cuts(draft: Draft, v: int, free: list[int]) -> Iterator[Cut]:
    """A visit with one, two, four … people less, with whole containers, and with nobody.

    Who leaves it may take the place of somebody lighter in another visit of the location (`priority`): the loss is theirs.
    """
    indexed = draft.indexed
    visit, product = indexed.visits[v], indexed.product[v]
    needs = needs_by_key(indexed.problem)
    people = by_priority(needs, visit, visit.needs)
    days = range(visit.first_day, visit.last_day + 1)
    weights = _weigh_members(indexed, v)
    for u in free:
        other = indexed.visits[u]
        if u != v and kind_of(other) == kind_of(visit) and indexed.day[draft.where[u]] in days:
            weights += _weigh_members(indexed, u)
    weights.sort()
    container = product.doses_per_container if product else 1
    few = {len(people) - (1 << k) for k in range(len(people).bit_length())}
    whole = range(0, len(people), container) if container > 1 else (0,)
    for size in sorted({*few, *whole}, reverse=True):
        name = f"{visit.id} cut to {size}"
        kept = with_members(needs, visit, name, people[:size]) if size else None
        yield Cut(v, kept, people[size:], sum(weights[: len(people) - size]))


class _Swaps:
    """Exchanges one after the other in one draft, each visit and each family in one at most."""

    def __init__(self, draft: Draft, insertions: InsertionCosts, trials: list[Trial]) -> None:
        self.draft, self._insertions = draft, insertions
        self._ladders: dict[tuple[Family, int | None], list[Trial]] = {}
        for trial in sorted(trials, key=lambda one: one.size):
            self._ladders.setdefault((trial.family, trial.sibling), []).append(trial)
        self._taken: set[int] = set()

    def take_best(self, cuts: list[Cut]) -> Exchange | None:
        """The exchange for one visit that gains most, made in the draft; None, and nothing changes, without any."""
        best: tuple[Exchange, Draft] | None = None
        if cuts[0].visit in self._taken:
            return None
        for cut in cuts:
            smaller = None if cut.joins in self._taken else self._cut(cut)
            if smaller is None:
                continue
            for (family, sibling), ladder in self._ladders.items():
                mine = {*family.visits, *([] if sibling is None else [sibling])}
                same = {cut.visit, cut.joins} & {sibling, *family.siblings}
                if same - {None} or not self._taken.isdisjoint(mine):
                    continue
                least = cut.loss + (best[0].gain if best else 0)
                more = [one for one in ladder if one.weight > least]
                draft = smaller.copy()
                trial = Attempt(draft, self._insertions).find_largest(more) if more else None
                if trial is not None:
                    best = (Exchange(cut, trial), draft)
        if best is None:
            return None
        found, self.draft = best
        family, sibling = found.trial.family, found.trial.sibling
        touched = {found.cut.visit, found.cut.joins, *family.visits, sibling}
        self._taken |= {v for v in touched if v is not None}
        return found

    def _cut(self, cut: Cut) -> Draft | None:
        """The draft with the visit cut; None where the rest of its route cannot be kept."""
        draft = self.draft.copy()
        if cut.joins is not None and cut.kept:
            pair = (cut.joins, cut.visit)
            return put_together(draft, pair, draft.indexed.index[cut.kept.id])
        s = draft.where[cut.visit]
        instead = (draft.indexed.index[cut.kept.id],) if cut.kept else ()
        visits = draft.visits(s)
        k = visits.index(cut.visit)
        fits = draft.set_route(s, (*visits[:k], *instead, *visits[k + 1 :]))
        return draft if fits else None


def _apply(draft: Draft, swapped: Draft, chosen: list[Exchange]) -> Draft | None:
    """The plan with these exchanges, its visits under lasting names."""
    indexed, needs = draft.indexed, needs_by_key(draft.indexed.problem)
    rows, names = rewrite(draft, [one.trial for one in chosen])
    visits = {row.id: row for row in rows}
    for cut in (one.cut for one in chosen):
        whole = indexed.visits[cut.visit]
        if cut.kept is None:
            continue
        if cut.joins is not None:
            replace_joined(indexed, visits, (cut.joins, cut.visit), cut.kept)
            names[cut.kept.id] = indexed.visits[cut.joins].id
            continue
        free = draw_names(whole, {*visits, *indexed.problem.done_visits})
        next(free)  # who stay keep the name
        rest = with_members(needs, whole, next(free), cut.dropped)
        kept = tuple(one for one in whole.needs if one not in set(cut.dropped))
        visits[whole.id] = with_members(needs, whole, whole.id, kept)
        visits[rest.id] = rest
        names[cut.kept.id] = whole.id
    return carry_over(swapped, indexed.with_visits(list(visits.values())), names)
