"""Reads the extra stops that teams were asked to make, until their moment is over."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class ExtraStopRow:
    """One extra stop: whom it was asked of, what was said, and what became of its people since."""

    extra_stop: UUID
    team: UUID
    team_name: str | None
    place: UUID
    location: str | None
    starts_at: datetime
    people: int  # none: a crisis visit
    answer_by: datetime
    answer: str | None
    why: str | None  # it is asked no more
    visit: UUID
    next_team: str | None  # asked for the same after this one
    now_at: datetime | None  # the first visit that any of them has by now


async def read_extra_stops(tx: "Connection", region: str, now: datetime) -> list[ExtraStopRow]:
    """Reads them, the newest first."""
    rows = await tx.fetch(
        """
        WITH asked AS (
          SELECT e.*, (offered ->> 'visit_id')::uuid AS visit, coalesce(offered ->> 'instead_of', offered ->> 'visit_id') AS wanted
          FROM extra_stops e WHERE region = $1 AND offered_seq > 0 AND (offered ->> 'ends_at')::timestamptz > $2)
        SELECT a.extra_stop, a.team, t.facts ->> 'name' AS team_name, l.location AS place, l.registered ->> 'name' AS location,
               (a.offered ->> 'starts_at')::timestamptz AS starts_at, jsonb_array_length(a.offered -> 'persons') AS people,
               (a.offered ->> 'answer_by')::timestamptz AS answer_by, a.answer, a.why, a.visit,
               (SELECT o.facts ->> 'name' FROM asked b JOIN teams o ON o.region = b.region AND o.team = b.team
                WHERE b.wanted = a.wanted AND b.offered_seq > a.offered_seq ORDER BY b.offered_seq LIMIT 1) AS next_team,
               (SELECT min(lower(v.slot)) FROM visits v WHERE v.region = a.region AND v.live AND (v.visit = a.visit OR EXISTS (
                  SELECT FROM appointments p JOIN jsonb_array_elements(a.offered -> 'persons') AS one ON (one ->> 'person_id')::uuid = p.person
                  WHERE p.region = v.region AND p.visit = v.visit AND p.live AND p.campaign = (a.offered ->> 'campaign_id')::uuid))) AS now_at
        FROM asked a
        LEFT JOIN teams t ON t.region = a.region AND t.team = a.team
        LEFT JOIN locations l ON l.region = a.region AND l.location = (a.offered ->> 'location_id')::uuid
        ORDER BY a.offered_seq DESC
        """,
        region,
        now,
    )
    return [ExtraStopRow(*row) for row in rows]
