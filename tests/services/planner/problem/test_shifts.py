"""Shifts as they will be worked: absences, delays, what a crew may do, the break of the Arbeidstijdenwet."""

from datetime import date, timedelta

import pytest

from events.teams import CrewMember, CrewRole
from scheduling.care.members import injectors_for
from scheduling.problem import Break
from services.care.absences import is_absent
from services.planner.problem.shifts import (
    break_of,
    delay_of,
    has_time,
    injectors_of,
    to_rights,
    to_roster,
    to_shift,
    worked_to_its_end,
)
from tests.builders import OTHER_REGION, REGION
from tests.facts import a_product, a_shift, a_team, uid
from tests.services.planner.problem.rows import (
    CALENDAR,
    HOUR,
    a_certificate_row,
    a_delay_row,
    a_rostered_shift,
    a_shift_row,
    an_absence,
    an_order_row,
    at,
    teams,
)

MINUTE = timedelta(minutes=1)
TUESDAY = date(2021, 2, 16)
SHIFT = a_shift()  # on Tuesday from 7 to 16 hours UTC, a doctor and a nurse


@pytest.mark.parametrize(
    ("begins", "ends", "absent"),
    [
        (at(5), at(7), False),  # back when the shift begins
        (at(5), at(7, 1), True),
        (at(15, 59), at(18), True),
        (at(16), at(18), False),  # away when the shift has ended
    ],
)
def test_a_team_that_is_away_for_a_moment_works_nothing_of_the_shift(begins, ends, absent):
    assert is_absent(SHIFT, [an_absence(begins, ends)]) is absent


def test_the_absence_of_another_team_says_nothing():
    assert not is_absent(SHIFT, [an_absence(at(8), at(9), team=uid("other"))])


def test_a_team_without_a_delay_is_in_time():
    assert delay_of(SHIFT, []) == timedelta()


def test_the_delay_that_was_noted_last_counts():
    noted = [a_delay_row(45, at(9)), a_delay_row(10, at(8)), a_delay_row(20, at(9), seq=2)]

    assert delay_of(SHIFT, noted) == 20 * MINUTE


@pytest.mark.parametrize(
    ("noted_at", "counts"),
    [
        (at(22, 59, day=0), False),  # before midnight in Amsterdam
        (at(23, 0, day=0), True),
        (at(15, 59), True),
        (at(16), False),
    ],
)
def test_a_delay_counts_on_the_day_of_the_shift_until_its_end(noted_at, counts):
    assert bool(delay_of(SHIFT, [a_delay_row(30, noted_at)])) is counts


def test_absences_and_delays_are_heard_from_the_teams_region_and_the_planning_one():
    mine, theirs, third = REGION, OTHER_REGION, "GG1009"

    def roster(region: str):
        absence = an_absence(at(8), at(9), region=region)
        delay = a_delay_row(30, at(6), region=region)
        return to_roster(teams(a_shift_row(region=theirs), absence, delay), mine)[0]

    assert [(roster(one).is_absent, bool(roster(one).delay)) for one in (mine, theirs, third)] == [
        (True, True),
        (True, True),
        (False, False),
    ]


def test_nothing_is_left_of_a_shift_whose_team_comes_when_it_ends():
    assert has_time(a_rostered_shift(delay=9 * HOUR - MINUTE))
    assert not has_time(a_rostered_shift(delay=9 * HOUR))


RIGHTS = to_rights(
    teams(a_certificate_row(), a_certificate_row("nurse", "nurse"), an_order_row("moderna"))
)


def shift_of(*, delay: timedelta = timedelta(), rights=RIGHTS, **facts):
    return to_shift(a_rostered_shift(a_shift(**facts), delay=delay), rights, CALENDAR)


def test_a_shift_names_its_crew():
    assert shift_of().members == {str(uid("doctor")), str(uid("nurse"))}


def test_a_late_team_begins_later_and_ends_in_time():
    late = shift_of(delay=45 * MINUTE)

    assert (late.start, late.end) == (32 * 3600 + 45 * 60, 41 * 3600)


def test_a_team_that_is_early_begins_in_time():
    assert shift_of(delay=-30 * MINUTE).start == 32 * 3600


def test_a_frozen_shift_was_begun_in_time_and_ends_late():
    worked = worked_to_its_end(a_rostered_shift(delay=30 * MINUTE))

    found = to_shift(worked, RIGHTS, CALENDAR)

    assert (found.start, found.end) == (32 * 3600, 41 * 3600 + 30 * 60)


