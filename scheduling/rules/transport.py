"""Doses are in the cool box no longer than their product allows, from the depot to the door."""

from collections.abc import Iterator

from scheduling.care.lookup import by_id
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per stop at which doses arrive after too long in the cool box."""
    products = by_id(problem.products)
    for route in plan.routes:
        for stop in route.stops:
            product = products.get(stop.visit.product_id or "")
            under_way = stop.arrival - route.departure
            if product and stop.visit.doses and under_way > product.transport_seconds:
                yield Violation("transport", stop.visit.id, f"{under_way} s under way")
