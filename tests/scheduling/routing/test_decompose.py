"""Some vehicles with their clients as a smaller problem, and back; groups of vehicles that are near each other."""

from random import Random

import pytest

from scheduling.routing.decompose import (
    RoutingSubProblem,
    VehicleNeighbours,
    extract,
    extract_with_fewer,
)
from scheduling.routing.evaluate import evaluate, route_cost
from scheduling.routing.params import DecompositionParams
from scheduling.routing.problem import Routes, RoutingProblem
from tests.scheduling.routing.small import a_client, a_line, a_short_day, a_vehicle


def six_clients(vehicles: int = 4, **changes) -> RoutingProblem:
    """Clients at places 1 to 6 of a line, alike vehicles; a client's index is its place less one."""
    clients = (a_client(k, vehicles=vehicles, prize=100 * k, **changes) for k in range(1, 7))
    return a_line(*clients, vehicles=(a_vehicle(),) * vehicles)


ROUTES: Routes = ((0, 1), (4,), (), (2,))


@pytest.mark.parametrize("seed", range(15))
def test_in_a_sub_problem_every_route_costs_what_it_costs_in_the_whole(seed: int):
    problem = a_short_day(seed, clients=6, vehicles=4)
    routes: Routes = ((0, 3), (1,), (), (2, 5))
    vehicles = [3, 0, 2]

    part = extract(problem, routes, vehicles)

    assert part.vehicles == (0, 2, 3)
    for k, v in enumerate(part.vehicles):
        for route in ((0, 3), (5, 2), (3,)):
            inside = [part.clients.index(c) for c in route]
            assert route_cost(part.problem, k, inside) == route_cost(problem, v, route)


def test_a_sub_problem_begins_with_the_routes_as_they_are_and_goes_back_to_them():
    problem = six_clients()

    part = extract(problem, ROUTES, [1, 0])

    assert [tuple(part.clients[c] for c in route) for route in part.start] == [(0, 1), (4,)]
    assert part.merge_into(ROUTES, part.start) == ROUTES


def test_what_was_found_replaces_the_routes_of_the_sub_problem_alone():
    part = RoutingSubProblem(six_clients(), (), (0, 1, 4), (0, 1), stays_home=(3,))

    assert part.merge_into(ROUTES, ((2, 0), (1,))) == ((4, 0), (1,), (), ())


def test_unassigned_clients_that_the_vehicles_may_serve_come_along_the_nearest_first():
    clients = [
        *(a_client(k, vehicles=3, prize=5) for k in range(1, 13)),
        a_client(1, windows=((), (), ((0, 60),)), prize=5),
    ]
    problem = a_line(*clients, vehicles=(a_vehicle(),) * 3)
    routes: Routes = ((0,), (1,), ())

    params = DecompositionParams(unassigned=8)
    some = extract(problem, routes, [0, 1], params)
    whole = extract(problem, routes, [0, 1, 2], params)

    assert some.clients == (0, 1, *range(2, 10))
    assert whole.clients == tuple(range(13))


def test_near_is_who_is_near_any_stop_or_the_home_of_a_vehicle():
    """A stop at place 9, home at place 0: places 8 and 1 are next to them, place 5 is between."""
    clients = [a_client(k, vehicles=2, prize=5) for k in (9, 5, 8, 1)]
    problem = a_line(*clients, vehicles=(a_vehicle(),) * 2)

    part = extract(problem, ((0,), ()), [0], DecompositionParams(unassigned=2))

    assert part.clients == (0, 2, 3)


def test_with_fewer_the_vehicle_with_the_fewest_clients_stays_at_home():
    problem = six_clients()

    part = extract_with_fewer(problem, ROUTES, [0, 1, 2, 3])

    assert part is not None
    assert (part.vehicles, part.stays_home) == ((0, 3), (1,))
    assert part.clients == (0, 1, 2, 4)
    assert part.start == ((0, 1), (2,))
    assert part.merge_into(ROUTES, ((0, 1, 3), (2,))) == ((0, 1, 4), (), (), (2,))


def test_one_vehicle_or_different_ones_are_not_made_fewer():
    problem = six_clients()
    other = a_line(
        *problem.clients, vehicles=(a_vehicle(), a_vehicle(latest=59), a_vehicle(), a_vehicle())
    )

    assert extract_with_fewer(problem, ROUTES, [0, 2]) is None
    assert extract_with_fewer(other, ROUTES, [0, 1]) is None
    assert extract_with_fewer(other, ROUTES, [0, 3]) is not None


def a_row_of_routes(count: int = 8, at_home: int = 4) -> tuple[RoutingProblem, Routes]:
    """Routes of three clients, each a stretch of one line; some vehicles at home."""
    fleet = (a_vehicle(),) * (count + at_home)
    clients = (a_client(1 + k, vehicles=len(fleet), prize=5) for k in range(3 * count))
    routes = [(3 * v, 3 * v + 1, 3 * v + 2) for v in range(count)]
    return a_line(*clients, vehicles=fleet), (*routes, *((),) * at_home)


@pytest.mark.parametrize("seed", range(10))
def test_groups_share_no_vehicle_and_hold_neighbours_up_to_a_number_of_clients(seed: int):
    problem, routes = a_row_of_routes()

    groups = VehicleNeighbours(problem).draw_groups(routes, [9] * 2, Random(seed))

    assert len(groups) == 2
    assert len({v for group in groups for v in group}) == sum(map(len, groups))
    driving = [sorted(v for v in group if routes[v]) for group in groups]
    assert 1 <= len(driving[0]) <= 3
    assert driving[0] == list(range(driving[0][0], driving[0][-1] + 1))


def test_each_group_takes_two_vehicles_of_a_kind_from_home():
    problem, routes = a_row_of_routes()

    near = VehicleNeighbours(problem, DecompositionParams(idle_vehicles=2))
    groups = near.draw_groups(routes, [3] * 3, Random(1))

    assert [[v for v in group if not routes[v]] for group in groups] == [[8, 9], [10, 11], []]


def test_a_group_has_one_vehicle_however_few_clients_it_may_have():
    problem, routes = a_row_of_routes()

    groups = VehicleNeighbours(problem).draw_groups(routes, [1] * 3, Random(1))

    assert [len([v for v in group if routes[v]]) for group in groups] == [1, 1, 1]


def test_where_one_group_holds_all_that_drive_it_holds_everything():
    problem, routes = a_row_of_routes()
    nobody: Routes = ((),) * len(routes)

    for plan in (routes, nobody):
        groups = VehicleNeighbours(problem).draw_groups(plan, [99] * 3, Random(1))
        assert groups == [list(range(12))]


def test_a_sub_problem_solved_better_makes_the_whole_better_by_as_much():
    problem = six_clients()
    part = extract(problem, ROUTES, [0, 1, 3])
    better = ((part.start[0] + part.start[2] + part.start[1]), (), ())

    inside = (evaluate(part.problem, part.start), evaluate(part.problem, better))
    whole = (evaluate(problem, ROUTES), evaluate(problem, part.merge_into(ROUTES, better)))

    assert None not in (*inside, *whole)
    assert (inside[1] or 0) - (inside[0] or 0) == (whole[1] or 0) - (whole[0] or 0) < 0
