"""The table of routes of SISR: whatever goes in or out, loads, costs and schedules are those of a count from scratch."""

from itertools import pairwise
from random import Random

import pytest

from scheduling.routing.engines.sisr.routes import DEAR, RouteTable
from scheduling.routing.evaluate import route_cost
from scheduling.routing.problem import Break, RoutingProblem
from tests.scheduling.routing.small import a_client, a_line, a_short_day, a_vehicle

SEEDS = range(25)


def an_empty_table(problem: RoutingProblem) -> RouteTable:
    return RouteTable(problem, ((),) * len(problem.vehicles))


def after_some_steps(seed: int, *, pauses: bool, steps: int = 25) -> RouteTable:
    """A table on which clients went in and out and routes were split, by chance."""
    random = Random(seed)
    table = an_empty_table(a_short_day(seed, clients=9, vehicles=4, pauses=pauses))
    for _ in range(steps):
        made = [v for v, route in table.lists.items() if route]
        if made and random.random() < 0.3:
            v = random.choice(made)
            length = len(table.lists[v])
            table.remove(v, sorted(random.sample(range(length), random.randint(1, length))))
        elif made and random.random() < 0.2:
            v = random.choice(made)
            if len(table.lists[v]) > 1:
                table.split(v, 1)
        elif table.unassigned:
            table.insert_cheapest(random.choice(sorted(table.unassigned)), random.choice((0, 0, 1)))
    return table


@pytest.mark.parametrize("pauses", [False, True])
def test_every_route_made_by_insertion_and_removal_can_be_driven_as_the_judge_says(pauses: bool):
    driven = 0
    for seed in SEEDS:
        table = after_some_steps(seed, pauses=pauses)

        for v, route in enumerate(table.routes()):
            assert not route or route_cost(table.problem, v, route) is not None, (seed, route)
            driven += len(route)

    assert driven > 60


@pytest.mark.parametrize("pauses", [False, True])
def test_after_insertions_and_removals_everything_is_as_on_a_new_board(pauses: bool):
    for seed in SEEDS:
        table = after_some_steps(seed, pauses=pauses)
        fresh = RouteTable(table.problem, table.routes())

        assert (table.where, table.unassigned) == (fresh.where, fresh.unassigned)
        assert table.cost == fresh.cost
        for v in fresh.lists:
            assert table.row_costs[v] == fresh.row_costs[v]
            assert table.rooms[v] == fresh.rooms[v]
            assert table.gaps(v) == fresh.gaps(v)


def test_the_room_left_in_a_vehicle_is_its_capacity_less_the_loads_of_its_clients():
    for seed in SEEDS:
        table = after_some_steps(seed, pauses=False)

        for v, route in table.lists.items():
            loads = [table.problem.clients[c].load for c in route]
            capacity = table.problem.vehicles[v].capacity
            left = [most - sum(load[k] for load in loads) for k, most in enumerate(capacity)]
            assert list(table.rooms[v]) == left
            assert min(left) >= 0


def test_the_cost_is_what_the_judge_says_of_each_route_and_the_prizes_of_who_is_out():
    """With one window for each client and no break nothing is gained by coming back later."""
    for seed in SEEDS:
        problem = a_short_day(seed, clients=6, vehicles=3, pauses=False, windows=1)
        table = an_empty_table(problem)
        for c in range(6):
            table.insert_cheapest(c, 0)

        routes = [route_cost(problem, v, route) or 0 for v, route in enumerate(table.routes())]
        prizes = [
            DEAR if problem.clients[c].prize is None else problem.clients[c].prize or 0
            for c in table.unassigned
        ]
        assert table.cost == sum(routes) + sum(prizes)


def test_the_cost_of_a_route_is_never_below_what_the_judge_says():
    for seed in SEEDS:
        table = after_some_steps(seed, pauses=True)

        for v, route in table.lists.items():
            if route:
                assert table.row_costs[v] >= (route_cost(table.problem, v, route) or 0)


def costs_of_insertions(table: RouteTable, c: int) -> list[int]:
    """What each place for a client costs in arcs, drives and stay, as the judge lets it in; by place."""
    problem, found = table.problem, []
    for v in sorted(table.lists):
        route, home = table.lists[v], problem.vehicles[v].home
        places = [home, *(problem.clients[u].place for u in route), home]
        for k, (a, b) in enumerate(pairwise(places)):
            if route_cost(problem, v, (*route[:k], c, *route[k:])) is not None:
                here = problem.clients[c].place
                extra = (
                    problem.clients[c].service[problem.vehicles[v].crew] * problem.cost_per_second
                )
                for arcs, price in ((problem.cost, 1), (problem.seconds, problem.cost_per_second)):
                    old = arcs[a][b] if route else 0
                    extra += price * (arcs[a][here] + arcs[here][b] - old)
                found.append(extra)
    return found


