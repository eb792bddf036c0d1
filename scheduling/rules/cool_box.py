"""A team carries no more doses than its cool box holds, counted in the containers that it takes along."""

from collections.abc import Iterator

from scheduling.care.doses import loaded
from scheduling.care.lookup import routes_with_shifts
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per route that needs more doses than its cool box holds."""
    for shift, route in routes_with_shifts(problem, plan):
        doses = sum(loaded(product, route.stops) for product in problem.products)
        if doses > shift.capacity:
            yield Violation("cool_box", shift.id, f"{doses} doses, room for {shift.capacity}")
