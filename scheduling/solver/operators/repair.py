"""Routes of an engine put into a feasible plan: what breaks a rule that the engine does not know is repaired."""

from collections.abc import Iterable

from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.construction import InsertionHeuristic
from scheduling.solver.operators.insertion import InsertionCosts, keeps_last
from scheduling.solver.operators.ranking import rank_by_regret


def repair_routes(
    draft: Draft, insertions: InsertionCosts, routes: dict[int, tuple[int, ...]]
) -> Draft | None:
    """The plan with these routes in their shifts; visits that a rule refuses are inserted where they cost least.

    None when the shifts cannot even be reduced to their fixed stops.
    """
    indexed = draft.indexed
    other = draft.copy()
    # all are emptied before any is filled: a visit may go from one of these shifts to another
    for s in routes:
        if not other.set_route(s, tuple(v for v in other.visits(s) if v in indexed.is_pinned)):
            return None
    for v in sorted({u for visits in routes.values() for u in visits}):
        if v not in indexed.is_pinned:
            other.remove(v)  # it may be in a shift outside of the sub-problem
    refused = [v for s in sorted(routes) for v in apply_route(other, s, routes[s])]
    _reinsert(draft, other, insertions, refused)
    return other


def apply_route(draft: Draft, s: int, visits: tuple[int, ...]) -> list[int]:
    """Set a route at once, or visit by visit when that breaks a rule; returns the visits that were refused."""
    indexed = draft.indexed
    fixed = draft.visits(s)
    if visits == fixed:
        return []
    free = [v for v in visits if v not in indexed.is_pinned]
    may = all(draft.where[v] == NOWHERE and draft.allows(v, s) for v in free)
    if may and _keeps_order(indexed, visits, fixed) and draft.set_route(s, visits):
        return []
    return [v for v in free if not _append_stop(draft, v, s, visits)]


def _keeps_order(indexed: IndexedProblem, visits: tuple[int, ...], fixed: tuple[int, ...]) -> bool:
    """Whether no two of these visits share a resident, fixed stops keep their order and outbreaks come last."""
    keeps_fixed = tuple(v for v in visits if v in indexed.is_pinned) == fixed
    return (
        keeps_fixed and keeps_last(indexed, visits) and not any(indexed.clashes[v] for v in visits)
    )


def _append_stop(draft: Draft, v: int, s: int, visits: tuple[int, ...]) -> bool:
    """Insert one more visit of a route into its shift, after those that precede it in the route."""
    indexed = draft.indexed
    if draft.where[v] != NOWHERE or not indexed.windows[v][s]:
        return False
    if not (draft.allows(v, s) and draft.fits(v, s)):
        return False
    before = set(visits[: visits.index(v)])
    made = draft.visits(s)
    position = max((k + 1 for k, u in enumerate(made) if u in before), default=0)
    trial = (*made[:position], v, *made[position:])
    return keeps_last(indexed, trial) and draft.set_route(s, trial)


def _reinsert(
    draft: Draft, other: Draft, insertions: InsertionCosts, refused: Iterable[int]
) -> None:
    """Insert what was refused or lost, and some of the visits that were unassigned before."""
    indexed = draft.indexed
    lost = {
        v for v in other.unassigned() if draft.where[v] != NOWHERE and indexed.possible_shifts[v]
    }
    before = [
        v for v in other.unassigned() if draft.where[v] == NOWHERE and indexed.possible_shifts[v]
    ]
    before.sort(key=lambda v: (-indexed.weight[v] / max(1, _least_seconds(indexed, v)), v))
    # a visit that an engine named twice is refused once and stands already
    refused = [v for v in refused if other.where[v] == NOWHERE]
    chosen = sorted({*refused, *lost, *before[: insertions.params.repair.unassigned_tried]})
    if chosen:
        InsertionHeuristic(
            other, insertions, chosen, rank_by_regret(indexed, insertions.params.insertion)
        ).run()


def _least_seconds(indexed: IndexedProblem, v: int) -> int:
    return min(indexed.service[v][s] for s in indexed.possible_shifts[v])


def apply_routes(draft: Draft, routes: dict[int, tuple[int, ...]]) -> Draft | None:
    """The plan with other routes in some shifts; None when together they break a rule."""
    other = draft.copy()
    for s in routes:
        if not other.set_route(
            s, tuple(v for v in other.visits(s) if v in other.indexed.is_pinned)
        ):
            return None
    fits = all(_apply_stepwise(other, s, visits) for s, visits in routes.items())
    return other if fits else None


def _apply_stepwise(draft: Draft, s: int, visits: tuple[int, ...]) -> bool:
    """Set a route visit by visit, as the rules between routes are asked about one more visit."""
    indexed = draft.indexed
    if not keeps_last(indexed, visits):
        return False
    for v in visits:
        if v in indexed.is_pinned:
            continue
        made = {*draft.visits(s), v}
        if not (draft.allows(v, s) and draft.fits(v, s)):
            return False
        if not draft.set_route(s, tuple(u for u in visits if u in made)):
            return False
    return draft.visits(s) == visits
