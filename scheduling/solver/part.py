"""A part of a plan to be solved again: some shifts, and the visits that they make or could make."""

from dataclasses import dataclass
from random import Random

from scheduling.solver.case import Case
from scheduling.solver.draft import NOWHERE, Draft

SHIFTS = 12
EMPTY_SHIFTS = 2
WAITING = 12


@dataclass(frozen=True, slots=True)
class Part:
    """Shifts and visits by their index in the case; all else of the plan stands still."""

    shifts: tuple[int, ...]
    visits: tuple[int, ...]


def choose(case: Case, draft: Draft, near: list[int], random: Random) -> Part:
    """The shifts that call near one visit, some empty ones, and the nearest visits that wait.

    `near` are visits by distance. Shifts that have begun are left alone: their stops are given.
    """
    open_shifts = [s for s in range(len(case.shifts)) if _is_open(case, draft, s)]
    wanted = set(open_shifts)
    shifts: list[int] = []
    waiting: list[int] = []
    for v in near:
        s = draft.where[v]
        if s == NOWHERE:
            waiting.append(v)
        elif s in wanted and s not in shifts and len(shifts) < SHIFTS:
            shifts.append(s)
    empty = [s for s in open_shifts if draft.routes[s] is None]
    shifts += random.sample(empty, min(len(empty), EMPTY_SHIFTS))
    chosen = set(shifts)
    could = [v for v in waiting if chosen.intersection(case.shifts_of[v])]
    visits = [v for s in shifts for v in draft.visits(s)]
    return Part(tuple(shifts), (*visits, *could[:WAITING]))


def _is_open(case: Case, draft: Draft, s: int) -> bool:
    timing = draft.routes[s]
    if timing is not None:
        return timing.departure >= case.opens[s]
    shift = case.shifts[s]
    alive = case.opens[s] < shift.end and 0 <= shift.day < case.problem.days
    return alive and not any(draft.routes[t] for t in case.conflicts[s])
