"""How long a team stays: set up, inject in waves, observe the last resident, pack."""

from dataclasses import replace

import pytest

from scheduling.care.visit_length import injection_seconds, service_seconds, slot_seconds
from tests.scheduling.builders import (
    a_campaign,
    a_location,
    a_need,
    a_problem,
    a_shift,
    a_visit,
    needs,
)

REST = 600 + 900 + 600  # set up, observe the last, pack


def length(people, seats: int = 40, injectors: int = 1) -> int:
    problem = a_problem(needs=tuple(people), locations=(a_location(seats=seats),))
    return service_seconds(problem, a_visit(problem), a_shift(injectors=injectors))


def test_one_injector_takes_three_minutes_for_each_resident():
    assert length(needs(5)) == REST + 5 * 180


def test_two_injectors_work_in_waves():
    assert length(needs(4), injectors=2) == REST + 2 * 180
    assert length(needs(5), injectors=2) == REST + 3 * 180


def test_nobody_waits_for_a_seat_while_there_are_enough():
    assert length(needs(6), seats=6, injectors=3) == REST + 2 * 180


def test_beyond_the_seats_each_resident_waits_for_one():
    assert length(needs(10), seats=4, injectors=3) == REST + 6 * 300


@pytest.mark.parametrize(
    ("seats", "minutes"), [(1, 15), (2, 7), (3, 5), (4, 5), (5, 4), (6, 3), (7, 2), (30, 2)]
)
def test_the_slot_guide(seats: int, minutes: int):
    assert slot_seconds(seats, 900) == minutes * 60


def test_a_longer_observation_slows_the_seats():
    campaign = replace(a_campaign(), observation_seconds=1800)

    assert injection_seconds(campaign, 6, 3, 16) == 10 * 360


def test_who_is_watched_longer_has_the_first_needle():
    flagged = a_need("flagged", observation_seconds=1800)

    assert length([flagged]) == REST + 180 + 900
    assert length([flagged, *needs(10)]) == REST + 11 * 180


def test_extra_seconds_are_added():
    assert length([a_need(extra_seconds=300), *needs(1)]) == REST + 2 * 180 + 300
