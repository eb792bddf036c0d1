"""Weights that turn the values of a plan into one number and keep their lexicographic order.

Each weight exceeds the most that all later values can come to together: a plan that is better in one value has the
lower sum, whatever it costs in the later ones. Integers of any size: a float would round the last values away.
"""

from scheduling.problem import Problem, Shift


def weights(problem: Problem) -> tuple[int, ...]:
    """One weight per entry of `Values.as_tuple`, from the upper bounds of `most_of`."""
    found = [1]
    for most in reversed(most_of(problem)[1:]):
        found.append(most * found[-1] + found[-1])
    return tuple(reversed(found))


def most_of(problem: Problem) -> tuple[int, ...]:
    """Upper bounds of the values over all plans of the problem; the first value needs none and gets 0."""
    visits = len(problem.needs) + len(problem.crisis_visits) + len(problem.fixed)
    legs = visits + len(problem.shifts)
    container = max((product.doses_per_container for product in problem.products), default=1)
    longest = max((max(row, default=0) for row in problem.travel.metres), default=0)
    return (
        0,
        sum(need.dose_no > 1 for need in problem.needs),
        visits * (container - 1),
        len(problem.published),
        _working_of_all(problem) + _wishes(problem),
        legs * longest,
    )


def _working_of_all(problem: Problem) -> int:
    slowest = max((max(row, default=0) for row in problem.travel.seconds), default=0)
    return sum(_working(problem, shift, slowest) for shift in problem.shifts)


def _working(problem: Problem, shift: Shift, slowest: int) -> int:
    """Seconds from the earliest departure from the depot to the latest return.

    Pinned and frozen stops keep their published time, even outside the hours of the shift.
    """
    fixed = [row for row in problem.fixed if row.shift_id == shift.id]
    first = min([shift.start, *(row.start - slowest for row in fixed)])
    last = max([shift.end, *(row.start + row.service_seconds + slowest for row in fixed)])
    return last - first


def _wishes(problem: Problem) -> int:
    """Seconds of work when no wish is met and each next dose is on the day furthest from its ideal day."""
    people = sum(need.previous_team_id is not None for need in problem.needs)
    ideals = [need.ideal_day for need in problem.needs if need.ideal_day is not None]
    days = sum(max(abs(day), abs(problem.days - day)) for day in ideals)
    return people * problem.same_team_seconds + days * problem.ideal_day_seconds
