"""What routes cost and whether they keep the rules, against every departure tried second by second."""

from dataclasses import replace
from itertools import pairwise

import pytest

from scheduling.routing.evaluate import NEVER, Judge, evaluate, latest_start, route_cost
from scheduling.routing.problem import Break, RoutingProblem
from tests.scheduling.plainest_route import shortest_day
from tests.scheduling.routing.small import a_client, a_line, a_short_day, a_vehicle, way_of


def arcs(problem: RoutingProblem, v: int, route: tuple[int, ...]) -> int:
    home = problem.vehicles[v].home
    places = [home, *(problem.clients[c].place for c in route), home]
    return sum(problem.cost[a][b] for a, b in pairwise(places))


@pytest.mark.parametrize("pauses", [False, True])
def test_a_route_costs_its_arcs_and_the_shortest_day_of_all_departures(pauses: bool):
    answers = []
    for seed in range(100):
        problem = replace(a_short_day(seed, pauses=pauses), cost_per_second=1 + seed % 2)
        vehicle = replace(problem.vehicles[0], capacity=(99, 99))
        problem = replace(problem, vehicles=(vehicle,))
        for route in ((0, 1, 2), (2, 0), (1,)):
            day = shortest_day(way_of(problem, 0, route))
            paid = None if day is None else problem.cost_per_second * day

            found = route_cost(problem, 0, route)

            expected = None if paid is None else arcs(problem, 0, route) + paid
            assert found == expected, (seed, route)
            answers.append(found is None)

    assert min(answers.count(True), answers.count(False)) > 30


def test_where_no_second_is_paid_a_route_costs_its_arcs():
    for seed in range(60):
        problem = replace(a_short_day(seed), cost_per_second=0)
        vehicle = replace(problem.vehicles[0], capacity=(99, 99))
        problem = replace(problem, vehicles=(vehicle,))
        for route in ((0, 1, 2), (1, 0)):
            can = shortest_day(way_of(problem, 0, route)) is not None

            expected = arcs(problem, 0, route) if can else None
            assert route_cost(problem, 0, route) == expected


@pytest.mark.parametrize(("capacity", "cost"), [((5, 2), 20), ((4, 9), None), ((9, 1), None)])
def test_a_vehicle_carries_no_more_of_any_kind_than_it_may(
    capacity: tuple[int, ...], cost: int | None
):
    clients = (a_client(1, load=(2, 1)), a_client(1, load=(3, 1)))
    problem = a_line(*clients, vehicles=(a_vehicle(capacity=capacity),), paid=0)

    assert route_cost(problem, 0, (0, 1)) == cost


def test_a_load_of_a_kind_that_a_vehicle_does_not_limit_is_free():
    problem = a_line(a_client(1, load=(2, 99)), vehicles=(a_vehicle(capacity=(2,)),), paid=0)

    assert route_cost(problem, 0, (0,)) == 20
    assert route_cost(replace(problem, vehicles=(a_vehicle(capacity=(2, 1, 1)),)), 0, (0,)) is None


def test_a_break_at_home_is_not_paid_and_one_on_the_way_is():
    """The door is open at 30: out at 27 and back at 38, after a break at home or before one."""
    for pause, seconds in ((Break(0, 23, 4), 11), (Break(38, 50, 4), 11), (Break(36, 37, 4), 15)):
        problem = a_line(a_client(1, (30, 30)), vehicles=(a_vehicle(pause=pause),))

        assert route_cost(problem, 0, (0,)) == 20 + seconds


def test_a_later_return_may_be_a_shorter_day():
    """From the early window there are twenty seconds to wait at the second door; from the late one none."""
    problem = a_line(a_client(1, (3, 3), (30, 30)), a_client(2, (30, 40)))

    assert route_cost(problem, 0, (0, 1)) == 40 + 3 + 5 + 3 + 5 + 6


def test_a_plan_costs_its_routes_and_the_prizes_of_who_is_unassigned():
    clients = (
        a_client(1, vehicles=2),
        a_client(2, vehicles=2, prize=70),
        a_client(3, vehicles=2, prize=9),
    )
    problem = a_line(*clients, vehicles=(a_vehicle(), a_vehicle()))
    one, two = 20 + 6 + 5, 40 + 12 + 5

    costs = [
        evaluate(problem, routes) for routes in (((0,), ()), ((), (0,)), ((0,), (1,)), ((0, 1), ()))
    ]

    assert costs == [one + 79, one + 79, one + two + 9, 40 + 12 + 10 + 9]


@pytest.mark.parametrize(
    "routes",
    [
        ((0,),),  # a route for each vehicle
        ((0,), (0,)),
        ((0, 0), ()),
        ((0,), (5,)),
        ((0,), (-1,)),
        ((1,), ()),  # who must be served is not
        ((0, 2), ()),  # closed
    ],
)
def test_routes_that_break_a_rule_cost_nothing_that_counts(routes: tuple[tuple[int, ...], ...]):
    clients = (
        a_client(1, vehicles=2),
        a_client(2, vehicles=2, prize=7),
        a_client(3, windows=((), ()), prize=9),
    )
    problem = a_line(*clients, vehicles=(a_vehicle(), a_vehicle()))

    assert evaluate(problem, ((0, 1), ())) is not None
    assert evaluate(problem, routes) is None


def test_a_judge_remembers_a_route_for_its_vehicle_alone():
    slow = a_vehicle(crew=1)
    problem = a_line(a_client(1, service=(5, 9), vehicles=2), vehicles=(a_vehicle(), slow))
    judge = Judge(problem)

    costs = [[judge.route(v, (0,)) for v in (0, 1)] for _ in range(2)]

    assert costs == [[31, 35], [31, 35]]
    assert judge.route(0, ()) == 0


@pytest.mark.parametrize(
    ("latest", "start"), [(4, -NEVER), (5, 5), (9, 9), (15, 9), (20, 20), (40, 30)]
)
def test_service_begins_at_the_last_open_second_before_a_moment(latest: int, start: int):
    assert latest_start(((5, 9), (20, 30)), latest) == start
