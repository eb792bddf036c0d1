"""A shift is planned only by the region that it belongs to or is lent to."""

from collections.abc import Iterator

from scheduling.care.lookup import routes_with_shifts
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per used shift of another region; a shift without a region is the problem's own."""
    for shift, route in routes_with_shifts(problem, plan):
        if route.stops and shift.region not in ("", problem.region):
            yield Violation("lent", shift.id, f"belongs to {shift.region}")