def test_a_client_goes_where_the_judge_lets_it_in_and_it_costs_least():
    tried = {True: 0, False: 0}
    for seed in SEEDS:
        table = after_some_steps(seed, pauses=False)
        for c in sorted(table.unassigned):
            found = costs_of_insertions(table, c)
            before, prize = table.cost, table.prizes[c]
            arcs = sum(table.row_costs)

            went_in = table.insert_cheapest(c, 0)

            tried[went_in] += 1
            assert went_in == any(extra < prize for extra in found)
            if went_in and not table.paid:
                assert sum(table.row_costs) - arcs == min(found)
                assert table.cost - before == min(found) - prize

    assert min(tried.values()) > 10


def test_among_three_clients_on_a_line_the_fourth_stands_where_it_is_no_detour():
    problem = a_line(*(a_client(place) for place in (1, 2, 4, 3)))
    table = RouteTable(problem, ((0, 1, 2),))

    assert table.insert_cheapest(3, 0)

    assert table.lists[0] == (0, 1, 3, 2)
    assert table.cost == 80 + (24 + 4 * 5)


def test_a_place_that_is_not_seen_leaves_the_next_best():
    """Two of four places are no detour; the third is one place to and fro."""
    problem = a_line(*(a_client(place) for place in (1, 2, 4, 3)), paid=0)
    costs = []
    for blinks in range(4):
        table = RouteTable(problem, ((0, 1, 2),))
        table.insert_cheapest(3, blinks)
        costs.append(table.row_costs[0])

    assert costs == [80, 80, 100, 120]


def test_more_places_passed_over_than_there_are_leave_a_client_out():
    table = an_empty_table(a_line(a_client(1, prize=500)))

    assert not table.insert_cheapest(0, 99)
    assert table.unassigned == {0}


def test_a_client_whose_prize_is_no_more_than_its_insertion_costs_stays_out():
    """To and fro: 20 for the arcs, 6 seconds on the road and 5 of the stay."""
    worth, worthless = (an_empty_table(a_line(a_client(1, prize=prize))) for prize in (32, 31))

    assert worth.insert_cheapest(0, 0)
    assert not worthless.insert_cheapest(0, 0)
    assert (worth.cost, worthless.cost) == (31, 31)


def test_a_full_vehicle_takes_nobody_and_one_with_just_enough_room_does():
    loads = [a_client(1, load=(6,)), a_client(2, load=(4,)), a_client(2, load=(5,))]
    table = an_empty_table(a_line(*loads))

    assert table.insert_cheapest(0, 0)
    assert not table.insert_cheapest(2, 0)
    assert table.insert_cheapest(1, 0)
    assert table.rooms[0] == (0,)


def test_a_client_that_a_vehicle_may_not_call_on_waits_for_another():
    client = a_client(1, windows=((), ((0, 60),)), prize=900)
    table = an_empty_table(a_line(client, vehicles=(a_vehicle(), a_vehicle())))

    table.insert_cheapest(0, 0)

    assert table.routes() == ((), (0,))


def test_a_client_is_inserted_before_the_break_or_after_it_on_the_same_leg():
    """The break is from second 10 to 20; the one door is open before that, the other after."""
    rest = a_vehicle(pause=Break(10, 10, 10))
    early, late = a_client(1, (3, 3)), a_client(1, (21, 23))

    for client, ready in ((early, 8), (late, 26)):
        table = an_empty_table(a_line(a_client(2, (24, 40)), client, vehicles=(rest,)))
        assert table.insert_cheapest(0, 0)
        assert table.insert_cheapest(1, 0)

        assert table.lists[0][0] == 1
        assert table.gaps(0)[1][0] == ready
        assert route_cost(table.problem, 0, table.lists[0]) is not None


def test_of_each_kind_of_vehicle_one_row_stands_empty_as_long_as_one_is_at_home():
    alike = (a_vehicle(), a_vehicle(), a_vehicle(latest=50))
    table = an_empty_table(
        a_line(*(a_client(1, vehicles=3, load=(10,)) for _ in range(3)), vehicles=alike)
    )

    assert table.of_kind == [[0, 1], [2]]
    assert sorted(table.lists) == [0, 2]
    table.insert_cheapest(0, 0)
    assert sorted(table.lists) == [0, 1, 2]
    table.insert_cheapest(1, 0)
    table.insert_cheapest(2, 0)
    assert sorted(v for v in table.lists if table.lists[v]) == [0, 1, 2]
    for v in (1, 0):
        table.remove(v, [0])
    assert sum(table.lists[v] == () for v in table.lists) == 1


