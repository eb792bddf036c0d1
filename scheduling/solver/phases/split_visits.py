"""Serves as many residents of unassigned visits as still fit, where whole visits did not.

Visits to fourteen people stay unassigned when ten doses are left, and the second of two visits to one
location when the first fills the shift. After the search such residents join a visit that is in a route
already, or form a smaller one: whatever adds no waste first, then as many as fit, down to one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scheduling.care.doses import in_containers
from scheduling.care.lookup import by_id, needs_by_key
from scheduling.objective import weight_of_visit
from scheduling.plan import Visit
from scheduling.solver.budget import Budget
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.parting import (
    Members,
    Needs,
    draw_names,
    halve_containers,
    with_members,
)
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.params import SplitParams

# Whose residents may share a visit: location, campaign, product and skills.
Kind = tuple[str, str | None, str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Family:
    """Unassigned visits whose residents could share one, the highest priority first, and visits in routes that could take them in."""

    visits: tuple[int, ...]
    people: tuple[
        tuple[str, int], ...
    ]  # person and dose number; of whom there are more in these visits, all others stay
    product: str
    days: range  # on which all of them may be visited
    siblings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """A visit that would serve the first residents of a family, alone or with those of a visit in a route."""

    family: Family
    size: int
    sibling: int | None
    visit: Visit
    weight: int  # of who would be served
    wasted: int  # doses more


def split_unassigned(
    draft: Draft, insertions: InsertionCosts, budget: Budget
) -> tuple[Draft, InsertionCosts]:
    """The plan with the residents of unassigned visits that still fit; as it was when nobody does.

    One round at least, whatever time is left; `last_places` sees to whoever still fits then.
    """
    params = insertions.params.split
    for k in range(params.most_rounds):
        if k and not budget.seconds:
            break
        chosen, tried = _choose_trials(draft, insertions, params)
        if not chosen:
            break
        visits, names = rewrite(draft, chosen)
        other = carry_over(tried, draft.indexed.with_visits(visits), names)
        if other is None:
            break
        draft, insertions = other, InsertionCosts(other.indexed, insertions.params)
    return draft, insertions


def cut_unassigned(draft: Draft, params: SplitParams) -> Draft:
    """The same plan with the heaviest unassigned visits of several containers cut into a few, the highest priority first.

    For a search that chooses among whole visits; what it leaves out of them `split_unassigned` puts together again.
    """
    indexed, needs = draft.indexed, needs_by_key(draft.indexed.problem)
    taken = {row.id for row in indexed.visits} | indexed.problem.done_visits
    heaviest = sorted(draft.unassigned(), key=lambda v: (-indexed.weight[v], v))
    cut = {v for v in heaviest if indexed.possible_shifts[v] and indexed.may_be_cut(v)}
    # who was told of one visit stays together as long as the search may still find a place for all
    cut = (cut & set(heaviest[: params.most_cut])) - set(indexed.published)
    visits: list[Visit] = []
    for v, visit in enumerate(indexed.visits):
        product = indexed.product[v]
        if v not in cut or product is None:
            visits.append(visit)
            continue
        people = by_priority(needs, visit, visit.needs)
        names = draw_names(visit, taken)
        for size in halve_containers(len(people), product.doses_per_container, params.most_parts):
            visits.append(with_members(needs, visit, next(names), people[:size]))
            people = people[size:]
    if len(visits) == indexed.size:
        return draft
    return carry_over(draft, indexed.with_visits(visits), {}) or draft


def by_priority(needs: Needs, visit: Visit, people: Members) -> Members:
    """The residents of a visit, the highest priority first."""
    campaign = visit.campaign_id or ""
    return sorted(people, key=lambda one: (-needs[one[0], campaign, one[1]].priority, one))


def _choose_trials(
    draft: Draft, insertions: InsertionCosts, params: SplitParams
) -> tuple[list[Trial], Draft]:
    """The trials that fit together, at most one for each family and each visit in a route, and the draft with them."""
    families = [one for one in list_families(draft) if _may_get_some(draft, one)]
    room = sum(len(one.people) * (1 + len(one.siblings)) for one in families)
    if room > params.most_trials:
        # whom not even one resident of fits anywhere needs no trial of each size
        single, _ = try_all(
            draft, insertions, [t for f in families for t in draw_trials(draft, f, (1,))]
        )
        chosen = {one.family.visits for one in single}
        families = [one for one in families if one.visits in chosen]
    trials: list[Trial] = []
    for family in families:
        sizes = range(1, len(family.people) + 1)
        mine = list(draw_trials(draft, family, sizes))
        if trials and len(trials) + len(mine) > params.most_trials:
            break
        trials += mine
    return try_all(draft, insertions, trials)


def _may_get_some(draft: Draft, family: Family) -> bool:
    """Whether a visit in a route could take residents in, or some depot has a container for a visit to one of them."""
    indexed = draft.indexed
    product = by_id(indexed.problem.products)[family.product]
    if family.siblings or product.open_may_travel:
        return True
    return any(
        draft.stockroom.doses_left((shift.depot_id, product.id), shift.day)
        >= product.doses_per_container
        for shift in indexed.shifts
        if shift.day in family.days
    )


def list_families(draft: Draft) -> list[Family]:
    """The families that unassigned visits form, the heaviest first.

    Visits of a series, joint visits and pinned ones are never changed: others depend on them as a whole.
    """
    indexed, needs = draft.indexed, needs_by_key(draft.indexed.problem)
    apart: dict[tuple[Kind, range], list[int]] = {}
    in_route: dict[Kind, list[int]] = {}
    for v, visit in enumerate(indexed.visits):
        if visit.product_id is None or not indexed.may_be_cut(v):
            continue
        key = (visit.location_id, visit.campaign_id, visit.product_id, visit.skills)
        if draft.where[v] != NOWHERE:
            in_route.setdefault(key, []).append(v)
        elif visit.doses:
            day = indexed.bound.get(visit.id, -1)
            due = (day, day) if day >= 0 else (visit.first_day, visit.last_day)
            apart.setdefault((key, range(due[0], due[1] + 1)), []).append(v)
    whole = [
        (key, days, visits, [one for v in visits for one in indexed.visits[v].needs])
        for (key, days), visits in apart.items()
    ]
    found = []
    for key, days, visits, members in [*whole, *_list_apart(indexed, whole)]:
        people = by_priority(needs, indexed.visits[visits[0]], members)
        siblings = [u for u in in_route.get(key, ()) if indexed.day[draft.where[u]] in days]
        found.append(Family(tuple(visits), tuple(people), key[2], days, tuple(siblings)))
    found.sort(key=lambda one: (-sum(indexed.weight[v] for v in one.visits), one.visits))
    return found


Apart = tuple[Kind, range, list[int], list[tuple[str, int]]]


def _list_apart(indexed: IndexedProblem, whole: Sequence[Apart]) -> Iterator[Apart]:
    """Residents of these visits who are due on other days than all of them together, may get another product, or are due to another dose."""
    needs = needs_by_key(indexed.problem)
    approved = {row.id for row in indexed.problem.products if row.approved}
    for (location, campaign, product, skills), days, visits, members in whole:
        if any(indexed.visits[v].id in indexed.bound for v in visits):
            continue
        alike: dict[tuple[str, range, int], list[tuple[str, int]]] = {}
        for person, dose in members:
            need = needs[person, campaign or "", dose]
            for name in approved.intersection(need.products):
                due = range(need.first_day, need.last_day + 1)
                alike.setdefault((name, due, dose), []).append((person, dose))
        for (name, due, _), some in sorted(alike.items(), key=repr):
            if (name, due, len(some)) != (product, days, len(members)):
                yield (location, campaign, name, skills), due, visits, some


def draw_trials(draft: Draft, family: Family, sizes: Sequence[int]) -> Iterator[Trial]:
    """Visits to the first residents of a family, so many each: alone, and joined to each visit in a route that they may join."""
    indexed = draft.indexed
    needs, told = needs_by_key(indexed.problem), indexed.told
    most = indexed.problem.max_residents_per_visit
    product = by_id(indexed.problem.products)[family.product]
    first, days = indexed.visits[family.visits[0]], family.days
    name = f"{first.id} {product.id} {days[0]} {days[-1]} {family.people[0]}"
    whole = replace(first, product_id=product.id, first_day=days[0], last_day=days[-1])
    is_tried = len(family.visits) == 1 and whole == first and len(family.people) == len(first.needs)
    for size in sizes:
        people = family.people[:size]
        alone = with_members(needs, whole, f"{name} {size}", people)
        weight = weight_of_visit(alone, needs, told)
        if size <= most and not (is_tried and size == len(family.people)):
            yield Trial(family, size, None, alone, weight, in_containers(product, size) - size)
        for u in family.siblings:
            before = indexed.visits[u]
            together = before.doses + size
            if together <= most:
                more = in_containers(product, together) - in_containers(product, before.doses)
                joined_name = f"{before.id} {name} {size}"
                joined = with_members(needs, before, joined_name, (*before.needs, *people))
                yield Trial(family, size, u, due_for_all(joined, whole), weight, more - size)


def due_for_all(visit: Visit, other: Visit) -> Visit:
    """The visit on days that suit the residents of another one too."""
    return replace(
        visit,
        first_day=max(visit.first_day, other.first_day),
        last_day=min(visit.last_day, other.last_day),
    )


def try_all(
    draft: Draft, insertions: InsertionCosts, trials: Sequence[Trial]
) -> tuple[list[Trial], Draft]:
    """Trials that fit together, and the draft with them: first those that waste no dose more, the heaviest families first."""
    indexed = draft.indexed
    if not trials:
        return [], draft
    finer = indexed.with_visits([*indexed.visits, *(one.visit for one in trials)])
    other = draft.extended(finer)
    attempt = Attempt(other, InsertionCosts(finer, insertions.params))
    ladders: dict[tuple[Family, int | None], list[Trial]] = {}
    for trial in trials:
        ladders.setdefault((trial.family, trial.sibling), []).append(trial)
    chosen: list[Trial] = []
    taken: set[int] = set()
    for is_whole in (True, False):
        for (family, sibling), ladder in ladders.items():
            mine = {*family.visits, *([] if sibling is None else [sibling])}
            sizes = [one for one in ladder if one.wasted <= 0 or not is_whole]
            found = attempt.find_largest(sizes) if taken.isdisjoint(mine) else None
            if found is not None:
                chosen.append(found)
                taken |= mine
    return chosen, other


class Attempt:
    """Puts trials into the routes of a draft."""

    def __init__(self, draft: Draft, insertions: InsertionCosts) -> None:
        self.draft, self._insertions = draft, insertions
        # whether the lots suffice, by shift, for visits that take alike, since the last change of the draft
        self._stocked: dict[object, list[bool]] = {}

    def find_largest(self, ladder: Sequence[Trial]) -> Trial | None:
        """The largest trial that fits, of some by size for the same people, put into a route.

        Bisected: who do not fit do not fit with more people either.
        """
        best: Trial | None = None
        low, high = 0, len(ladder)
        middle = 0  # most fit not even one
        while low < high:
            if self._put(ladder[middle], instead_of=best):
                best, low = ladder[middle], middle + 1
            else:
                high = middle
            middle = (low + high) // 2
        return best

    def _put(self, trial: Trial, instead_of: Trial | None) -> bool:
        """Put a trial into a route, in the place of its sibling or of a smaller trial; False, and nothing changes, when it does not fit."""
        draft, v = self.draft, self.draft.indexed.index[trial.visit.id]
        before = trial.sibling
        if instead_of is not None:
            before = draft.indexed.index[instead_of.visit.id]
        if before is not None:
            s, old = draft.where[before], draft.visits(draft.where[before])
            fits = bool(draft.indexed.windows[v][s]) and not draft.meets_residents_elsewhere(v, s)
            self._stocked.clear()
            if fits and draft.exchange(before, v):
                return True
            if trial.sibling is not None:
                return False
            draft.remove(before)
            if self._insert(v):
                return True
            draft.set_route(s, old)
            self._stocked.clear()
            return False
        return self._insert(v)

    def _insert(self, v: int) -> bool:
        draft, stocked = self.draft, self._list_stocked(v)
        for s in draft.indexed.possible_shifts[v]:
            if stocked[s]:
                position = self._insertions.find_feasible_position(draft, v, s)
                if position is not None and draft.insert(v, s, position):
                    self._stocked.clear()
                    return True
        return False

    def _list_stocked(self, v: int) -> list[bool]:
        """By shift whether lots and reserved next doses may allow the visit; asked once of hundreds that take alike."""
        draft = self.draft
        kind = draft.stockroom.kind_of(v)
        if kind not in self._stocked:
            self._stocked[kind] = [draft.fits(v, s) for s in range(len(draft.routes))]
        return self._stocked[kind]


def rewrite(draft: Draft, chosen: Sequence[Trial]) -> tuple[list[Visit], dict[str, str]]:
    """All visits with the chosen ones under lasting names, and these names by those of the trials.

    A visit that is joined keeps its name. The first residents of a family take the name of its first visit.
    """
    indexed, needs = draft.indexed, needs_by_key(draft.indexed.problem)
    taken = {row.id for row in indexed.visits} | indexed.problem.done_visits
    gone = {v for one in chosen for v in one.family.visits}
    visits = {v: visit for v, visit in enumerate(indexed.visits) if v not in gone}
    further: list[Visit] = []
    names: dict[str, str] = {}
    for trial in chosen:
        whole = indexed.visits[trial.family.visits[0]]
        free = draw_names(whole, taken)
        if trial.sibling is None:
            names[trial.visit.id] = next(free)
            further.append(replace(trial.visit, id=whole.id))
        else:
            names[trial.visit.id] = visits[trial.sibling].id
            visits[trial.sibling] = replace(trial.visit, id=names[trial.visit.id])
        served = set(trial.family.people[: trial.size])
        everybody = [one for v in trial.family.visits for one in indexed.visits[v].needs]
        if rest := [one for one in everybody if one not in served]:
            further.append(with_members(needs, whole, next(free), rest))
            taken.add(further[-1].id)
    return [*visits.values(), *further], names


def carry_over(draft: Draft, finer: IndexedProblem, names: Mapping[str, str]) -> Draft | None:
    """The routes of a draft in a problem with other visits; None when they are not feasible as they are."""
    other = Draft(finer)
    for s in range(len(finer.shifts)):
        ids = [draft.indexed.visits[v].id for v in draft.visits(s)]
        visits = tuple(finer.index[names.get(name, name)] for name in ids)
        if visits != other.visits(s) and not other.set_route(s, visits):
            return None
        if any(other.meets_residents_elsewhere(v, s) for v in visits):
            return None
    return other
