"""The schedule of one route, against a route that is read second by second."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from random import Random

import pytest

from scheduling.problem import Break
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import (
    NEVER,
    NO_LEG,
    RouteSchedule,
    best_schedule,
    can_be_driven,
    count_solo_seconds,
    earliest_arrival,
    earliest_start,
    latest_departure,
    latest_start,
    solo_schedule,
)
from tests.scheduling.builders import a_pin, a_shift
from tests.scheduling.plainest_route import (
    Way,
    at_the_door,
    departures,
    earliest_ready,
    finish,
    first_open,
    latest_at_doors,
)
from tests.scheduling.solver.small import (
    a_call,
    a_day_of_seconds,
    a_drawn_day,
    of_locations,
    way_of,
)

SEEDS = range(80)
REST = Break(10, 15, 4)


def a_way_with_rest_after_the_return(way: Way) -> Way:
    """Back so early that the break can still be had at home, within its window and the shift."""
    assert way.rest is not None
    _, last, length = way.rest
    return replace(way, rest=None, latest=min(last, way.latest - length))


def drawn(*, pauses: bool, windows: int = 2) -> Iterator[tuple[IndexedProblem, Way, RouteSchedule]]:
    """Routes of three stops with the break on each leg in turn, that the product calls feasible."""
    for seed in SEEDS:
        indexed = of_locations(a_drawn_day(seed, pauses=pauses, windows=windows))
        way = way_of(indexed, 0, (0, 1, 2))
        for leg in range(4) if way.rest else (NO_LEG,):
            schedule = RouteSchedule(indexed, 0, (0, 1, 2), leg).completed(indexed)
            if schedule.feasible:
                yield indexed, way, schedule


@pytest.mark.parametrize("pauses", [False, True])
def test_a_route_is_feasible_when_it_can_be_driven_second_by_second(pauses: bool):
    answers = []
    for seed in SEEDS:
        indexed = of_locations(a_drawn_day(seed, pauses=pauses))
        way = way_of(indexed, 0, (0, 1, 2))
        for leg in range(5) if way.rest else (NO_LEG,):
            plain = a_way_with_rest_after_the_return(way) if leg == 4 else way
            driven = finish(plain, 0, plain.earliest, leg) is not None

            assert RouteSchedule(indexed, 0, (0, 1, 2), leg).feasible == driven, (seed, leg)
            answers.append(driven)

    assert min(answers.count(True), answers.count(False)) > 20


@pytest.mark.parametrize("pauses", [False, True])
def test_each_stop_is_left_as_early_and_reached_as_late_as_second_by_second(pauses: bool):
    for _, way, schedule in drawn(pauses=pauses):
        assert schedule.earliest_departures == earliest_ready(way, schedule.break_leg)
        assert schedule.latest_arrivals == latest_at_doors(way, schedule.break_leg)


@pytest.mark.parametrize("pauses", [False, True])
def test_the_starts_can_be_driven_from_the_departure_and_end_at_the_return(pauses: bool):
    for _, way, schedule in drawn(pauses=pauses):
        ready = schedule.departure
        for k, start in enumerate(schedule.starts):
            arrival = at_the_door(way, k, ready, schedule.break_leg)
            if (
                k == 0
                and schedule.break_leg == 0
                and a_break_before_leaving(way, schedule.departure)
            ):
                arrival = ready + way.drives[0]

            assert arrival is not None
            assert arrival <= start
            assert first_open(way.windows[k], start) == start
            ready = start + way.stays[k]

        assert schedule.return_time == at_the_door(way, 3, ready, schedule.break_leg)
        assert schedule.departure >= way.earliest


def a_break_before_leaving(way: Way, departure: int) -> bool:
    """Whether the break can begin and end at home before the team leaves."""
    assert way.rest is not None
    first, last, length = way.rest
    return any(b + length <= departure for b in range(first, last + 1) if b >= way.earliest)


@pytest.mark.parametrize("pauses", [False, True])
def test_the_team_waits_at_home_rather_than_at_a_door(pauses: bool):
    """No stop could begin a second later, in any of its windows, without the next one moving."""
    for _, way, schedule in drawn(pauses=pauses):
        for k, start in enumerate(schedule.starts[:-1]):
            later = [
                t
                for opens, closes in way.windows[k]
                for t in range(max(start + 1, opens), closes + 1)
                if (door := at_the_door(way, k + 1, t + way.stays[k], schedule.break_leg))
                is not None
                and door <= schedule.starts[k + 1]
            ]
            assert later == []


def test_without_a_break_no_departure_makes_a_shorter_day():
    count = 0
    for _, way, schedule in drawn(pauses=False, windows=3):
        days = [back - t for t, back in departures(way, NO_LEG).items()]

        assert schedule.return_time - schedule.departure == min(days)
        count += 1

    assert count > 30


def test_a_break_at_home_before_leaving_is_no_working_time():
    """Reached in its first second by leaving at 27 after a break from 10 to 14."""
    indexed = of_locations(a_day_of_seconds(a_call(1, (30, 40)), pause=REST))

    before, on_the_way = (RouteSchedule(indexed, 0, (0,), leg) for leg in (0, 1))

    assert (before.departure, before.return_time) == (27, 38)
    assert not on_the_way.feasible  # ready at 35: too late to begin it


def test_a_break_that_can_not_end_before_the_departure_is_working_time():
    indexed = of_locations(a_day_of_seconds(a_call(1, (0, 17)), pause=REST))

    schedule = RouteSchedule(indexed, 0, (0,), 0)

    assert schedule.starts == [14]
    assert schedule.departure == 7  # at the door at 10, where the break begins
    assert schedule.return_time == 22


def test_the_break_may_begin_in_the_last_second_of_its_window_and_not_in_the_next():
    """The door lets the team go at 15: then the break begins at once."""
    fits, late = (
        of_locations(a_day_of_seconds(a_call(1, (opens, 20)), pause=REST)) for opens in (10, 11)
    )

    assert RouteSchedule(fits, 0, (0,), 1).feasible
    assert not RouteSchedule(late, 0, (0,), 1).feasible


def test_a_break_that_just_fits_before_the_door_closes_is_had_on_the_way():
    fits, tight = (
        of_locations(a_day_of_seconds(a_call(1, (0, closes)), pause=REST)) for closes in (14, 13)
    )

    assert RouteSchedule(fits, 0, (0,), 0).starts == [14]
    assert not RouteSchedule(tight, 0, (0,), 0).feasible


def test_a_break_after_the_return_asks_to_be_back_in_time_for_it():
    in_time = of_locations(a_day_of_seconds(a_call(1, (7, 20)), pause=REST))
    too_late = of_locations(a_day_of_seconds(a_call(1, (8, 20)), pause=REST))
    short = a_day_of_seconds(
        a_call(1, (4, 20)), shifts=(a_shift(start=0, end=15, injectors=1, pause=REST),)
    )

    assert RouteSchedule(in_time, 0, (0,), 2).return_time == 15
    assert not RouteSchedule(too_late, 0, (0,), 2).feasible
    assert not RouteSchedule(
        of_locations(short), 0, (0,), 2
    ).feasible  # 11 and not yet rested at 15


@pytest.mark.parametrize(("end", "feasible"), [(11, True), (10, False)])
def test_a_team_is_back_in_the_last_second_of_its_shift_and_not_after(end: int, feasible: bool):
    indexed = of_locations(
        a_day_of_seconds(a_call(1), shifts=(a_shift(start=0, end=end, injectors=1),))
    )

    assert RouteSchedule(indexed, 0, (0,)).feasible == feasible


def test_a_shorter_day_begins_a_stop_in_a_later_window():
    """The first stop could begin at 3; the second one opens at 45 only."""
    indexed = of_locations(a_day_of_seconds(a_call(1, (3, 4), (30, 45)), a_call(2, (45, 47))))

    schedule = RouteSchedule(indexed, 0, (0, 1))

    assert schedule.starts == [37, 45]
    assert schedule.departure == 34


def test_a_return_in_a_later_window_may_be_a_shorter_day():
    """Back at 33 after leaving at 1, or back at 41 after leaving at 18."""
    indexed = of_locations(
        a_day_of_seconds(a_call(1, (4, 4), (21, 30)), a_call(2, (22, 22), (29, 30)), people=(5, 5))
    )

    schedule = RouteSchedule(indexed, 0, (0, 1))

    assert (schedule.starts, schedule.departure) == ([21, 29], 18)
    assert schedule.return_time == 40


def test_a_break_on_a_leg_that_is_not_tried_would_be_no_better():
    for seed in range(400):
        indexed = of_locations(a_drawn_day(seed))
        visits = tuple(Random(seed).sample(range(indexed.size), Random(seed).randint(1, 3)))
        if indexed.shifts[0].pause is None:
            continue
        every = [RouteSchedule(indexed, 0, visits, leg) for leg in range(len(visits) + 2)]
        days = [(one.return_time - one.departure, one.return_time) for one in every if one.feasible]
        best = best_schedule(indexed, 0, visits)
        assert (best and (best.return_time - best.departure, best.return_time)) == min(
            days, default=None
        ), seed


def test_the_best_schedule_is_the_shortest_day_and_then_the_earliest_return():
    for seed in SEEDS:
        indexed = of_locations(a_drawn_day(seed))
        schedules = [RouteSchedule(indexed, 0, (0, 1, 2), leg) for leg in range(5)]
        if indexed.shifts[0].pause is None:
            schedules = [RouteSchedule(indexed, 0, (0, 1, 2))]
        lengths = [
            (one.return_time - one.departure, one.return_time) for one in schedules if one.feasible
        ]

        best = best_schedule(indexed, 0, (0, 1, 2))

        assert (best is not None) == bool(lengths)
        if best is not None:
            assert (best.return_time - best.departure, best.return_time) == min(lengths)


def test_the_metres_are_those_of_the_way_from_home_to_home():
    indexed = of_locations(a_day_of_seconds(*(a_call(k) for k in (1, 2, 3)), people=(1, 1, 1)))

    metres = {
        visits: RouteSchedule(indexed, 0, visits).completed(indexed).metres
        for visits in permutations(range(3))
    }

    assert metres[0, 1, 2] == 30 * (1 + 1 + 1 + 3)
    assert metres[1, 0, 2] == 30 * (2 + 1 + 2 + 3)


def test_a_fixed_stop_keeps_its_moment_and_what_comes_before_waits_at_the_door():
    problem = a_day_of_seconds(a_call(1), a_call(2))
    pin = a_pin("visit of L2", 40, ["L2-P00"], location_id="L2", service_seconds=5)
    indexed = of_locations(replace(problem, fixed=(pin,)))

    schedule = best_schedule(indexed, 0, (0, 1))

    assert schedule is not None
    assert schedule.starts == [32, 40]
    assert schedule.return_time == 51


def test_fixed_stops_that_overlap_are_not_judged_but_what_follows_them_is():
    problem = a_day_of_seconds(a_call(1), a_call(2), a_call(3, (20, 22)))
    pins = (
        a_pin("visit of L1", 10, ["L1-P00"], service_seconds=20),
        a_pin("visit of L2", 12, ["L2-P00"], location_id="L2", service_seconds=5),
    )
    indexed = of_locations(replace(problem, fixed=pins))

    overlapping = RouteSchedule(indexed, 0, (0, 1))

    assert overlapping.feasible
    assert overlapping.starts == [10, 12]
    assert RouteSchedule(indexed, 0, (0, 1, 2)).feasible
    assert RouteSchedule(indexed, 0, (0, 1, 2)).starts[2] == 20
    assert not RouteSchedule(indexed, 0, (0, 2, 1)).feasible


def test_beside_a_fixed_stop_no_dose_is_under_way_too_long():
    """Fixed at 20, the way there takes six seconds: 31 for the other door is 17 under way."""
    problem = a_day_of_seconds(a_call(1), a_call(2, (31, 33)))
    pin = a_pin("visit of L1", 20, ["L1-P00"], service_seconds=5)
    product = problem.products[0]
    lives = [
        of_locations(
            replace(problem, fixed=(pin,), products=(replace(product, transport_seconds=seconds),))
        )
        for seconds in (31, 13)
    ]

    long, short = lives

    assert RouteSchedule(long, 0, (0, 1)).feasible
    assert not short.windows[1][0]  # from the start of the shift on
    short.windows[1][0] = ((31, 33),)
    assert not RouteSchedule(short, 0, (0, 1)).feasible


def test_the_schedule_of_a_visit_alone_is_made_once():
    indexed = of_locations(a_day_of_seconds(a_call(1), a_call(2, (0, 2))))

    schedule = solo_schedule(indexed, 0, 0)

    assert schedule is not None
    assert (schedule.departure, schedule.return_time) == (0, 11)
    assert solo_schedule(indexed, 0, 0) is schedule
    assert solo_schedule(indexed, 1, 0) is None


def test_the_working_day_of_a_visit_alone_is_known_without_its_schedule():
    for seed in range(400):
        indexed = of_locations(a_drawn_day(seed, windows=3))
        for v in range(indexed.size):
            schedule = solo_schedule(indexed, v, 0)
            day = schedule and schedule.return_time - schedule.departure
            assert count_solo_seconds(indexed, v, 0) == day, (seed, v)


def test_a_route_can_be_driven_when_it_has_a_best_schedule():
    for seed in range(400):
        indexed = of_locations(a_drawn_day(seed))
        visits = tuple(Random(seed).sample(range(indexed.size), Random(seed).randint(0, 3)))
        is_found = best_schedule(indexed, 0, visits) is not None
        assert can_be_driven(indexed, 0, visits) == is_found, seed


def test_a_route_without_stops_is_the_depot_alone():
    indexed = of_locations(a_day_of_seconds(a_call(1)))

    schedule = best_schedule(indexed, 0, ())

    assert schedule is not None
    assert (schedule.departure, schedule.return_time, schedule.metres) == (0, 0, 0)


@pytest.mark.parametrize(
    ("arrival", "start"),
    [(0, 5), (5, 5), (7, 7), (9, 9), (10, 20), (30, 30), (31, NEVER)],
)
def test_service_begins_at_the_first_open_second(arrival: int, start: int):
    assert earliest_start(((5, 9), (20, 30)), arrival) == start


@pytest.mark.parametrize(
    ("latest", "start"),
    [(4, -NEVER), (5, 5), (9, 9), (15, 9), (19, 9), (20, 20), (29, 29), (40, 30)],
)
def test_service_begins_at_the_last_open_second_before_a_moment(latest: int, start: int):
    assert latest_start(((5, 9), (20, 30)), latest) == start


@pytest.mark.parametrize("pause", [None, REST, Break(0, 0, 6)])
def test_leaving_and_arriving_are_each_others_reverse(pause: Break | None):
    """Of all seconds at which a team may leave, the last one from which it is there in time."""
    for drive in (0, 3, 8):
        for latest in range(40):
            in_time = [t for t in range(-20, 40) if earliest_arrival(t, drive, pause) <= latest]

            assert latest_departure(latest, drive, pause) == max(in_time, default=-NEVER), (
                drive,
                latest,
            )


@pytest.mark.parametrize(
    ("ready", "arrival"), [(0, 14), (7, 14), (8, 15), (10, 17), (15, 22), (16, NEVER)]
)
def test_a_drive_of_three_seconds_with_a_break_of_four(ready: int, arrival: int):
    assert earliest_arrival(ready, 3, REST) == arrival
