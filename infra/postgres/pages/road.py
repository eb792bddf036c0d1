"""Reads what was reported from the road and the ward: delays, adverse events, answers of institutions, double rosters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class RoadRow:
    """A visit of a day with what its team registered, when its location is open, and where both are."""

    visit: UUID
    team: UUID
    shift: UUID
    starts_at: datetime
    ends_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    assigned_seq: int
    lat: float | None
    lon: float | None
    registered: str | None
    changed: str | None  # where that is newer than the registration


@dataclass(frozen=True, slots=True)
class DelayRow:
    """What a team said last of its lateness on a day; `seq` is None for a report in the region that lent the team."""

    team: UUID
    day: date
    minutes: int
    noted_at: datetime
    seq: int | None


@dataclass(frozen=True, slots=True)
class ReactionRow:
    """An adverse event that no clinician has looked at since; nobody is named."""

    severity: str
    location: str | None
    product: str | None
    lot: str | None
    began_at: datetime


@dataclass(frozen=True, slots=True)
class OwnReactionRow:
    """The newest adverse event of a patient of the practice that no clinician has looked at since."""

    person: UUID
    severity: str
    began_at: datetime


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What a location answered about the published moment of a visit."""

    visit: UUID
    location: str | None
    starts_at: datetime
    answer: str
    answered_by: str
    wishes_from: datetime | None
    wishes_until: datetime | None


@dataclass(frozen=True, slots=True)
class DoubleRow:
    """Two teams whose shifts have a member of the crew in common and no rest in between."""

    one: str
    other: str
    starts_at: datetime


async def stops(tx: "Connection", region: str, since: datetime, until: datetime) -> list[RoadRow]:
    """Reads the visits that begin from `since` until `until`, by team and time."""
    rows = await tx.fetch(
        """
        SELECT v.visit, v.team, v.shift, lower(v.slot), upper(v.slot), v.started_at, v.completed_at, v.assigned_seq,
               (l.registered -> 'point' ->> 'lat')::float8, (l.registered -> 'point' ->> 'lon')::float8, l.registered,
               CASE WHEN (l.changed_moment, l.changed_seq) > (l.registered_moment, l.registered_seq) THEN l.changed END
        FROM visits v LEFT JOIN locations l ON l.region = v.region AND l.location = v.location
        WHERE v.region = $1 AND v.live AND lower(v.slot) >= $2 AND lower(v.slot) < $3 ORDER BY v.team, lower(v.slot)
        """,
        region,
        since,
        until,
    )
    return [RoadRow(*row) for row in rows]


async def delays(tx: "Connection", since: datetime, until: datetime) -> list[DelayRow]:
    """Reads what the teams that work here said last of their lateness on each day."""
    rows = await tx.fetch(
        "SELECT team, day, minutes, noted_at, seq FROM delays_here WHERE noted_at >= $1 AND noted_at < $2",
        since,
        until,
    )
    return [DelayRow(*row) for row in rows]


async def visits_of(tx: "Connection", persons: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Reads the live visits of each of these people."""
    rows = await tx.fetch(
        "SELECT person, visit FROM appointments WHERE live AND person = ANY ($1::uuid[])", persons
    )
    found: dict[UUID, list[UUID]] = {}
    for row in rows:
        found.setdefault(row["person"], []).append(row["visit"])
    return found


async def reactions(tx: "Connection") -> list[ReactionRow]:
    """Reads the open adverse events that the role may know of, newest first."""
    rows = await tx.fetch(
        """
        SELECT r.severity, l.registered ->> 'name' AS location, r.product, r.lot, r.began_at FROM reactions_open r
        LEFT JOIN locations l ON l.region = r.region AND l.location = r.location AND me('role') = 'planner'
        ORDER BY r.began_at DESC, r.seq DESC
        """
    )
    return [ReactionRow(*row) for row in rows]


async def own_reactions(tx: "Connection", persons: Sequence[UUID]) -> list[OwnReactionRow]:
    """Reads the open adverse events of these own patients, newest first; one for each person."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (e.began_at, e.person) e.person, e.severity, e.began_at FROM adverse_events e
        WHERE e.person = ANY ($1::uuid[]) AND NOT EXISTS (
          SELECT FROM assessments a WHERE a.person = e.person AND a.campaign = e.campaign
            AND (a.moment, a.recorded_at) > (e.moment, e.reported_at))
        ORDER BY e.began_at DESC, e.person, e.seq DESC
        """,
        persons,
    )
    return [OwnReactionRow(*row) for row in rows]


async def answers(tx: "Connection", region: str, since: datetime) -> list[AnswerRow]:
    """Reads the answers about visits from a moment on that have not begun and still begin when the answer says."""
    rows = await tx.fetch(
        """
        SELECT c.visit, l.registered ->> 'name' AS location, c.starts_at, c.answer, c.answered_by, c.wishes_from, c.wishes_until
        FROM confirmations c JOIN visits v ON v.region = c.region AND v.visit = c.visit
        LEFT JOIN locations l ON l.region = c.region AND l.location = c.location
        WHERE c.region = $1 AND v.live AND v.started_seq = 0 AND lower(v.slot) = c.starts_at AND c.starts_at >= $2
        ORDER BY c.starts_at, c.visit
        """,
        region,
        since,
    )
    return [AnswerRow(*row) for row in rows]


async def doubles(tx: "Connection", region: str, since: datetime) -> list[DoubleRow]:
    """Reads shifts of two teams, from a moment on, that overlap and have somebody in both crews; in order of time."""
    rows = await tx.fetch(
        """
        WITH s AS (
          SELECT shift, (worked ->> 'team_id')::uuid AS team, (worked ->> 'starts_at')::timestamptz AS starts_at,
                 (worked ->> 'ends_at')::timestamptz AS ends_at, m ->> 'member_id' AS member
          FROM shifts, jsonb_array_elements(worked -> 'crew') AS m
          WHERE region = $1 AND live AND worked IS NOT NULL AND (worked ->> 'ends_at')::timestamptz >= $2)
        SELECT DISTINCT coalesce(t.facts ->> 'name', left(a.team::text, 8)), coalesce(u.facts ->> 'name', left(b.team::text, 8)),
               greatest(a.starts_at, b.starts_at)
        FROM s a JOIN s b ON a.member = b.member AND a.shift < b.shift AND a.team <> b.team
          AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
        LEFT JOIN teams t ON t.region = $1 AND t.team = a.team LEFT JOIN teams u ON u.region = $1 AND u.team = b.team
        ORDER BY 3, 1, 2
        """,
        region,
        since,
    )
    return [DoubleRow(*row) for row in rows]
