"""Weights that make one number of a plan's values, so that the agreed order really holds.

Each weight is more than all values after it can ever come to together: a plan that is better in one value
is better in the sum, whatever it costs in those after it. Whole numbers of any size, no rounding.
"""

from scheduling.problem import Problem, Shift


def weights(problem: Problem) -> tuple[int, ...]:
    """One for each entry of `Values.as_tuple`, derived from the most that the problem can make of each."""
    found = [1]
    for most in reversed(most_of(problem)[1:]):
        found.append(most * found[-1] + found[-1])
    return tuple(reversed(found))


def most_of(problem: Problem) -> tuple[int, ...]:
    """More than any plan of the problem can have of each value but the first, which needs no bound."""
    calls = len(problem.needs) + len(problem.crisis_visits) + len(problem.fixed)
    legs = calls + len(problem.shifts)
    container = max((product.doses_per_container for product in problem.products), default=1)
    longest = max((max(row, default=0) for row in problem.travel.metres), default=0)
    return (
        0,
        sum(need.dose_no > 1 for need in problem.needs),
        calls * (container - 1),
        len(problem.published),
        _working_of_all(problem) + _wishes(problem),
        legs * longest,
    )


def _working_of_all(problem: Problem) -> int:
    slowest = max((max(row, default=0) for row in problem.travel.seconds), default=0)
    return sum(_working(problem, shift, slowest) for shift in problem.shifts)


def _working(problem: Problem, shift: Shift, slowest: int) -> int:
    """From the first moment at which the team may leave to the last at which it may be back.

    Fixed stops are made when they were told, be it outside the hours of the shift.
    """
    fixed = [row for row in problem.fixed if row.shift_id == shift.id]
    first = min([shift.start, *(row.start - slowest for row in fixed)])
    last = max([shift.end, *(row.start + row.service_seconds + slowest for row in fixed)])
    return last - first


def _wishes(problem: Problem) -> int:
    """Every wish unfulfilled, each next dose on the day that is furthest from its ideal day."""
    people = sum(need.previous_team_id is not None for need in problem.needs)
    ideals = [need.ideal_day for need in problem.needs if need.ideal_day is not None]
    days = sum(max(abs(day), abs(problem.days - day)) for day in ideals)
    return people * problem.same_team_seconds + days * problem.ideal_day_seconds
