"""Shifts whose hours and doses the bound of people served counts together."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from scheduling.solver.model.indexed import IndexedProblem


@dataclass(frozen=True, slots=True)
class Group:
    """Shifts of one depot between two changes of stock, by index, with their days."""

    depot: str
    first_day: int
    last_day: int
    shifts: tuple[int, ...]


def group_shifts(indexed: IndexedProblem, *, apart: bool) -> Iterator[Group]:
    """The shifts of each depot, those of all days between which its stock does not change together, or each `apart`."""
    problem = indexed.problem
    of_day: dict[tuple[str, int], list[int]] = defaultdict(list)
    for s, shift in enumerate(indexed.shifts):
        if 0 <= shift.day < problem.days:
            of_day[shift.depot_id, shift.day].append(s)
    for depot in sorted({depot for depot, _ in of_day}):
        lines = [row for row in problem.stock if row.depot_id == depot]
        changes = {0, *(row.first_day for row in lines), *(row.last_day + 1 for row in lines)}
        begins = sorted(day for day in changes if 0 <= day < problem.days)
        for first, after in pairwise([*begins, problem.days]):
            days = range(first, after)
            shifts = [s for day in days for s in of_day.get((depot, day), ())]
            if apart:
                yield from (Group(depot, first, after - 1, (s,)) for s in shifts)
            elif shifts:
                yield Group(depot, first, after - 1, tuple(shifts))
