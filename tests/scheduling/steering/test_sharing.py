"""A change that shares the work or the doses clearly less fairly says so by amount and asks for a reason; a small one does not."""

from dataclasses import replace

import pytest

from scheduling.problem import Published, Shift, TimeWindow
from scheduling.steering.actual import Actual, to_actual
from scheduling.steering.breaches import Breach, Soft, Unit
from scheduling.steering.edits import Move, Spot, Unassign
from scheduling.steering.effect import compute_effect
from tests.scheduling.builders import (
    HOUR,
    a_location,
    a_problem,
    a_shift,
    a_travel,
    at,
    needs,
)

FRIDAY = "2021-02-19"  # then day 1 and 2 are a weekend
OPEN = tuple(TimeWindow(at(day, 9), at(day, 20)) for day in range(14))
FAIR = {Soft.FAIR_HOURS, Soft.FAIR_EVENINGS, Soft.FAIR_WEEKENDS, Soft.FAIR_AREA}


def a_stop(place: int, shift: str, hour: float, day: int = 0) -> Published:
    """A visit to the two people of a location, an hour long."""
    return Published(
        visit_id=f"V{place}",
        shift_id=shift,
        start=at(day, hour),
        location_id=f"L{place}",
        campaign_id="C1",
        product_id="moderna",
        doses=tuple((f"L{place}-P{k:02}", 1) for k in range(2)),
        service_seconds=HOUR,
    )


def a_plan(*stops: Published, shifts: tuple[Shift, ...], **changes) -> Actual:
    problem = a_problem(
        locations=tuple(a_location(f"L{k}", k, time_windows=OPEN) for k in range(1, 9)),
        needs=tuple(need for k in range(1, 9) for need in needs(2, f"L{k}")),
        shifts=shifts,
        travel=a_travel(9),
    )
    return to_actual(replace(problem, **changes), stops)


def teams(day: int = 0, *, names: str = "ABC", **changes) -> tuple[Shift, ...]:
    return tuple(
        a_shift(f"{name}{day}", day=day, team_id=f"team {name}", **changes) for name in names
    )


def unfair(actual: Actual, edit: Move | Unassign) -> list[Breach]:
    return [row for row in compute_effect(actual, edit).soft if row.rule in FAIR]


def test_a_team_that_works_half_a_day_more_than_the_others_is_named_with_the_amount():
    stops = (a_stop(1, "A0", 9), a_stop(2, "A0", 13), a_stop(3, "B0", 9), a_stop(4, "C0", 9))
    actual = a_plan(*stops, shifts=teams())

    (found,) = unfair(actual, Move("V3", Spot("A0", start=at(0, 15))))

    assert (found.rule, found.where, found.unit) == (Soft.FAIR_HOURS, "team A", Unit.SECONDS)
    # A from ten to nine until ten past four; C 80 minutes, B nothing: 40 on average
    assert found.amount == 7 * HOUR + 20 * 60 - 40 * 60
    assert not found.is_hard


def test_a_visit_that_fills_a_gap_adds_too_little_to_be_said():
    stops = (a_stop(1, "A0", 9), a_stop(2, "A0", 15), a_stop(3, "B0", 9), a_stop(4, "C0", 9))
    actual = a_plan(*stops, shifts=teams())

    assert unfair(actual, Move("V3", Spot("A0", start=at(0, 12)))) == []


def test_who_works_less_than_the_others_takes_a_visit_without_a_word():
    stops = (a_stop(1, "A0", 9), a_stop(2, "A0", 15), a_stop(3, "A0", 12))
    actual = a_plan(*stops, shifts=teams())

    assert unfair(actual, Move("V3", Spot("B0", start=at(0, 12)))) == []


def test_a_second_day_of_the_weekend_more_than_the_others_is_said():
    shifts = (*teams(1), *teams(2), *teams(3))
    stops = (a_stop(1, "A1", 9, 1), a_stop(2, "B3", 9, 3), a_stop(3, "C3", 9, 3))
    actual = a_plan(*stops, shifts=shifts, horizon_start=FRIDAY)

    found = unfair(actual, Move("V2", Spot("A2", start=at(2, 9))))

    assert [(row.rule, row.where, row.amount, row.unit) for row in found] == [
        (Soft.FAIR_WEEKENDS, "team A", 2, Unit.DAYS)
    ]
    assert unfair(actual, Move("V2", Spot("B2", start=at(2, 9)))) == []  # each has one then


def test_an_evening_more_than_the_others_have_is_said():
    shifts = tuple(row for day in (0, 1) for row in teams(day, start=at(day, 12), end=at(day, 21)))
    stops = (a_stop(1, "A0", 18.5), a_stop(2, "B1", 13, 1), a_stop(3, "C1", 13, 1))
    actual = a_plan(*stops, shifts=shifts)

    found = unfair(actual, Move("V2", Spot("A1", start=at(1, 18.5))))

    assert (Soft.FAIR_EVENINGS, "team A", 2) in [(row.rule, row.where, row.amount) for row in found]


def test_a_member_of_two_crews_is_said_by_the_team_and_never_by_name():
    shifts = (
        *teams(1, names="A", members=frozenset({"anna"})),
        *teams(2, names="B", members=frozenset({"anna"})),
        *teams(2, names="C", members=frozenset({"bert"})),
        *teams(3, names="C", members=frozenset({"bert"})),
    )
    stops = (a_stop(1, "A1", 9, 1), a_stop(2, "C3", 9, 3), a_stop(3, "C3", 12, 3))
    actual = a_plan(*stops, shifts=shifts, horizon_start=FRIDAY)

    found = unfair(actual, Move("V2", Spot("B2", start=at(2, 9))))

    assert [(row.rule, row.where, row.detail) for row in found] == [
        (Soft.FAIR_WEEKENDS, "team B", "somebody of the crew")
    ]


@pytest.mark.parametrize(("points", "expected"), [(5, [("east", 2)]), (60, []), (None, [])])
def test_an_area_that_falls_behind_the_region_is_said_with_the_doses(
    points: int | None, expected: list[tuple[str, int]]
):
    # 6 of 16 doses are given after it: of the 4 in the east none, where 2 would be within five points
    stops = tuple(a_stop(k, "A0", 8 + k) for k in range(1, 5))
    actual = a_plan(*stops, shifts=teams())
    places = tuple(
        replace(row, area="east" if row.id in ("L1", "L8") else "west")
        for row in actual.problem.locations
    )
    problem = replace(actual.problem, locations=places, area_points=points)

    found = unfair(to_actual(problem, stops), Unassign("V1"))

    assert [(row.where, row.amount) for row in found] == expected
