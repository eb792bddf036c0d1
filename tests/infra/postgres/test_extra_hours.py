"""Hours of one day, beside what is usual on that weekday."""

from datetime import UTC, date, datetime, time, timedelta

from events.identifiers import Opening
from events.location import OpenOn
from infra.postgres.snapshot.calendar import Calendar
from scheduling.problem import TimeWindow

MONDAY = date(2021, 2, 15)
USUAL = tuple(Opening(weekday=day, begins=time(9), ends=time(17)) for day in range(7))
CALENDAR = Calendar.of(datetime(2021, 2, 15, 5, tzinfo=UTC), 7)
HOUR, DAY = 3600, 86_400


def windows(*extra: OpenOn, closed: frozenset[date] = frozenset()) -> list[tuple[float, float]]:
    """Days and hours, as whole hours since the Monday began."""
    found = CALENDAR.windows(USUAL, closed, extra)
    assert found == tuple(sorted(found, key=lambda one: one.earliest))
    assert all(isinstance(one, TimeWindow) for one in found)
    return [(one.earliest / HOUR, one.latest / HOUR) for one in found]


def on(day: int, begins: time, ends: time) -> OpenOn:
    return OpenOn(day=MONDAY + timedelta(days=day), begins=begins, ends=ends)


def test_longer_hours_make_one_window_of_that_day_alone():
    found = windows(on(1, time(16, 45), time(18)))

    assert found[:3] == [(9, 17), (24 + 9, 24 + 18), (48 + 9, 48 + 17)]
    assert len(found) == 7


def test_hours_apart_from_what_is_usual_are_a_window_of_their_own():
    assert windows(on(0, time(19), time(20)))[:2] == [(9, 17), (19, 20)]


def test_a_day_that_is_closed_is_open_in_the_hours_that_were_agreed():
    closed = frozenset({MONDAY})

    assert windows(closed=closed)[0] == (24 + 9, 24 + 17)
    assert windows(on(0, time(10), time(11)), closed=closed)[0] == (10, 11)


def test_hours_of_a_day_outside_the_plan_change_nothing():
    assert windows(on(-1, time(1), time(2)), on(9, time(1), time(2))) == windows()