def test_a_route_that_is_split_gives_its_tail_to_a_vehicle_that_is_alike():
    problem = a_line(
        *(a_client(k, vehicles=2) for k in (1, 2, 3)), vehicles=(a_vehicle(), a_vehicle())
    )
    table = RouteTable(problem, ((0, 1, 2), ()))

    table.split(0, 1)

    assert table.routes() == ((0,), (1, 2))
    assert table.where[:3] == [0, 1, 1]
    assert table.unassigned == set()


def test_a_route_stays_whole_when_no_other_vehicle_is_at_home_or_it_would_be_back_late():
    clients = [a_client(k, vehicles=2) for k in (1, 2)]
    alone = RouteTable(a_line(*clients, vehicles=(a_vehicle(), a_vehicle(home=1))), ((0, 1), ()))
    # the tail alone: 20 seconds over an arc that the whole route does not drive
    roads = ((0, 3, 20), (3, 0, 3), (3, 3, 0))
    problem = RoutingProblem(tuple(clients), (a_vehicle(latest=27),) * 2, roads, roads)
    late = RouteTable(problem, ((0, 1), ()))

    alone.split(0, 1)
    late.split(0, 1)

    assert alone.routes() == ((0, 1), ())
    assert late.routes() == ((0, 1), ())


def test_what_was_kept_comes_back_whole():
    table = after_some_steps(3, pauses=True)
    kept, routes, cost, out = table.snapshot(), table.routes(), table.cost, set(table.unassigned)
    gaps = {v: table.gaps(v) for v in table.lists}
    rooms = list(table.rooms)
    row_costs, where = list(table.row_costs), list(table.where)
    for v in [v for v, route in table.lists.items() if route]:
        table.remove(v, [0])
    assert table.routes() != routes

    table.restore(kept)

    assert (table.routes(), table.cost, table.unassigned) == (routes, cost, out)
    assert (table.row_costs, table.where) == (row_costs, where)
    assert {v: table.gaps(v) for v in table.lists} == gaps
    assert table.rooms == rooms


def test_one_route_may_hold_everybody():
    problem = a_line(*(a_client(1, service=(0,), load=(0,)) for _ in range(20)))
    table = an_empty_table(problem)

    for c in range(20):
        assert table.insert_cheapest(c, 0)

    assert sorted(table.lists[0]) == list(range(20))
    assert table.cost == 20 + 6


def test_the_nearest_come_first_after_the_client_itself():
    table = an_empty_table(a_line(*(a_client(place) for place in (1, 5, 2, 9))))

    assert table.list_neighbours(9) == [[0, 2, 1, 3], [1, 2, 0, 3], [2, 0, 1, 3], [3, 1, 2, 0]]
    assert table.list_neighbours(1) == [[0, 2], [1, 2], [2, 0], [3, 1]]


def test_the_mean_arc_is_that_of_the_arcs_that_are_driven():
    """20 and 20 for the arcs, 6 and 6 seconds, on two routes of two arcs; the third stays at home."""
    clients = [a_client(1, vehicles=3), a_client(1, vehicles=3)]
    table = RouteTable(a_line(*clients, vehicles=(a_vehicle(),) * 3), ((0,), (1,), ()))

    assert table.mean_arc() == 52 / 4


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("load", [2, 0, 1]),
        ("far", [1, 2, 0]),
        ("near", [0, 2, 1]),
        ("tight", [1, 0, 2]),
        ("early", [2, 1, 0]),
    ],
)
def test_who_is_out_is_put_back_in_the_order_asked_for(order: str, expected: list[int]):
    clients = (
        a_client(1, (9, 19), load=(3,)),
        a_client(9, (5, 6), load=(1,)),
        a_client(4, (0, 1), (30, 50), load=(7,)),
    )
    table = an_empty_table(a_line(*clients))

    assert table.sort_unassigned(order, Random(1)) == expected
    assert sorted(table.sort_unassigned("random", Random(1))) == [0, 1, 2]


def test_only_who_is_out_is_put_back():
    table = RouteTable(a_line(*(a_client(1) for _ in range(3))), ((1,),))

    assert table.sort_unassigned("near", Random(0)) in ([0, 2], [2, 0])
