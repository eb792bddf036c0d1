"""The freeze: a shift is frozen as a whole, and its visits are kept as people were told."""

from datetime import timedelta

import pytest

from services.planner.problem.frozen import is_frozen, is_past, sort_visits, to_freeze
from tests.facts import NOW, a_shift, uid
from tests.services.planner.problem.rows import (
    CALENDAR,
    HOUR,
    a_rostered_shift,
    a_visit_row,
    at,
)

SECOND = timedelta(seconds=1)
TUESDAY = a_rostered_shift()  # from 7 to 16 hours UTC
EARLIER, DURING, AFTER = at(4), at(12), at(16)


def test_a_shift_is_frozen_from_its_freeze_time_on():
    assert is_frozen(at(7), at(5) + SECOND, 2 * HOUR)
    assert not is_frozen(at(7), at(5), 2 * HOUR)  # it begins when the freeze time is over


def test_without_a_freeze_time_a_shift_is_frozen_when_it_has_begun():
    assert is_frozen(at(7), at(7) + SECOND, timedelta())
    assert not is_frozen(at(7), at(7), timedelta())


def test_a_shift_stays_frozen_when_it_is_over():
    freeze = to_freeze([TUESDAY], AFTER, 2 * HOUR)

    assert (freeze.shifts, freeze.over) == ({uid("shift")}, {uid("shift")})


def test_a_shift_is_over_at_its_end():
    assert to_freeze([TUESDAY], AFTER - SECOND, 2 * HOUR).over == set()


def test_the_shift_of_a_team_that_is_away_is_not_frozen():
    away = a_rostered_shift(is_absent=True)

    assert to_freeze([away], DURING, 2 * HOUR).shifts == set()


def test_a_delay_thaws_no_shift():
    late = a_rostered_shift(delay=6 * HOUR)

    assert to_freeze([late], at(6), 2 * HOUR).shifts == {uid("shift")}


def sort(*visits, now=EARLIER, given=()):
    freeze = to_freeze([TUESDAY], now, 2 * HOUR)
    return sort_visits(visits, given, freeze, CALENDAR.midnight)


def test_a_visit_of_a_shift_that_is_not_frozen_may_be_moved():
    found = sort(a_visit_row("v1", people=["p1"]))

    assert [visit.visit_id for visit in found.movable] == [uid("v1")]
    assert (found.kept, found.done, found.busy, found.in_cars) == ([], set(), set(), {})


def test_every_visit_of_a_frozen_shift_is_kept_also_the_last_of_the_day():
    visits = [a_visit_row("v1", hour=7), a_visit_row("v2", hour=15)]

    found = sort(*visits, now=at(5, 30))

    assert [visit.visit_id for visit in found.kept] == [uid("v1"), uid("v2")]
    assert found.movable == []
    assert found.done == {str(uid("v1")), str(uid("v2"))}


def test_people_of_a_kept_visit_are_planned_nowhere_else_and_their_doses_are_in_the_car():
    found = sort(a_visit_row("v1", people=["p1", "p2"]), now=DURING)

    assert found.busy == {(uid("p1"), uid("corona"), 1), (uid("p2"), uid("corona"), 1)}
    assert found.in_cars == {(str(uid("post")), "moderna"): 2}


def test_a_dose_that_was_given_has_left_the_car():
    given = {(uid("p1"), uid("corona"), 1)}

    found = sort(a_visit_row("v1", people=["p1", "p2"]), now=DURING, given=given)

    assert found.in_cars == {(str(uid("post")), "moderna"): 1}
    assert len(found.busy) == 2


def test_a_crisis_visit_of_a_frozen_shift_is_kept_without_doses():
    found = sort(a_visit_row("v1", people=[], campaign_id=None, product_id=None), now=DURING)

    assert len(found.kept) == 1
    assert (found.busy, found.in_cars) == (set(), {})


def test_a_visit_that_was_begun_in_a_shift_that_is_not_frozen_is_kept():
    found = sort(a_visit_row("v1", is_started=True))

    assert len(found.kept) == 1
    assert len(found.busy) == 1
    assert found.in_cars == {}


@pytest.mark.parametrize(
    ("visit", "now"),
    [
        (a_visit_row("v1", is_completed=True), DURING),
        (a_visit_row("v1"), AFTER),
        (a_visit_row("v1", starts_at=CALENDAR.midnight - SECOND, ends_at=NOW), EARLIER),
    ],
    ids=["completed", "shift over", "of yesterday"],
)
def test_a_visit_that_is_over_is_neither_kept_nor_planned_and_its_id_is_used_up(visit, now):
    found = sort(visit, now=now)

    assert (found.kept, found.movable, found.busy) == ([], [], set())
    assert found.done == {str(uid("v1"))}


def test_the_first_second_of_the_horizon_is_not_of_yesterday():
    visit = a_visit_row("v1", starts_at=CALENDAR.midnight, ends_at=NOW)

    assert not is_past(visit, to_freeze([TUESDAY], EARLIER, HOUR), CALENDAR.midnight)


def test_visits_of_other_shifts_are_not_frozen_with_it():
    other = a_rostered_shift(a_shift("later", starts_at=at(12), ends_at=at(18)))
    freeze = to_freeze([TUESDAY, other], at(6), 2 * HOUR)

    found = sort_visits(
        [a_visit_row("v1", shift_id=uid("later"), hour=13)], (), freeze, CALENDAR.midnight
    )

    assert [visit.visit_id for visit in found.movable] == [uid("v1")]
