"""A part of a plan to be solved again: some shifts, and the visits that they make or could make."""

from collections.abc import Collection
from dataclasses import dataclass
from random import Random

from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import Case


@dataclass(frozen=True, slots=True)
class Part:
    """Shifts and visits by their index in the case; all else of the plan stands still."""

    shifts: tuple[int, ...]
    visits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """How many shifts with stops and without, and how many waiting visits, a part has at most."""

    shifts: int = 12
    empty: int = 2
    waiting: int = 12


def choose(
    case: Case,
    draft: Draft,
    near: list[int],
    random: Random,
    size: Size = Size(),
    without: Collection[Part] = (),
) -> Part:
    """The shifts that call near one visit, some empty ones, and the nearest visits that wait.

    `near` are visits by distance. Shifts that have begun are left alone: their stops are given. Nothing
    of the parts `without` is chosen again.
    """
    taken = {s for part in without for s in part.shifts}
    also_taken = {v for part in without for v in part.visits}
    open_shifts = [s for s in range(len(case.shifts)) if s not in taken and is_open(case, draft, s)]
    wanted = set(open_shifts)
    shifts: list[int] = []
    waiting: list[int] = []
    for v in near:
        s = draft.where[v]
        if s == NOWHERE:
            waiting.append(v)
        elif s in wanted and s not in shifts and len(shifts) < size.shifts:
            shifts.append(s)
    empty = [s for s in open_shifts if draft.routes[s] is None]
    random.shuffle(empty)
    shifts += without_conflicts(case, empty, size.empty)
    chosen = set(shifts)
    could = [v for v in waiting if v not in also_taken and chosen.intersection(case.shifts_of[v])]
    visits = [v for s in shifts for v in draft.visits(s)]
    return Part(tuple(shifts), (*visits, *could[: size.waiting]))


def without_conflicts(case: Case, shifts: list[int], most: int) -> list[int]:
    """The first of these shifts that may all be used: a team rests between its own."""
    chosen: list[int] = []
    for s in shifts:
        if len(chosen) == most:
            break
        if not any(t in case.conflicts[s] for t in chosen):
            chosen.append(s)
    return chosen


def is_open(case: Case, draft: Draft, s: int) -> bool:
    """Whether the stops of a shift may change: it has not begun, and its team may work it."""
    schedule = draft.routes[s]
    if schedule is not None:
        return schedule.departure >= case.opens[s]
    shift = case.shifts[s]
    alive = case.opens[s] < shift.end and 0 <= shift.day < case.problem.days
    return alive and not any(draft.routes[t] for t in case.conflicts[s])
