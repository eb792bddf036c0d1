"""What is drawn: bars that fit, teams that can be told apart, columns, outlines, moments. No service needed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from events.local_time import to_local_date
from infra.postgres.pages.planner import ShiftRow, VisitRow
from services.web import moments
from services.web.outlines import draw, read_municipality_names, read_region_names
from services.web.pages.columns import MOST, lay_columns
from services.web.pages.teams import LOOKS, choose_looks
from services.web.pages.timeline import lay_out
from services.web.wording import Wording

T = Wording("nl")
BEGIN = datetime(2021, 2, 17, 7, 30, tzinfo=UTC)
TEAM = UUID(int=1)
SHIFT = ShiftRow(
    TEAM, "Team Lek", UUID(int=9), BEGIN, BEGIN + timedelta(hours=8), 100, absent=False
)


def a_visit(number: int, start_minutes: int, minutes: int = 60, name: str = "De Poort") -> VisitRow:
    starts = BEGIN + timedelta(minutes=start_minutes)
    return VisitRow(
        UUID(int=100 + number), TEAM, name, "GM0344", 52.1, 5.1, starts, starts + timedelta(minutes=minutes),
        None, None, 12, "spikevax", pinned=False, outbreak=False,
    )  # fmt: skip


def laid(*visits: VisitRow, now: datetime = BEGIN):
    looks = choose_looks({TEAM: "Team Lek"})
    return lay_out([SHIFT], visits, looks, now, T)


def test_the_axis_has_whole_hours_around_the_shift():
    timeline = laid()

    assert [hour for hour, _ in timeline.hours] == list(range(8, 17))
    assert timeline.lines[0].off[0] == (0.0, 100 / 18)


def test_a_bar_lies_where_its_visit_is():
    bar = laid(a_visit(1, 90)).lines[0].bars[0]

    assert round(bar.x, 3) == round(100 * 2 / 9, 3)
    assert round(bar.width, 3) == round(100 / 9, 3)


def test_a_label_fits_or_is_shortened_and_never_cut():
    long = "De Zeer Uitgestrekte Weidse Hofstede"

    labels = [
        laid(a_visit(1, 60, minutes, long)).lines[0].bars[0].label
        for minutes in (180, 112, 104, 10)
    ]

    assert labels == [f"{long} 12", f"{long[3:]} 12", long[3:], ""]


def test_the_name_of_a_bar_starts_with_what_is_seen_on_it():
    for minutes in (180, 60, 10):
        bar = laid(a_visit(1, 60, minutes)).lines[0].bars[0]

        assert bar.title.startswith(f"{bar.sign} {bar.label}".strip())
        assert "De Poort" in bar.title


def test_a_visit_is_late_after_ten_minutes_and_not_at_ten():
    visit = a_visit(1, 0)

    at_ten = laid(visit, now=BEGIN + timedelta(minutes=10)).lines[0]
    after = laid(visit, now=BEGIN + timedelta(minutes=11)).lines[0]

    assert at_ten.late == 0
    assert after.late == 1
    assert after.late_minutes == 11


def test_done_busy_and_pinned_are_told_by_a_sign_or_a_state():
    done = replace(a_visit(1, 0), started_at=BEGIN, completed_at=BEGIN)
    busy = replace(a_visit(2, 60), started_at=BEGIN)
    pinned = replace(a_visit(3, 120), pinned=True)

    bars = laid(done, busy, pinned).lines[0].bars

    assert [bar.state for bar in bars] == ["is-done", "is-busy", ""]
    assert [bar.sign for bar in bars] == ["✓ 1", "2", "⚑ 3"]


def test_driving_is_drawn_between_visits_only_where_there_is_time():
    drives = laid(a_visit(1, 30), a_visit(2, 90), a_visit(3, 180)).lines[0].drives

    assert len(drives) == 2


def test_eight_teams_look_different_and_a_team_keeps_the_look_of_its_name():
    names = {UUID(int=n): f"Team {chr(65 + n)}" for n in range(7)} | {UUID(int=50): "Team Lek"}

    looks = choose_looks(names)

    assert looks[UUID(int=50)].style == "lek"
    assert len({look.style for look in looks.values()}) == 8
    assert {look.style for look in looks.values()} == set(LOOKS)


def test_more_than_eight_teams_are_drawn_too():
    looks = choose_looks({UUID(int=n): f"Ploeg {n:02d}" for n in range(20)})

    assert len(looks) == 20


def test_columns_cover_every_day_and_never_leave_the_chart():
    first = date(2021, 2, 1)
    days = {first + timedelta(days=n): (10 * n, 0) for n in range(0, 100, 3)}

    chart = lay_columns(days, first + timedelta(days=50))

    assert len(chart.columns) == MOST
    assert any(column.is_today for column in chart.columns)
    assert all(column.given_height <= 130 for column in chart.columns)


def test_a_date_below_the_chart_keeps_clear_of_today():
    first = date(2021, 2, 1)
    days = {first + timedelta(days=n): (1, 5) for n in range(22)}

    labelled = [
        [
            (column.day - first).days
            for column in lay_columns(days, today).columns
            if column.has_label
        ]
        for today in (first + timedelta(days=8), first + timedelta(days=11))
    ]

    assert labelled == [[0, 8, 14, 21], [0, 7, 11, 14, 21]]


@pytest.mark.parametrize("region", sorted(read_region_names()))
def test_every_region_has_a_name_and_the_outlines_of_its_municipalities(region: str):
    drawing, names = draw(region), read_municipality_names(region)

    assert drawing is not None
    assert {shape.code: shape.name for shape in drawing.shapes} == names
    for shape in drawing.shapes:
        assert 0 < shape.x < drawing.width
        assert 0 < shape.y < drawing.height


def test_the_regions_are_the_25_of_the_country_and_hold_every_municipality_once():
    regions = read_region_names()
    municipalities = [code for region in regions for code in read_municipality_names(region)]

    assert len(regions) == 25
    assert len(municipalities) == len(set(municipalities)) == 342  # on 1 January 2023
    assert read_municipality_names("GG2514")["GM0344"] == "Utrecht"
    assert draw("GG9999") is None


def test_moments_are_those_of_amsterdam():
    summer, winter = (
        datetime(2021, 7, 1, 22, 30, tzinfo=UTC),
        datetime(2021, 2, 17, 8, 5, tzinfo=UTC),
    )

    assert to_local_date(summer) == date(2021, 7, 2)
    assert moments.clock_time(winter) == "9:05"
    assert moments.day_part(winter, T) == "wo 17 feb, ochtend"
    assert moments.short_moment(winter, winter, T) == "vandaag 9:05"


def test_the_day_that_loses_an_hour_is_23_hours_long():
    start, end = moments.bounds(date(2021, 3, 28))

    assert (end.astimezone(UTC) - start.astimezone(UTC)) == timedelta(hours=23)


def test_ages_are_told_in_the_largest_unit_that_fits():
    now = datetime(2021, 2, 17, tzinfo=UTC)
    ages = [moments.age(now - timedelta(seconds=s), now, T) for s in (5, 61, 7200, 200_000)]

    assert ages == ["zojuist", "1 minuut geleden", "2 uur geleden", "2 dagen geleden"]
