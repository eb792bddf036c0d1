"""What a team did so far gives the times of what it has still to do: late, early, in any order, and what is at risk."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduling.under_way import DelayReport, Expected, Risk, RoadStop, TeamDay, expect, is_news
from tests.effort import examples

QUARTER = timedelta(minutes=15)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2021, 2, 17, hour, minute, tzinfo=UTC)


def drive(_origin: str | None, _target: str | None) -> timedelta:
    return QUARTER


def a_day(**changes: object) -> TeamDay:
    """Three visits of an hour: at 9, 10:15 and, after half an hour of waiting, 12."""
    stops = (
        RoadStop("a", at(9), at(10), closes_at=at(16)),
        RoadStop("b", at(10, 15), at(11, 15), closes_at=at(11)),
        RoadStop("c", at(12), at(13), closes_at=at(16)),
    )
    return replace(TeamDay(stops, at(14)), **changes)


def registered(day: TeamDay, **moments: tuple[datetime, datetime | None]) -> TeamDay:
    """The day with begun and completed of these stops."""
    stops = tuple(
        replace(stop, begun_at=moments[stop.id][0], completed_at=moments[stop.id][1])
        if stop.id in moments
        else stop
        for stop in day.stops
    )
    return replace(day, stops=stops)


def times(rows: tuple[Expected, ...]) -> dict[str, str]:
    return {row.id: f"{row.expected_at:%H:%M}" for row in rows}


def test_a_team_that_works_as_planned_is_expected_as_planned():
    day = registered(a_day(), a=(at(9), at(10)))

    found = expect(day, drive, at(10, 5))

    assert times(found) == {"b": "10:15", "c": "12:00"}
    assert not any(is_news(row) for row in found)


def test_a_late_completion_moves_what_follows_and_waiting_takes_it_up():
    day = registered(a_day(), a=(at(9), at(10, 30)))

    found = expect(day, drive, at(10, 30))

    assert times(found) == {"b": "10:45", "c": "12:00"}
    assert [row.id for row in found if is_news(row)] == ["b"]


def test_a_visit_that_overruns_moves_what_follows_while_it_lasts():
    day = registered(a_day(), a=(at(9), None))

    assert times(expect(day, drive, at(9, 50))) == {"b": "10:15", "c": "12:00"}
    assert times(expect(day, drive, at(10, 40))) == {"b": "10:55", "c": "12:10"}


def test_the_pause_is_not_driven_away():
    day = registered(a_day(pause=timedelta(minutes=30)), a=(at(9), at(10, 30)))

    assert times(expect(day, drive, at(10, 30))) == {"b": "10:45", "c": "12:30"}


def test_a_stop_that_was_passed_over_is_expected_after_where_the_team_is_now():
    day = registered(a_day(), c=(at(9), at(10)))

    found = expect(day, drive, at(10))

    assert times(found) == {"a": "10:15", "b": "11:30"}


def test_a_report_counts_until_the_team_registers_something():
    day = a_day(report=DelayReport(30, at(8, 50)))
    assert times(expect(day, drive, at(8, 55))) == {"a": "09:30", "b": "10:45", "c": "12:00"}

    begun = registered(day, a=(at(9, 10), None))
    assert times(expect(begun, drive, at(9, 15))) == {"b": "10:25", "c": "12:00"}


def test_an_early_team_is_expected_as_early_as_it_says_and_not_earlier_than_it_can_be():
    day = registered(a_day(), a=(at(9), at(9, 40)))
    day = replace(day, report=DelayReport(-10, at(9, 41)))

    assert times(expect(day, drive, at(9, 41))) == {"b": "10:05", "c": "11:50"}


def test_after_closing_time_and_after_the_shift_somebody_decides():
    day = registered(a_day(ends_at=at(13)), a=(at(9), at(11)))

    found = expect(day, drive, at(11))

    assert {row.id: row.risks for row in found} == {
        "b": (Risk.AFTER_CLOSING,),
        "c": (Risk.AFTER_SHIFT,),
    }


def test_silence_moves_a_stop_for_half_an_hour_and_then_says_nothing():
    assert times(expect(a_day(), drive, at(9, 20))) == {"a": "09:20", "b": "10:35", "c": "12:00"}
    assert expect(a_day(), drive, at(9, 31)) == ()


@examples(short=100, long=2000)
@given(late=st.integers(0, 300), spent=st.integers(1, 200), now=st.integers(0, 600))
def test_nobody_is_expected_before_the_plan_says_or_before_a_team_can_be_there(
    late: int, spent: int, now: int
):
    begun = at(9) + timedelta(minutes=late)
    done = begun + timedelta(minutes=spent)
    moment = done + timedelta(minutes=now)
    day = registered(a_day(), a=(begun, done))

    found = expect(day, drive, moment)

    free = done
    for row in found:
        assert row.expected_at >= max(row.planned_at, free + QUARTER)
        free = row.expected_at + timedelta(hours=1)
    if found:
        assert found[0].expected_at >= moment
