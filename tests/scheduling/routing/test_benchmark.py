"""The judge of routes for problems of the literature: each rule, and the boundary."""

from dataclasses import replace

import pytest

from scheduling.plan import Violation
from scheduling.routing.benchmark import (
    Convention,
    Instance,
    LeftOut,
    find_barred,
    find_faults,
    to_routing,
    total_distance,
)

# Nodes on a line at 0, 10, 20 and 30 from the depot.
LINE = tuple(tuple(10 * abs(a - b) for b in range(4)) for a in range(4))
PLAIN = Instance(
    name="line",
    convention=Convention.DIMACS,
    scale=10,
    numbers=(0, 11, 12, 13),
    demands=(0, 4, 5, 6),
    windows=((0, 100), (0, 100), (0, 100), (0, 100)),
    services=(0, 5, 5, 5),
    seconds=LINE,
    distance=LINE,
    capacity=15,
    vehicles=2,
)


def with_window(node: int, earliest: int, latest: int) -> Instance:
    windows = list(PLAIN.windows)
    windows[node] = (earliest, latest)
    return replace(PLAIN, windows=tuple(windows))


def test_sound_routes_have_no_fault_and_their_length():
    routes = ((1, 2, 3), ())

    assert find_faults(PLAIN, routes) == ()
    assert total_distance(PLAIN, routes) == 60
    assert total_distance(PLAIN, ((1,), (2, 3))) == 80


def test_as_much_as_fits_is_taken_and_no_more():
    small = replace(PLAIN, capacity=14)

    assert find_faults(small, ((1, 2, 3),)) == (Violation("capacity", "route 1", "15 of 14"),)
    assert find_faults(small, ((1, 2), (3,))) == ()


@pytest.mark.parametrize(("latest", "late"), [(25, ()), (24, (Violation("window", "customer 12", "0.1 late"),))])  # fmt: skip
def test_service_may_begin_at_the_last_moment_and_not_after_it(latest: int, late: tuple):
    assert find_faults(with_window(2, 0, latest), ((1, 2),)) == late


def test_a_vehicle_waits_for_a_window():
    assert find_faults(with_window(1, 60, 80), ((1, 2),)) == ()
    assert find_faults(with_window(1, 61, 80), ((1, 2),)) == (
        Violation("depot_window", "route 1", "0.1 late"),
    )


def test_a_customer_in_two_routes_and_too_many_vehicles_are_told():
    one = replace(PLAIN, vehicles=1)

    assert find_faults(one, ((1,), (1,))) == (
        Violation("once", "customer 11", "2 times"),
        Violation("vehicles", "routes", "2 of 1"),
    )


@pytest.mark.parametrize(
    ("instance", "reason"),
    [
        (replace(PLAIN, capacity=5), LeftOut.DEMAND_ABOVE_CAPACITY),
        (with_window(3, 9, 8), LeftOut.WINDOW_CLOSED),
        (with_window(3, 0, 29), LeftOut.NOT_IN_TIME),
        (with_window(3, 66, 99), LeftOut.NOT_IN_TIME),
        (with_window(0, 0, 64), LeftOut.NOT_IN_TIME),
    ],
)
def test_who_can_never_be_served_is_known_with_the_reason(instance: Instance, reason: LeftOut):
    assert find_barred(instance) == {3: reason}


def test_who_can_just_be_served_is_not_barred():
    assert find_barred(with_window(3, 65, 99)) == {}
    assert find_barred(with_window(0, 0, 65)) == {}


def test_a_vehicle_more_costs_more_than_any_way_where_fewer_are_better():
    fewest = to_routing(replace(PLAIN, convention=Convention.SOLOMON), (1, 2, 3))
    plain = to_routing(PLAIN, (1, 2, 3))

    assert plain.cost == LINE
    assert fewest.cost[0][1] - LINE[0][1] > total_distance(PLAIN, ((1,), (2,), (3,)))
    assert fewest.cost[1:] == LINE[1:]
    assert fewest.cost[0][0] == 0
