"""Sub-problems that are re-optimised: some shifts, and the visits that they make or could make."""

from collections.abc import Collection
from dataclasses import dataclass
from random import Random

from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.params import DEFAULT, SubProblemSize


@dataclass(frozen=True, slots=True)
class SubProblem:
    """Shifts and visits by index; the rest of the plan stays as it is."""

    shifts: tuple[int, ...]
    visits: tuple[int, ...]


def choose_sub_problem(
    indexed: IndexedProblem,
    draft: Draft,
    neighbours: list[int],
    random: Random,
    size: SubProblemSize = DEFAULT.improvement.resolve_size,
    apart_from: Collection[SubProblem] = (),
) -> SubProblem:
    """The shifts that serve the nearest of these visits, some idle ones, and the nearest unassigned visits.

    `neighbours` are visits by distance. Shifts that have begun are left out, as their stops are fixed.
    Nothing of the sub-problems `apart_from` is chosen again.
    """
    taken_shifts = {s for sub_problem in apart_from for s in sub_problem.shifts}
    taken_visits = {v for sub_problem in apart_from for v in sub_problem.visits}
    open_shifts = [
        s
        for s in range(len(indexed.shifts))
        if s not in taken_shifts and may_change(indexed, draft, s)
    ]
    open_set = set(open_shifts)
    shifts: list[int] = []
    unassigned: list[int] = []
    for v in neighbours:
        s = draft.where[v]
        if s == NOWHERE:
            unassigned.append(v)
        elif s in open_set and s not in shifts and len(shifts) < size.shifts:
            shifts.append(s)
    idle = [s for s in open_shifts if draft.routes[s] is None]
    random.shuffle(idle)  # so that each of them gets its turn
    shifts += choose_compatible(indexed, idle, size.idle)
    chosen = set(shifts)
    candidates = [
        v
        for v in unassigned
        if v not in taken_visits and chosen.intersection(indexed.possible_shifts[v])
    ]
    visits = [v for s in shifts for v in draft.visits(s)]
    return SubProblem(tuple(shifts), (*visits, *candidates[: size.unassigned]))


def choose_compatible(indexed: IndexedProblem, shifts: list[int], most: int) -> list[int]:
    """The first of these shifts that can all be used: a team must rest between its shifts."""
    chosen: list[int] = []
    for s in shifts:
        if len(chosen) == most:
            break
        if not any(t in indexed.conflicts[s] for t in chosen):
            chosen.append(s)
    return chosen


def may_change(indexed: IndexedProblem, draft: Draft, s: int) -> bool:
    """Whether the stops of a shift may change: it has not begun, and its team may work it."""
    schedule = draft.routes[s]
    if schedule is not None:
        return schedule.departure >= indexed.opens[s]
    shift = indexed.shifts[s]
    alive = indexed.opens[s] < shift.end and 0 <= shift.day < indexed.problem.days
    return alive and not any(draft.routes[t] for t in indexed.conflicts[s])
