"""A team carries no more doses than its cool box holds, counted in the containers that it takes along."""

from scheduling.rules import cool_box
from tests.scheduling.builders import (
    a_plan,
    a_problem,
    a_product,
    a_route,
    a_shift,
    a_visit,
    at,
    needs,
)


def broken(capacity: int, **product) -> int:
    problem = a_problem(
        needs=(*needs(11, "L1"), *needs(5, "L2")),
        shifts=(a_shift(capacity=capacity),),
        products=(a_product(**product),),
    )
    route = a_route(
        problem, "S1", (a_visit(problem, "L1"), at(0, 9)), (a_visit(problem, "L2"), at(0, 12))
    )
    return len(list(cool_box.violations(problem, a_plan(problem, route))))


def test_eleven_and_five_people_take_three_containers():
    assert broken(30) == 0
    assert broken(29) == 1


def test_containers_that_may_travel_open_are_shared_by_two_stops():
    assert broken(20, open_may_travel=True) == 0
    assert broken(19, open_may_travel=True) == 1


def test_a_container_whose_life_ends_on_the_road_is_not_shared():
    assert broken(29, open_may_travel=True, open_seconds=3600) == 1
