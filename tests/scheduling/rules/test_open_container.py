"""An opened container is used up before its life ends."""

from scheduling.rules import open_container
from tests.scheduling.builders import (
    a_location,
    a_plan,
    a_problem,
    a_product,
    a_route,
    a_shift,
    a_visit,
    at,
    needs,
)


def broken(open_seconds: int, people: int, seats: int, injectors: int) -> int:
    problem = a_problem(
        needs=needs(people),
        locations=(a_location(seats=seats),),
        products=(a_product(open_seconds=open_seconds),),
        shifts=(a_shift(injectors=injectors),),
    )
    plan = a_plan(problem, a_route(problem, "S1", (a_visit(problem), at(0, 9))))
    return len(list(open_container.violations(problem, plan)))


def test_ten_doses_by_one_injector_take_thirty_minutes():
    assert broken(1800, people=10, seats=20, injectors=1) == 0
    assert broken(1799, people=10, seats=20, injectors=1) == 1


def test_two_injectors_empty_it_in_half_the_time():
    assert broken(900, people=10, seats=20, injectors=2) == 0
    assert broken(899, people=10, seats=20, injectors=2) == 1


def test_few_seats_keep_it_open_longer():
    assert broken(4200, people=10, seats=2, injectors=2) == 0
    assert broken(4199, people=10, seats=2, injectors=2) == 1
