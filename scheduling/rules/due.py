"""A dose is given within its due window, first and last day included."""

from collections.abc import Iterator

from scheduling.care.lookup import day_of, needs_by_key, planned_doses
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per dose planned on a day on which it is not due."""
    needs = needs_by_key(problem)
    for stop, key in planned_doses(plan):
        need = needs.get(key)
        day = day_of(problem, stop.start)
        if need and not need.first_day <= day <= need.last_day:
            detail = f"day {day} is not in {need.first_day} to {need.last_day}"
            yield Violation("due", stop.visit.id, detail)
