"""The schedule of a route: when a vehicle is ready at each stop, how late it may be, where the break is."""

from collections.abc import Iterator

import pytest

from scheduling.routing.engines.sisr.routes import RouteTable
from scheduling.routing.engines.sisr.schedule import VehicleSchedule
from scheduling.routing.problem import Break, RoutingProblem
from tests.scheduling.plainest_route import (
    Way,
    departures,
    earliest_ready,
    feasible_legs,
    finish,
    latest_at_doors,
)
from tests.scheduling.routing.small import a_client, a_line, a_short_day, a_vehicle, way_of

SEEDS = range(150)


def times(problem: RoutingProblem, *route: int) -> VehicleSchedule:
    return VehicleSchedule(RouteTable(problem, ((),) * len(problem.vehicles)), 0, route)


def drawn(pauses: bool, clients: int = 3) -> Iterator[tuple[RoutingProblem, Way, VehicleSchedule]]:
    """Routes drawn at random that can be driven; some of the draws can not."""
    for seed in SEEDS:
        problem = a_short_day(seed, clients=clients, pauses=pauses)
        way, found = way_of(problem, 0, tuple(range(clients))), times(problem, *range(clients))
        if feasible_legs(way):
            yield problem, way, found


def test_a_route_can_be_driven_when_some_leg_suits_the_break_and_only_then():
    answers = set()
    for seed in SEEDS:
        problem = a_short_day(seed)
        way, found = way_of(problem, 0, (0, 1, 2)), times(problem, 0, 1, 2)

        assert (found.return_time <= way.latest) == bool(feasible_legs(way)), seed
        answers.add(bool(feasible_legs(way)))

    assert answers == {True, False}


@pytest.mark.parametrize("pauses", [False, True])
def test_the_vehicle_is_ready_as_early_as_second_by_second(pauses: bool):
    count = 0
    for _, way, found in drawn(pauses):
        made = finish(way, 0, way.earliest, found.leg)

        assert made is not None
        assert found.earliest_departures == earliest_ready(way, found.leg)
        assert found.return_time == made[1]
        count += 1

    assert count > 20


@pytest.mark.parametrize("pauses", [False, True])
def test_the_latest_moment_at_a_door_is_the_last_from_which_the_rest_can_be_driven(pauses: bool):
    for _, way, found in drawn(pauses):
        assert found.latest_arrivals == latest_at_doors(way, found.leg)


def test_on_a_short_route_the_break_is_where_the_crew_is_back_first():
    for _, way, found in drawn(pauses=True, clients=2):
        assert found.return_time == min(feasible_legs(way).values())


def test_the_way_took_from_the_last_departure_that_is_back_as_soon_less_a_break_at_home():
    for problem, way, found in drawn(pauses=True):
        late = max(t for t, back in departures(way, found.leg).items() if back == found.return_time)

        assert found.shortest_duration() == found.return_time - late - _break_at_home(
            problem, way, found, late
        )


def _break_at_home(problem: RoutingProblem, way: Way, found: VehicleSchedule, late: int) -> int:
    """The seconds of the break when it can be had before leaving home or after the return."""
    pause = problem.vehicles[0].pause
    if pause is None:
        return 0
    if found.leg == 0:
        return pause.seconds if late >= pause.earliest else 0
    if found.leg < len(way.stays):
        return 0
    arrives = [
        t
        for t in range(way.earliest, found.return_time - pause.seconds + 1)
        if max(t, pause.earliest) + pause.seconds == found.return_time and t <= pause.latest
    ]
    home = [t for t in arrives if t >= found.earliest_departures[-1] + way.drives[-1]]
    return found.return_time - max(home) if home else 0


def test_a_vehicle_may_come_in_the_last_second_of_a_window_and_not_in_the_next():
    punctual, late = (a_line(a_client(1, (0, closes))) for closes in (3, 2))

    assert times(punctual, 0).earliest_departures == [0, 8]
    assert times(late, 0).return_time > 60


def test_between_two_windows_the_crew_waits_for_the_second():
    problem = a_line(a_client(1, (0, 2), (20, 30)))

    found = times(problem, 0)

    assert found.earliest_departures == [0, 25]
    assert found.latest_arrivals == [30, 60]


def test_a_late_return_asks_for_the_earlier_window():
    problem = a_line(a_client(1, (0, 10), (20, 30)), vehicles=(a_vehicle(latest=27),))

    assert times(problem, 0).latest_arrivals == [10, 27]


def test_who_must_be_home_early_may_be_at_the_door_no_later_than_stay_and_road_allow():
    problem = a_line(a_client(2), vehicles=(a_vehicle(latest=17),))

    assert times(problem, 0).latest_arrivals == [6, 17]


def test_a_break_that_just_fits_before_the_door_closes_is_had_on_the_way():
    pause = Break(earliest=0, latest=0, seconds=4)
    fits, tight = (
        a_line(a_client(1, (0, closes)), vehicles=(a_vehicle(pause=pause),)) for closes in (7, 6)
    )

    assert times(fits, 0).earliest_departures == [0, 12]
    assert times(tight, 0).return_time > 60


def test_a_break_begins_no_later_than_its_last_second():
    problem = a_line(a_client(1), vehicles=(a_vehicle(pause=Break(8, 8, 4)),))
    missed = a_line(a_client(1, (6, 60)), vehicles=(a_vehicle(pause=Break(0, 0, 4), earliest=1),))

    found = times(problem, 0)

    assert (found.leg, found.return_time) == (1, 15)
    assert times(missed, 0).return_time > 60


def test_a_break_at_home_before_leaving_or_after_the_return_costs_nothing():
    before = a_line(a_client(1, (27, 28)), vehicles=(a_vehicle(pause=Break(10, 20, 4)),))
    after = a_line(a_client(1, (0, 3)), vehicles=(a_vehicle(pause=Break(11, 20, 4)),))
    between = a_line(a_client(1, (0, 3)), vehicles=(a_vehicle(pause=Break(8, 9, 4)),))

    assert times(before, 0).shortest_duration() == 11
    assert times(after, 0).shortest_duration() == 11
    assert times(between, 0).shortest_duration() == 15


def test_with_the_break_on_every_leg_tried_a_long_route_finds_the_one_that_suits():
    """Three legs are tried first; here the doors leave room behind the fourth stop only."""
    clients = [a_client(k, (3 * k + 5 * (k - 1), 3 * k + 5 * (k - 1))) for k in range(1, 5)]
    problem = a_line(*clients, vehicles=(a_vehicle(pause=Break(0, 40, 6), latest=50),))

    found = times(problem, 0, 1, 2, 3)

    assert (found.leg, found.return_time) == (4, 50)
