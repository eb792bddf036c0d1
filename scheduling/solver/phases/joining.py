"""Puts parts of one location together again where one visit can serve them all.

Visits are cut so that parts find a place (`split_visits`). Once others left the plan, or doses became free, two
parts may fit in one stop: the team sets up and observes once, and the time is somebody else's.
"""

from itertools import permutations

from scheduling.care.lookup import needs_by_key
from scheduling.plan import Visit
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.parting import with_members
from scheduling.solver.params import ExchangeParams
from scheduling.solver.phases.split_visits import Kind, carry_over, due_for_all

Pair = tuple[int, int]  # the visit that stays, and the one whose residents join it


def list_free(draft: Draft) -> list[int]:
    """Vaccination visits in routes that may be changed: no other depends on them, and nobody was told of them."""
    indexed = draft.indexed
    return [
        v
        for v, visit in enumerate(indexed.visits)
        if draft.where[v] != NOWHERE
        and visit.product_id is not None
        and visit.needs
        and indexed.may_be_cut(v)
        and v not in indexed.published
    ]


def kind_of(visit: Visit) -> Kind:
    """Whose residents may share the visit."""
    return visit.location_id, visit.campaign_id, visit.product_id or "", visit.skills


def join_parts(draft: Draft, params: ExchangeParams) -> Draft:
    """The plan with visits of one location in one route joined wherever that makes it better; as it was where none can be."""
    pairs = [(u, v) for u, v in list_pairs(draft, params) if draft.where[u] == draft.where[v]]
    joined = {pair: join(draft.indexed, pair) for pair in pairs}
    if not joined:
        return draft
    finer = draft.indexed.with_visits([*draft.indexed.visits, *joined.values()])
    trial = draft.extended(finer)
    chosen: list[Pair] = []
    for pair, visit in joined.items():
        if any(set(pair) & set(other) for other in chosen):
            continue
        better = put_together(trial, pair, finer.index[visit.id])
        # what is in no route is one of the two ways to name the same people, each time
        if better is not None and _worth(better) < _worth(trial):
            trial = better
            chosen.append(pair)
    if not chosen:
        return draft
    return _apply(draft, trial, {pair: joined[pair] for pair in chosen})


def list_pairs(draft: Draft, params: ExchangeParams) -> list[Pair]:
    """Visits of the same kind, on a day that suits both; the smaller joins the larger first."""
    indexed = draft.indexed
    by_kind: dict[Kind, list[int]] = {}
    for v in list_free(draft):
        by_kind.setdefault(kind_of(indexed.visits[v]), []).append(v)
    pairs = [
        (u, v)
        for same in by_kind.values()
        for u, v in permutations(same, 2)
        if indexed.visits[v].first_day <= indexed.day[draft.where[u]] <= indexed.visits[v].last_day
        and indexed.visits[u].doses + indexed.visits[v].doses
        <= indexed.problem.max_residents_per_visit
    ]
    pairs.sort(key=lambda one: (indexed.visits[one[1]].doses - indexed.visits[one[0]].doses, one))
    return pairs[: params.most_cuts]


def join(indexed: IndexedProblem, pair: Pair) -> Visit:
    """The visit to the residents of both, under a name of its own."""
    one, other = (indexed.visits[v] for v in pair)
    needs, name = needs_by_key(indexed.problem), f"{one.id} with {other.id}"
    return due_for_all(with_members(needs, one, name, (*one.needs, *other.needs)), other)


def put_together(draft: Draft, pair: Pair, together: int) -> Draft | None:
    """The draft with the residents of both in one stop, where the first visit is; None where that is not feasible."""
    u, v = pair
    other = draft.copy()
    s = other.where[u]
    other.remove(v)
    visits = tuple(together if one == u else one for one in other.visits(s))
    fits = other.indexed.windows[together][s] and not other.meets_residents_elsewhere(together, s)
    return other if fits and other.set_route(s, visits) else None


def _worth(draft: Draft) -> tuple[int, ...]:
    """The agreed order without the people, who are the same."""
    return draft.values().as_tuple()[2:]


def replace_joined(
    indexed: IndexedProblem, visits: dict[str, Visit], pair: Pair, joined: Visit
) -> None:
    """Note both visits as one, under the name of the first."""
    first, second = (indexed.visits[v].id for v in pair)
    needs = needs_by_key(indexed.problem)
    visits[first] = with_members(needs, joined, first, joined.needs)
    del visits[second]


def _apply(draft: Draft, trial: Draft, chosen: dict[Pair, Visit]) -> Draft:
    visits = {visit.id: visit for visit in draft.indexed.visits}
    names: dict[str, str] = {}
    for pair, joined in chosen.items():
        replace_joined(draft.indexed, visits, pair, joined)
        names[joined.id] = draft.indexed.visits[pair[0]].id
    return carry_over(trial, draft.indexed.with_visits(list(visits.values())), names) or draft
