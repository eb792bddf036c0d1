"""The time that is kept free before closing (policy `slack_minutes`), as a number: what a search keeps, a planner may use."""

from scheduling.care.lookup import by_id
from scheduling.plan import Stop
from scheduling.problem import Problem
from scheduling.solver.model.windows import StartWindows


def seconds_of_slack(problem: Problem, shift_id: str, stop: Stop) -> int:
    """Seconds by which a stop begins later than the slack before closing allows; 0 where it keeps it."""
    if stop.visit.product_id is None:
        return 0
    day = by_id(problem.shifts)[shift_id].day
    shifts = [row for row in problem.shifts if row.day == day]
    windows = StartWindows(problem, shifts)
    s = next(k for k, row in enumerate(shifts) if row.id == shift_id)
    location = stop.visit.location_id
    if not any(a <= stop.start <= b for a, b in windows.list_opening_hours(location, s)):
        return 0  # closed then: another rule says so
    hours = windows.list_hours_with_slack(location, s)
    kept = [stop.start - closes for opens, closes in hours if stop.start >= opens]
    return max(0, min(kept, default=0))
