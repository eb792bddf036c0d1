"""Doses are under way no longer than their product allows, from the depot to the door."""

from scheduling.rules import transport
from tests.scheduling.builders import (
    a_plan,
    a_problem,
    a_product,
    a_route,
    a_visit,
    at,
    needs,
)


def broken(allowed: int) -> int:
    problem = a_problem(
        needs=(*needs(2, "L1"), *needs(2, "L2")),
        products=(a_product(transport_seconds=allowed),),
    )
    route = a_route(
        problem, "S1", (a_visit(problem, "L1"), at(0, 9)), (a_visit(problem, "L2"), at(0, 14))
    )
    arrived = route.stops[1].arrival - route.departure
    assert arrived == 600 + 600 + 180 + 900 + 600 + 600
    return len(list(transport.violations(problem, a_plan(problem, route))))


def test_doses_may_be_under_way_as_long_as_their_product_allows():
    assert broken(3480) == 0


def test_a_second_longer_is_refused():
    assert broken(3479) == 1
