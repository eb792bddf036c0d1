"""Reads what was reported from the road and the ward: delays, adverse events, answers of institutions, double rosters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """A visit that is expected later than published, because its team is late."""

    visit: UUID
    team: UUID
    planned_at: datetime
    expected_at: datetime
    minutes: int
    noted_at: datetime


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


async def expected(tx: "Connection", since: datetime, until: datetime) -> list[ExpectedRow]:
    """Reads the visits of some days that are expected later than published, by team and time."""
    rows = await tx.fetch(
        """
        SELECT visit, team, planned_at, expected_at, minutes, noted_at FROM expected_starts
        WHERE planned_at >= $1 AND planned_at < $2 ORDER BY team, planned_at
        """,
        since,
        until,
    )
    return [ExpectedRow(*row) for row in rows]


async def expected_of(tx: "Connection", persons: Sequence[UUID]) -> dict[UUID, datetime]:
    """Reads when the team of these people is expected, where it is later than published."""
    rows = await tx.fetch(
        """
        SELECT a.person, min(e.expected_at) AS expected_at FROM appointments a JOIN expected_starts e ON e.visit = a.visit
        WHERE a.live AND a.person = ANY ($1::uuid[]) GROUP BY a.person
        """,
        persons,
    )
    return {row["person"]: row["expected_at"] for row in rows}


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
