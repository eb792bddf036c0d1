"""Beside whom a client is tried first."""

from dataclasses import replace

import numpy as np

from scheduling.routing.engines.sisr.neighbours import list_neighbours, list_partners
from scheduling.routing.engines.sisr.routes import RouteTable
from scheduling.routing.params import DEFAULT, SisrParams
from tests.scheduling.routing.small import a_client, a_line, a_vehicle


def with_partners(count: int) -> SisrParams:
    return replace(DEFAULT.engines.sisr, partners=count)


def test_each_client_is_its_own_nearest():
    price = np.array([[7, 1, 2], [3, 0, 0], [1, 2, 0]])

    assert list_neighbours(price, 1) == [[0, 1], [1, 2], [2, 0]]


def test_partners_are_those_that_can_be_reached_in_time_the_cheapest_first():
    """The third is open too late to go before anybody, the first too early to go behind anybody."""
    clients = (a_client(1, (0, 4)), a_client(3, (10, 40)), a_client(2, (50, 60)))
    problem = a_line(*clients, paid=0)
    table = RouteTable(problem, ((),))

    before, behind = list_partners(problem, table.price, table.stays, with_partners(9))

    assert before == [[], [0], [1, 0]]
    assert behind == [[1, 2], [2], []]
    assert list_partners(problem, table.price, table.stays, with_partners(1))[0] == [[], [0], [1]]


def test_who_must_be_waited_for_is_a_dearer_partner_than_who_is_a_little_farther():
    clients = (a_client(1, (0, 4)), a_client(2, (500, 540)), a_client(3, (0, 540)))
    problem = a_line(*clients, paid=0)
    table = RouteTable(problem, ((),))

    _, behind = list_partners(problem, table.price, table.stays, with_partners(9))

    assert behind[0] == [2, 1]


def test_a_client_with_no_partner_in_a_route_is_tried_everywhere():
    """It opens so late that it goes behind the one that is in a route, and one partner is looked at."""
    late = a_client(1, (30, 55))
    problem = a_line(late, a_client(2, (30, 60)), a_client(6))
    table = RouteTable(problem, ((2,),), with_partners(1))

    assert table.insert_cheapest(0, 0)
    assert table.lists[0] == (2, 0)


def test_where_vehicles_differ_more_partners_are_looked_at():
    alike = a_line(
        *(a_client(place, vehicles=2) for place in (1, 2, 3)), vehicles=(a_vehicle(),) * 2
    )
    unlike = replace(alike, vehicles=(a_vehicle(), a_vehicle(latest=50)))
    params = replace(DEFAULT.engines.sisr, partners=1, partners_of_kinds=2)

    found = {}
    for name, problem in (("alike", alike), ("unlike", unlike)):
        table = RouteTable(problem, ((), ()))
        before, _ = list_partners(problem, table.price, table.stays, params)
        found[name] = [len(partners) for partners in before]

    assert found == {"alike": [1, 1, 1], "unlike": [2, 2, 2]}
