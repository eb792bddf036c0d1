"""Repair by columns: some shifts are planned anew together while all others are held.

Also the whole plan at once, when every shift is opened.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from random import Random

from scheduling.solver.budget import Budget
from scheduling.solver.column_params import DiveParams
from scheduling.solver.columns.arrays import ColumnArrays
from scheduling.solver.columns.coupling import Coupling, Remaining
from scheduling.solver.columns.generate import Generation
from scheduling.solver.columns.pricing import Column
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import best_schedule
from scheduling.solver.model.stock import compute_loads
from scheduling.solver.operators.acceptance import weighted_cost
from scheduling.solver.operators.insertion import keeps_last
from scheduling.solver.operators.repair import apply_route
from scheduling.solver.params import DEFAULT, SearchParams


@lru_cache(maxsize=2)
def couple(indexed: IndexedProblem, params: SearchParams) -> Coupling:
    """The arrays and coupling rows of a problem; kept, as every repair of a search asks for them."""
    return Coupling(ColumnArrays(indexed, params.columns, params.weights.unserved))


def repair_by_columns(
    draft: Draft,
    open_shifts: Sequence[int],
    visits: Sequence[int],
    budget: Budget,
    random: Random,
    params: SearchParams = DEFAULT,
) -> bool:
    """Plan these shifts anew, with what stands in them and these visits; all other shifts are held.

    Changes the draft, and returns True, only when that is better (`is_better`). `random` varies which equally good columns are found.
    """
    found = plan_shifts(
        draft, open_shifts, visits, budget, params.columns.repair.dive, params, random
    )
    if not is_better(found, draft, params):
        return False
    draft.become(found)
    return True


def is_better(one: Draft, other: Draft, params: SearchParams) -> bool:
    """Whether a plan leaves fewer points unserved; else moves fewer stops; else takes less work."""
    mine, theirs = one.values(), other.values()
    first = (mine.unserved_weight, mine.moved_stops)
    if first != (theirs.unserved_weight, theirs.moved_stops):
        return first < (theirs.unserved_weight, theirs.moved_stops)
    return weighted_cost(mine, params.weights) < weighted_cost(theirs, params.weights)


def plan_shifts(
    draft: Draft,
    open_shifts: Iterable[int],
    visits: Iterable[int],
    budget: Budget,
    effort: DiveParams,
    params: SearchParams,
    random: Random | None = None,
) -> Draft:
    """The plan with other routes in the open shifts; not always a better one."""
    coupling = couple(draft.indexed, params)
    remaining = Remaining(coupling, draft, open_shifts)
    inside = {v for s in remaining.shifts for v in draft.visits(s)}
    remaining.free &= inside | set(visits)
    generation = Generation(remaining, effort, random)
    generation.add(list_columns(coupling.arrays, draft, remaining.shifts))
    return apply_columns(draft, remaining, generation.run(budget))


def list_columns(arrays: ColumnArrays, draft: Draft, shifts: Iterable[int]) -> Iterable[Column]:
    """The routes that stand in these shifts, so that the relaxation begins with them."""
    for s in sorted(shifts):
        if draft.routes[s] is not None:
            column = to_column(arrays, s, draft.visits(s))
            if column is not None:
                yield column


def to_column(arrays: ColumnArrays, s: int, visits: tuple[int, ...]) -> Column | None:
    """A route as a column; None when it cannot be driven."""
    indexed, params = arrays.indexed, arrays.params
    schedule = best_schedule(indexed, s, visits)
    if schedule is None:
        return None
    taken = dict(compute_loads(indexed, schedule))
    road = sum(schedule.drive_seconds(indexed, leg) for leg in range(len(visits) + 1))
    gain = float(arrays.gain[list(visits), s].sum()) - params.road_points * road
    return Column(s, visits, gain, tuple(taken.get(name, 0) for name in arrays.products))


def apply_columns(draft: Draft, remaining: Remaining, columns: Sequence[Column]) -> Draft:
    """The plan with these columns; what a rule refuses is inserted into the open shifts where it fits."""
    other = draft.copy()
    for s in sorted(remaining.shifts):
        other.set_route(s, remaining.arrays.pinned_of[s])
    refused: list[int] = []
    # doses before the next doses of the same series
    for column in sorted(columns, key=lambda one: (draft.indexed.day[one.shift], one.shift)):
        refused += apply_route(other, column.shift, column.visits)
    waiting = {v for v in remaining.free if other.where[v] == NOWHERE}
    indexed = draft.indexed
    ranked = sorted(waiting, key=lambda v: (indexed.insertion_class[v], -indexed.weight[v], v))
    for v in ranked:
        _insert_anywhere(other, v, remaining.shifts)
    return other


def _insert_anywhere(draft: Draft, v: int, shifts: set[int]) -> bool:
    indexed = draft.indexed
    for s in indexed.possible_shifts[v]:
        if s not in shifts or not (draft.allows(v, s) and draft.fits(v, s)):
            continue
        visits = draft.visits(s)
        for position in range(len(visits) + 1):
            trial = (*visits[:position], v, *visits[position:])
            if keeps_last(indexed, trial) and draft.set_route(s, trial):
                return True
    return False
