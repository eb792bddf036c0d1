"""The best choice among routes seen, against every choice tried."""

from itertools import permutations, product
from random import Random

import pytest

from scheduling.routing.evaluate import Judge, evaluate
from scheduling.routing.params import SetPartitioningParams
from scheduling.routing.problem import Routes, RoutingProblem
from scheduling.routing.set_partitioning import RoutePool, _sort_by_reduced_cost
from tests.scheduling.routing.small import a_client, a_line, a_short_day, a_vehicle

SECONDS = 20.0  # far more than the choice takes


def a_pool(problem: RoutingProblem) -> RoutePool:
    return RoutePool(problem, Judge(problem))


def alone(problem: RoutingProblem, v: int, route: tuple[int, ...]) -> Routes:
    return tuple(route if v == u else () for u in range(len(problem.vehicles)))


def four_clients(vehicles: int = 3) -> RoutingProblem:
    """Clients at places 1 to 4 of a line; the last vehicle must be home a second earlier."""
    clients = (a_client(k, vehicles=vehicles, prize=200) for k in range(1, 5))
    fleet = (*(a_vehicle(),) * (vehicles - 1), a_vehicle(latest=59))
    return a_line(*clients, vehicles=fleet)


def best_by_trying(problem: RoutingProblem, seen: list[tuple[int, tuple[int, ...]]]) -> int | None:
    """The least cost of all plans made of one of the routes seen, or none, for each vehicle."""
    of_vehicle = [
        [(), *(route for u, route in seen if u == v)] for v in range(len(problem.vehicles))
    ]
    costs = [
        cost for routes in product(*of_vehicle) if (cost := evaluate(problem, routes)) is not None
    ]
    return min(costs, default=None)


@pytest.mark.parametrize("seed", range(20))
def test_the_choice_costs_as_little_as_any_that_can_be_made_of_the_routes_seen(seed: int):
    random = Random(seed)
    problem = a_short_day(seed, clients=5, vehicles=3)
    every = [(v, route) for v in range(3) for n in (1, 2) for route in permutations(range(5), n)]
    seen, pool = random.sample(every, 25), a_pool(problem)
    for v, route in seen:
        pool.add(alone(problem, v, route))

    found = pool.choose_best(((),) * 3, SECONDS)

    best = best_by_trying(problem, seen)
    assert (found is None) == (best is None)
    assert found is None or evaluate(problem, found) == best


def test_of_each_set_of_clients_the_cheapest_order_is_kept_for_each_kind_of_vehicle():
    problem = four_clients()
    pool = a_pool(problem)

    for v, route in ((0, (1, 0, 2)), (1, (0, 1, 2)), (1, (2, 0, 1)), (2, (2, 1, 0)), (0, (3,))):
        pool.add(alone(problem, v, route))

    assert pool.kinds == [[0, 1], [2]]
    kept = {(column.kind, column.route) for column in pool._columns.values()}
    assert kept == {(0, (0, 1, 2)), (1, (2, 1, 0)), (0, (3,))}


def test_a_route_that_breaks_a_rule_is_not_remembered():
    problem = a_line(a_client(1, (0, 2), prize=5))
    pool = a_pool(problem)

    pool.add(((0,),))
    pool.add(((),))

    assert len(pool) == 0


def test_vehicles_keep_the_routes_that_they_had():
    problem = four_clients(4)
    pool = a_pool(problem)
    present: Routes = ((), (0, 1, 2), (3,), ())
    pool.add(present)

    assert pool.choose_best(present, SECONDS) == present


def test_no_more_vehicles_of_a_kind_drive_than_there_are():
    """Four routes of one client each and two vehicles: the two dearest to leave out go."""
    clients = (a_client(1, vehicles=2, prize=100 + k) for k in range(4))
    problem = a_line(*clients, vehicles=(a_vehicle(),) * 2)
    pool = a_pool(problem)
    for c in range(4):
        pool.add(alone(problem, 0, (c,)))

    found = pool.choose_best(((), ()), SECONDS)

    assert found is not None
    assert sorted(found) == [(2,), (3,)]


def test_who_must_be_served_is_served_or_there_is_no_choice():
    problem = a_line(a_client(1, vehicles=1), a_client(4, vehicles=1, prize=1))
    pool = a_pool(problem)
    pool.add(((1,),))
    assert pool.choose_best(((),), SECONDS) is None
    pool.add(((0,),))

    assert pool.choose_best(((),), SECONDS) == ((0,),)


def test_a_client_that_is_worth_less_than_its_route_stays_out():
    problem = a_line(a_client(1, prize=30), a_client(2, prize=60))
    pool = a_pool(problem)
    for route in ((0,), (1,), (0, 1)):
        pool.add((route,))

    assert pool.choose_best(((),), SECONDS) == ((0, 1),)  # five more than the far one alone
    alone_pool = a_pool(problem)
    alone_pool.add(((0,),))
    assert alone_pool.choose_best(((),), SECONDS) == ((),)


def test_the_routes_that_are_promising_come_first():
    """Together both are cheaper than apart; one client twice is dearest."""
    problem = four_clients()
    pool = a_pool(problem)
    for route in ((0,), (3,), (0, 1, 2, 3), (3, 0)):
        pool.add(alone(problem, 0, route))
    columns = list(pool._columns.values())

    order = _sort_by_reduced_cost(problem, pool.kinds, columns)

    assert order[0].route == (0, 1, 2, 3)
    assert set(order) == set(columns)


def test_of_more_routes_than_a_pool_may_keep_the_oldest_go():
    problem = four_clients()
    pool = RoutePool(problem, Judge(problem), params=SetPartitioningParams(pool_routes=3))

    for route in ((0,), (1,), (2,), (3,), (0, 1)):
        pool.add(alone(problem, 0, route))

    assert [column.route for column in pool._columns.values()] == [(2,), (3,), (0, 1)]


def test_of_more_routes_than_can_be_chosen_among_the_promising_are():
    """One route for everybody is worth more than any of four for one each."""
    problem = four_clients()
    pool = RoutePool(problem, Judge(problem), params=SetPartitioningParams(columns=1))
    for route in ((0,), (1,), (2,), (3,), (0, 1, 2, 3)):
        pool.add(alone(problem, 0, route))

    found = pool.choose_best(((),) * 3, SECONDS)

    assert found is not None
    assert sorted(found) == [(), (), (0, 1, 2, 3)]
