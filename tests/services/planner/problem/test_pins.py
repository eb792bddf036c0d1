"""Pins and moves of planners: which of them hold, alone and together."""

from datetime import timedelta

import pytest

from services.planner.problem.frozen import PublishedVisits
from services.planner.problem.pins import Standing, to_fixed_stops, to_pins
from tests.facts import NOW, an_assignment, uid
from tests.services.planner.problem.rows import CALENDAR, a_pin_row, at

VISITS = [an_assignment("v1", ["p1"]), an_assignment("v2", ["p2"])]  # an hour each
TEAMS = {str(uid("shift")): "T1", str(uid("second shift")): "T1", str(uid("theirs")): "T2"}


CLOSED = {str(uid("frozen shift")): "frozen", str(uid("their day off")): "absent"}


def judged(*rows, visits=VISITS, kept=(), done=(), teams=TEAMS):
    published = PublishedVisits(movable=list(visits), kept=list(kept), done=set(done))
    standing = Standing(published, teams, CLOSED)
    return to_fixed_stops(to_pins(rows), standing, CALENDAR, NOW)


def fixed(*rows, **standing):
    return judged(*rows, **standing)[0]


def faults(*rows, **standing) -> list[tuple[str, str]]:
    return [(row.visit_id, row.rule) for row in judged(*rows, **standing)[1]]


def test_a_pinned_visit_stands_where_the_planner_put_it_as_long_as_it_was_told():
    (stop,) = fixed(a_pin_row("v1", (5, "shift", at(9))))

    assert (stop.visit_id, stop.shift_id, stop.start) == (
        str(uid("v1")), str(uid("shift")), 34 * 3600,
    )  # fmt: skip
    assert (stop.service_seconds, stop.why, stop.dose_no) == (3600, "pinned", 1)


def test_of_a_pin_and_a_move_the_later_holds():
    pin_first = a_pin_row("v1", (5, "shift", at(9)), (6, "theirs", at(11)))
    move_first = a_pin_row("v1", (6, "shift", at(9)), (5, "theirs", at(11)))

    assert [stop.shift_id for stop in fixed(pin_first)] == [str(uid("theirs"))]
    assert [stop.shift_id for stop in fixed(move_first)] == [str(uid("shift"))]


def test_a_move_without_a_pin_holds():
    assert len(fixed(a_pin_row("v1", None, (5, "theirs", at(9))))) == 1


def test_of_two_pins_at_one_moment_for_one_team_the_older_holds_also_in_two_shifts():
    older, younger = (5, "second shift", at(9, 59)), (6, "shift", at(9))

    stops = fixed(a_pin_row("v1", younger), a_pin_row("v2", older))

    assert [stop.visit_id for stop in stops] == [str(uid("v2"))]


def test_a_pin_is_as_old_as_its_last_word():
    moved_later = a_pin_row("v1", (1, "shift", at(8)), (7, "shift", at(9)))

    stops = fixed(moved_later, a_pin_row("v2", (6, "shift", at(9))))

    assert [stop.visit_id for stop in stops] == [str(uid("v2"))]


def test_a_visit_may_begin_when_the_one_before_ends_whichever_was_pinned_first():
    first, second = (5, "shift", at(9)), (6, "shift", at(10))

    assert len(fixed(a_pin_row("v1", first), a_pin_row("v2", second))) == 2
    assert len(fixed(a_pin_row("v1", (7, *first[1:])), a_pin_row("v2", second))) == 2


def test_two_teams_may_be_pinned_to_one_moment():
    pins = (a_pin_row("v1", (5, "shift", at(9))), a_pin_row("v2", (6, "theirs", at(9))))

    assert len(fixed(*pins)) == 2


V1 = str(uid("v1"))


def test_of_two_pins_that_overlap_the_younger_is_told():
    pins = (a_pin_row("v1", (6, "shift", at(9))), a_pin_row("v2", (5, "shift", at(9, 30))))

    assert faults(*pins) == [(V1, "overlap")]


@pytest.mark.parametrize(
    ("shift", "rule"),
    [("frozen shift", "frozen"), ("their day off", "absent"), ("a shift of before", "withdrawn")],
)
def test_a_pin_in_a_shift_that_is_not_planned_does_not_hold_and_says_why(shift, rule):
    pin = a_pin_row("v1", (5, shift, at(9)))

    assert fixed(pin) == ()
    assert faults(pin) == [(V1, rule)]


def test_a_visit_that_is_frozen_holds_where_it_stands_and_can_not_be_pinned_elsewhere():
    told = VISITS[0]
    there = a_pin_row("v1", (5, "shift", told.starts_at))
    elsewhere = a_pin_row("v1", (5, "theirs", told.starts_at))

    assert faults(there, visits=[], kept=[told]) == []
    assert faults(elsewhere, visits=[], kept=[told]) == [(V1, "frozen")]


def test_a_pin_of_a_visit_that_is_planned_no_more_says_so_until_its_time_is_over():
    pin = a_pin_row("v1", (5, "shift", at(9)))

    assert faults(pin, visits=VISITS[1:]) == [(V1, "gone")]
    assert faults(a_pin_row("v1", (5, "shift", NOW - timedelta(hours=1))), visits=[]) == []
    assert faults(pin, visits=[], done=[V1]) == []


def test_a_pinned_visit_with_doses_of_two_numbers_has_no_number():
    people = VISITS[0].persons[0]
    both = VISITS[0].model_copy(
        update={"persons": (people, people.model_copy(update={"dose_no": 2}))}
    )

    (stop,) = fixed(a_pin_row("v1", (5, "shift", at(9))), visits=[both])

    assert stop.dose_no is None
