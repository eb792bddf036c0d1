from datetime import UTC, date, datetime, time, timedelta

import pytest

from events.identifiers import Opening
from infra.postgres.snapshot.calendar import Calendar
from scheduling.problem import TimeWindow

HOUR = 3600
SUMMER, WINTER = date(2021, 3, 28), date(2021, 10, 31)  # Sundays on which the clock changes


def open_on(day: date, begins: time = time(9), ends: time = time(17)) -> tuple[Opening, ...]:
    return (Opening(weekday=day.weekday(), begins=begins, ends=ends),)


def test_a_horizon_begins_on_the_day_in_amsterdam():
    late = datetime(2021, 2, 14, 23, 30, tzinfo=UTC)

    assert Calendar.of(late, 14).start == date(2021, 2, 15)


@pytest.mark.parametrize(("day", "hours"), [(SUMMER, 23), (WINTER, 25), (date(2021, 2, 15), 24)])
def test_a_day_keeps_its_real_length(day, hours):
    calendar = Calendar(day, 1)

    assert calendar.day_starts() == (0, hours * HOUR)


@pytest.mark.parametrize(("day", "nine"), [(SUMMER, 8), (WINTER, 10), (date(2021, 2, 15), 9)])
def test_opening_hours_are_hours_on_the_clock(day, nine):
    calendar = Calendar(day, 1)

    windows = calendar.windows(open_on(day), frozenset())

    assert windows == (TimeWindow(nine * HOUR, (nine + 8) * HOUR),)


def test_days_after_a_change_of_the_clock_begin_at_midnight():
    calendar = Calendar(SUMMER - timedelta(days=1), 3)

    begins = [calendar.to_moment(second) for second in calendar.day_starts()]

    assert [moment.hour for moment in begins] == [23, 23, 22, 22]  # UTC


def test_a_time_that_the_clock_skips_becomes_the_next_that_exists():
    calendar = Calendar(SUMMER, 1)

    (window,) = calendar.windows(open_on(SUMMER, time(2, 30), time(9)), frozenset())

    assert calendar.to_moment(window.earliest) == datetime(2021, 3, 28, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begins", "ends", "moments"),
    [
        (time(1), time(2, 30), [(0, 1)]),  # until three o'clock, which follows two o'clock
        (time(2, 15), time(2, 45), []),
        (time(2), time(3), []),
        (time(2, 30), time(4), [(1, 2)]),
    ],
)
def test_hours_at_the_change_of_spring_are_those_that_the_clock_shows(begins, ends, moments):
    calendar = Calendar(SUMMER, 1)
    night = datetime(2021, 3, 28, tzinfo=UTC)

    windows = calendar.windows(open_on(SUMMER, begins, ends), frozenset())

    assert [
        (calendar.to_moment(w.earliest) - night, calendar.to_moment(w.latest) - night)
        for w in windows
    ] == [(timedelta(hours=a), timedelta(hours=b)) for a, b in moments]


def test_hours_that_the_clock_shows_twice_are_open_the_first_time():
    calendar = Calendar(WINTER, 1)

    windows = calendar.windows(open_on(WINTER, time(2, 15), time(2, 45)), frozenset())

    assert windows == (TimeWindow(2 * HOUR + 900, 2 * HOUR + 2700),)


def test_a_time_that_comes_twice_is_the_first_of_the_two():
    calendar = Calendar(WINTER, 1)

    (window,) = calendar.windows(open_on(WINTER, time(2, 30), time(9)), frozenset())

    assert calendar.to_moment(window.earliest) == datetime(2021, 10, 31, 0, 30, tzinfo=UTC)


def test_seconds_and_moments_are_each_others_inverse():
    calendar = Calendar(SUMMER, 14)

    for second in (0, 2 * HOUR, 10 * 24 * HOUR + 1, -5):
        assert calendar.to_second(calendar.to_moment(second)) == second


def test_two_windows_a_day_come_in_order_and_a_closed_day_has_none():
    day = date(2021, 2, 15)
    calendar = Calendar(day, 8)
    twice = (*open_on(day, time(14), time(16)), *open_on(day, time(9), time(11)))

    windows = calendar.windows(twice, frozenset({day + timedelta(days=7)}))

    assert windows == (TimeWindow(9 * HOUR, 11 * HOUR), TimeWindow(14 * HOUR, 16 * HOUR))
