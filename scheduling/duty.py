"""How long a team is on duty: from the start of a shift to its end, whether it drives or waits."""

from collections.abc import Sequence
from dataclasses import replace

from scheduling.problem import Problem, Shift

DAYS = 7  # a week: any seven days that follow each other


def shortened(problem: Problem) -> Problem:
    """The problem with shifts that end when the longest duty does."""
    most = problem.max_duty_seconds
    if most is None or all(shift.end - shift.start <= most for shift in problem.shifts):
        return problem
    shifts = (replace(row, end=min(row.end, row.start + most)) for row in problem.shifts)
    return replace(problem, shifts=tuple(shifts))


def seconds_of(problem: Problem, shift: Shift) -> int:
    """What a shift counts for: never more than the longest duty."""
    hours = shift.end - shift.start
    return hours if problem.max_duty_seconds is None else min(hours, problem.max_duty_seconds)


def busiest_week(problem: Problem, shifts: Sequence[Shift], around: int) -> int:
    """The most seconds that these shifts of one team make in seven days of which one is `around`."""
    seconds = {shift.id: (shift.day, seconds_of(problem, shift)) for shift in shifts}
    return max(
        sum(took for day, took in seconds.values() if first <= day < first + DAYS)
        for first in range(around - DAYS + 1, around + 1)
    )