def test_a_frozen_shift_of_an_early_team_ends_in_time():
    worked = worked_to_its_end(a_rostered_shift(delay=-30 * MINUTE))

    assert to_shift(worked, RIGHTS, CALENDAR).end == 41 * 3600


@pytest.mark.parametrize(
    ("valid", "may"),
    [
        ({"valid_until": TUESDAY}, True),
        ({"valid_until": TUESDAY - timedelta(days=1)}, False),
        ({"valid_from": TUESDAY}, True),
        ({"valid_from": TUESDAY + timedelta(days=1)}, False),
    ],
)
def test_a_certificate_and_an_order_hold_on_their_first_and_last_day(valid, may):
    certificate = to_rights(teams(a_certificate_row(**valid)))
    order = to_rights(teams(an_order_row(**valid)))

    assert injectors_of(SHIFT, certificate) == ([CrewRole.DOCTOR] if may else [])
    assert order.ordered_products(uid("post"), TUESDAY) == ({"moderna"} if may else set())


def test_nobody_injects_with_a_certificate_for_another_role_and_a_driver_never():
    crew = (
        CrewMember(member_id=uid("doctor"), role=CrewRole.ASSISTANT),
        CrewMember(member_id=uid("driver"), role=CrewRole.DRIVER),
    )
    rights = to_rights(teams(a_certificate_row(), a_certificate_row("driver", "driver")))

    assert injectors_of(a_shift(crew=crew), rights) == []


def test_assistants_who_inject_alone_are_told_from_those_beside_a_nurse():
    assistant = CrewMember(member_id=uid("assistant"), role=CrewRole.ASSISTANT)
    nurse = CrewMember(member_id=uid("nurse"), role=CrewRole.NURSE)
    rights = to_rights(
        teams(a_certificate_row("nurse", "nurse"), a_certificate_row("assistant", "assistant"))
    )

    alone = shift_of(crew=(assistant,), rights=rights)
    beside = shift_of(crew=(assistant, nurse), rights=rights)

    assert (alone.assistants_only, alone.injectors, alone.doctor) == (True, 1, False)
    assert (beside.assistants_only, beside.injectors, beside.assistants) == (False, 2, 1)
    assert [injectors_for(one, "moderna") for one in (alone, beside)] == [0, 1]


def test_who_may_inject_a_product_follows_from_the_certificate_and_the_catalogue():
    rows = teams(
        a_certificate_row(),
        a_certificate_row("nurse", "nurse", products=["pfizer"]),
        an_order_row("moderna"),
        an_order_row("pfizer"),
        an_order_row("janssen"),
    )
    rights = to_rights(rows, [a_product("janssen", injected_by={"assistant"})])

    found = to_shift(a_rostered_shift(), rights, CALENDAR)

    assert found.injectors == 2
    assert found.product_injectors == (("janssen", 0), ("moderna", 1))


def test_orders_are_those_of_the_post_of_the_team():
    shift = a_rostered_shift()
    other = to_rights(teams(an_order_row("pfizer", "other post"), an_order_row("moderna")))

    assert to_shift(shift, other, CALENDAR).ordered_products == {"moderna"}
    assert a_team().organisation_id == uid("post")


@pytest.mark.parametrize(("minutes", "has_break"), [(330, False), (331, True)])
def test_who_works_more_than_five_and_a_half_hours_has_a_break(minutes, has_break):
    shift = a_shift(ends_at=SHIFT.starts_at + minutes * MINUTE)

    assert (break_of(shift, shift.starts_at, CALENDAR) is not None) is has_break


def test_a_break_begins_after_two_and_a_half_hours_and_before_five_and_a_half():
    found = break_of(SHIFT, SHIFT.starts_at, CALENDAR)

    start = 32 * 3600
    assert found == Break(start + 9000, start + 19800, 30 * 60)


def test_a_team_that_begins_late_may_work_too_short_for_a_break():
    assert break_of(SHIFT, SHIFT.starts_at + 3 * HOUR, CALENDAR) is not None
    assert break_of(SHIFT, SHIFT.starts_at + 3 * HOUR + 30 * MINUTE, CALENDAR) is None


def test_a_post_may_say_that_a_shift_has_no_break():
    assert break_of(a_shift(pause_minutes=0), SHIFT.starts_at, CALENDAR) is None
