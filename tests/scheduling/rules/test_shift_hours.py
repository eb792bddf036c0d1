"""A route begins and ends at the depot within its shift, not before now, and its travel suffices."""

from dataclasses import replace

from scheduling.rules import shift_hours
from tests.scheduling.builders import (
    a_pin,
    a_plan,
    a_problem,
    a_route,
    a_shift,
    a_visit,
    at,
    needs,
)

PROBLEM = a_problem(needs=(*needs(2, "L1"), *needs(2, "L2")))
ONE, TWO = a_visit(PROBLEM, "L1"), a_visit(PROBLEM, "L2")


def details(problem, route) -> list[str]:
    return [row.detail for row in shift_hours.violations(problem, a_plan(problem, route))]


def test_a_route_may_fill_its_shift_to_the_second():
    route = a_route(PROBLEM, "S1", (ONE, at(0, 9)))
    exact = a_shift(start=route.departure, end=route.back)

    assert details(replace(PROBLEM, shifts=(exact,)), route) == []


def test_a_second_outside_the_shift_is_refused():
    route = a_route(PROBLEM, "S1", (ONE, at(0, 9)))
    late = replace(PROBLEM, shifts=(a_shift(start=route.departure + 1, end=route.back),))
    short = replace(PROBLEM, shifts=(a_shift(start=route.departure, end=route.back - 1),))

    assert details(late, route) == ["leaves 1 s early"]
    assert details(short, route) == ["is back 1 s late"]


def test_nothing_begins_before_now():
    route = a_route(PROBLEM, "S1", (ONE, at(0, 9)))

    assert details(replace(PROBLEM, now=route.departure), route) == []
    assert details(replace(PROBLEM, now=route.departure + 1), route) == ["arrives 1 s too soon"]


def test_a_stop_that_is_fixed_may_have_begun():
    route = a_route(PROBLEM, "S1", (ONE, at(0, 9)))
    stay = route.stops[0].departure - route.stops[0].start
    begun = a_pin(ONE.id, at(0, 9), ["P1"], why="frozen", service_seconds=stay)

    assert details(replace(PROBLEM, now=at(0, 10), fixed=(begun,)), route) == []


def test_the_drive_between_two_stops_takes_its_time():
    first = a_route(PROBLEM, "S1", (ONE, at(0, 9))).stops[0]
    route = a_route(PROBLEM, "S1", (ONE, at(0, 9)), (TWO, first.departure + 600))
    hurried = replace(route.stops[1], arrival=route.stops[1].arrival - 1)

    assert details(PROBLEM, route) == []
    assert details(PROBLEM, replace(route, stops=(first, hurried))) == ["arrives 1 s too soon"]


def test_a_team_stays_as_long_as_the_call_takes():
    route = a_route(PROBLEM, "S1", (ONE, at(0, 9)))
    stop = route.stops[0]
    early = replace(stop, departure=stop.departure - 1)
    before = replace(stop, arrival=stop.start + 1)

    assert details(PROBLEM, replace(route, stops=(early,))) == [
        f"does not stay {stop.departure - stop.start} s"
    ]
    assert details(PROBLEM, replace(route, stops=(before,))) == ["begins before it arrives"]


def test_the_drive_home_takes_its_time():
    route = a_route(PROBLEM, "S1", (ONE, at(0, 9)))

    assert details(PROBLEM, replace(route, back=route.back - 1)) == ["is back too soon"]
