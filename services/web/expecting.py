"""When the stops of a day are expected: what teams registered and said, with the roads and opening hours of the region."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from uuid import UUID

from events.local_time import to_local_date
from infra.postgres.database import Who
from infra.postgres.pages import frame, places, planner, road
from infra.postgres.pages.road import DelayRow, RoadRow
from infra.postgres.snapshot.calendar import Calendar
from infra.travel.estimate import matrix
from scheduling.under_way import (
    DelayReport,
    Expected,
    Risk,
    RoadStop,
    TeamDay,
    expect,
    is_news,
)
from services.web.moments import bounds
from services.web.parts import Parts

if TYPE_CHECKING:
    from infra.postgres.database import Connection

Point = tuple[float, float]
UNKNOWN: Final = (52.09, 5.12)  # of a location that nobody registered: no drive is derived from it


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """A visit that is expected at another time than published, or of which something is at risk."""

    visit: UUID
    team: UUID
    planned_at: datetime
    expected_at: datetime
    minutes: int  # later than published; below zero earlier
    noted_at: datetime  # when the team last said or registered something
    is_reported: bool  # by the team itself, and not read from what it registered
    risks: tuple[Risk, ...] = ()


async def read_expected(
    tx: "Connection", region: str, day: tuple[datetime, datetime], now: datetime
) -> list[ExpectedRow]:
    """Reads a day (its first moment, and the first after it) and lists what is expected otherwise, by team and time.

    Of a day without any sign of a team nothing is expected otherwise.
    """
    if not day[0] <= now < day[1]:
        return []
    by_team: dict[UUID, list[RoadRow]] = defaultdict(list)
    for row in await road.stops(tx, region, *day):
        by_team[row.team].append(row)
    said = {row.team: row for row in await road.delays(tx, *day)}
    reports = {team: choose_report(said.get(team), stops) for team, stops in by_team.items()}
    signs = {team: find_last_sign(stops, reports[team]) for team, stops in by_team.items()}
    if not any(
        signs.values()
    ):  # most of the day of most regions: roads and shifts are not asked for
        return []
    shifts = {shift.team: shift for shift in await planner.shifts(tx, region, *day)}
    posts = await frame.organisations(tx, region, ("post", "depot"))
    points = {post.id: (post.lat, post.lon) for post in posts if post.lat and post.lon}
    found: list[ExpectedRow] = []
    for team, stops in by_team.items():
        report, sign, shift = reports[team], signs[team], shifts.get(team)
        if sign is None:
            continue
        made = TeamDay(
            tuple(to_stop(row) for row in stops),
            shift.ends_at if shift else day[1],
            DelayReport(report.minutes, report.noted_at) if report else None,
            timedelta(minutes=shift.pause_minutes if shift else 0),
        )
        home = points.get(shift.depot) if shift else None
        expected = expect(made, Roads(stops, home).drive, now)
        reported = report is not None and report.noted_at == sign
        found += [to_row(row, team, sign, reported=reported) for row in expected if is_news(row)]
    return found


async def read_expected_visits(parts: Parts, who: Who) -> dict[UUID, datetime]:
    """When the visits of today are expected that are not expected as published, by visit.

    Worked out with the eyes of a planner of the region, as it depends on stops that a practice may not see: only times
    come out, and `expect_people` picks those of somebody's own people. Never asked while another reading is open: each
    would hold a connection and wait for one more.
    """
    now = parts.clock.now()
    eyes = replace(who, role="planner", organisation=None)
    async with parts.reader.reading(eyes) as tx:
        rows = await read_expected(tx, who.region, bounds(to_local_date(now)), now)
    return {row.visit: row.expected_at for row in rows}


async def expect_people(
    tx: "Connection", expected: Mapping[UUID, datetime], persons: Sequence[UUID]
) -> dict[UUID, datetime]:
    """When the team of these people is expected, where that is not as published; by their visits as `tx` sees them."""
    of_people = await road.visits_of(tx, persons) if expected else {}
    return {
        person: min(times)
        for person, visits in of_people.items()
        if (times := [expected[visit] for visit in visits if visit in expected])
    }


def choose_report(row: DelayRow | None, stops: Sequence[RoadRow]) -> DelayRow | None:
    """The report of a team, unless what is left of its day was planned with it."""
    if row is None or row.seq is None:
        return row
    left = [stop for stop in stops if stop.started_at is None and stop.completed_at is None]
    return row if any(stop.assigned_seq < row.seq for stop in left) else None


def find_last_sign(stops: Sequence[RoadRow], report: DelayRow | None) -> datetime | None:
    """When a team last said or registered something; None before it did."""
    signs = [at for row in stops for at in (row.started_at, row.completed_at) if at]
    signs += [report.noted_at] if report else []
    return max(signs, default=None)


def to_stop(row: RoadRow) -> RoadStop:
    """Converts a visit to a stop with the last moment at which its location receives."""
    return RoadStop(
        str(row.visit),
        row.starts_at,
        row.ends_at,
        row.started_at,
        row.completed_at,
        find_closing(row),
    )


def find_closing(row: RoadRow) -> datetime | None:
    """The end of the opening hours in which a visit was planned; None outside them, and for an unknown location."""
    if row.registered is None:
        return None
    facts = places.to_current(row.registered, row.changed)
    calendar = Calendar(to_local_date(row.starts_at), 1)
    second = calendar.to_second(row.starts_at)
    for window in calendar.windows(facts.opening, facts.closed_on):
        if window.earliest <= second <= window.latest:
            return calendar.to_moment(window.latest)
    return None


class Roads:
    """How long a team drives between its stops and its depot, as estimated; never longer than the plan gave it."""

    def __init__(self, stops: Sequence[RoadRow], home: Point | None) -> None:
        points: list[Point] = [
            (row.lat, row.lon) if row.lat and row.lon else home or UNKNOWN for row in stops
        ]
        self._index: dict[str | None, int] = {str(row.visit): k for k, row in enumerate(stops)}
        self._index[None] = len(stops)
        self._seconds = matrix([*points, home or (points[0] if points else UNKNOWN)]).seconds
        self._gaps = {
            (str(a.visit), str(b.visit)): b.starts_at - a.ends_at for a, b in pairwise(stops)
        }

    def drive(self, origin: str | None, target: str | None) -> timedelta:
        """From one stop to another; None is the depot."""
        taken = timedelta(seconds=self._seconds[self._index[origin]][self._index[target]])
        gap = self._gaps.get((origin or "", target or ""))
        return taken if gap is None else min(taken, max(gap, timedelta()))


def to_row(row: Expected, team: UUID, sign: datetime, *, reported: bool) -> ExpectedRow:
    """Converts to what pages show."""
    return ExpectedRow(
        UUID(row.id), team, row.planned_at, row.expected_at, row.minutes, sign, reported, row.risks
    )
