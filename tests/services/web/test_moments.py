"""Pages on the two nights of the year on which the clock changes, in 2021 and in 2026."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from events.local_time import AMSTERDAM, to_local_date
from infra.postgres.pages.planner import ShiftRow
from services.web.moments import age, bounds, clock_time, day_part, short_moment
from services.web.pages.teams import choose_looks
from services.web.pages.timeline import lay_out
from tests.services.web.test_drawing import SHIFT, TEAM, T

SPRING, AUTUMN = (date(2021, 3, 28), date(2026, 3, 29)), (date(2021, 10, 31), date(2026, 10, 25))
LENGTHS = [*((day, 23) for day in SPRING), *((day, 25) for day in AUTUMN)]


@pytest.mark.parametrize(("day", "hours"), LENGTHS)
def test_a_day_has_its_real_length_and_joins_its_neighbours(day: date, hours: int):
    begin, end = (moment.astimezone(UTC) for moment in bounds(day))

    assert end - begin == timedelta(hours=hours)
    assert bounds(day - timedelta(days=1))[1] == begin
    assert bounds(day + timedelta(days=1))[0] == end


@pytest.mark.parametrize("day", [*SPRING, *AUTUMN])
def test_every_hour_of_such_a_day_is_of_that_day_and_no_other(day: date):
    begin, end = (moment.astimezone(UTC) for moment in bounds(day))
    moments = [begin + timedelta(minutes=n) for n in range(0, 27 * 60, 10)]

    assert {to_local_date(moment) for moment in moments if moment < end} == {day}
    assert {to_local_date(moment) for moment in moments if moment >= end} == {
        day + timedelta(days=1)
    }


@pytest.mark.parametrize("day", SPRING)
def test_in_spring_three_follows_two_at_once(day: date):
    last = datetime.combine(day, time(0, 59), UTC)

    assert [clock_time(last), clock_time(last + timedelta(minutes=1))] == ["1:59", "3:00"]


@pytest.mark.parametrize("day", AUTUMN)
def test_in_autumn_the_hour_after_two_comes_twice_and_an_age_tells_them_apart(day: date):
    first = datetime.combine(day, time(0, 30), UTC)
    second = first + timedelta(hours=1)

    assert clock_time(first) == clock_time(second) == "2:30"
    assert age(first, second, T) == "60 minuten geleden"
    assert short_moment(first, second, T) == "vandaag 2:30"


@pytest.mark.parametrize(
    ("day", "before_noon"), [*((d, 9) for d in SPRING), *((d, 10) for d in AUTUMN)]
)
def test_parts_of_a_day_are_of_the_clock_on_the_wall(day: date, before_noon: int):
    late = datetime.combine(day, time(before_noon, 59), UTC)

    assert day_part(late, T).endswith("ochtend")
    assert day_part(late + timedelta(minutes=1), T).endswith("middag")


@pytest.mark.parametrize(("days", "hours"), [(SPRING, [0, 1, 3, 4, 5]), (AUTUMN, [0, 1, 2, 2, 3])])
@pytest.mark.parametrize("zone", [UTC, AMSTERDAM])
def test_the_axis_of_a_night_shift_names_the_hours_that_are(days, hours, zone):
    for day in days:
        begin = bounds(day)[0].astimezone(UTC)
        night = ShiftRow(
            TEAM, "Team Lek", SHIFT.depot, begin.astimezone(zone), (begin + timedelta(hours=5)).astimezone(zone),
            100, absent=False,
        )  # fmt: skip

        timeline = lay_out([night], [], choose_looks({TEAM: "Team Lek"}), begin, T)

        assert [hour for hour, _ in timeline.hours] == hours
