"""Reads what people decided about stops and plans: who, for which organisation, when and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from events.teams import ShiftOpened, TeamFormed

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision; `actor` is None when the system that sent it did not say who decided."""

    kind: str  # the type of the event without its version
    at: datetime
    actor: str | None
    organisation: str | None
    decision: str | None
    reason: str | None


async def decisions(
    tx: "Connection", region: str, most: int, visit: UUID | None = None
) -> list[DecisionRow]:
    """Reads the newest decisions of the region, or those about one visit; newest first."""
    rows = await tx.fetch(
        """
        SELECT regexp_replace(d.type, '\\.v[0-9]+$', '') AS kind, d.at, d.actor,
               coalesce(o.facts ->> 'name', left(d.actor_org::text, 8)) AS organisation, d.decision, d.reason
        FROM (
          (SELECT region, seq, type, at, actor, actor_org, decision, reason FROM decisions_made
           WHERE region = $1 AND ($2::uuid IS NULL OR visit = $2) ORDER BY seq DESC LIMIT $3)
          UNION ALL
          (SELECT region, seq, type, at, actor, actor_org, NULL, reason FROM groupings_made
           WHERE region = $1 AND ($2::uuid IS NULL OR visit = $2) ORDER BY seq DESC LIMIT $3)) d
        LEFT JOIN organisations o ON o.region = d.region AND o.organisation = d.actor_org
        ORDER BY d.seq DESC LIMIT $3
        """,
        region,
        visit,
        most,
    )
    return [DecisionRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """What changed about a visit since somebody looked: a decision, or another assignment (without anybody who decided)."""

    visit: UUID
    kind: str
    at: datetime | None
    actor: str | None
    reason: str | None


async def changes_since(
    tx: "Connection", region: str, visits: Sequence[UUID], number: int
) -> list[ChangeRow]:
    """Reads what happened to these visits after a line of the region's ledger, the newest first."""
    rows = await tx.fetch(
        """
        SELECT visit, regexp_replace(type, '\\.v[0-9]+$', '') AS kind, at, actor, reason, seq FROM decisions_made
        WHERE region = $1 AND visit = ANY ($2::uuid[]) AND seq > $3
        UNION ALL
        SELECT g.visit, 'stop.grouped', g.at, g.actor, g.reason, g.seq FROM groupings_made g
        WHERE g.region = $1 AND g.visit = ANY ($2::uuid[]) AND g.seq > $3
        UNION ALL
        SELECT v.visit, 'visit.assigned', NULL, NULL, NULL, v.assigned_seq FROM visits v
        WHERE v.region = $1 AND v.visit = ANY ($2::uuid[]) AND v.live AND v.assigned_seq > $3
        UNION ALL
        SELECT v.visit, 'visit.unassigned', NULL, NULL, NULL, v.unassigned_seq FROM visits v
        WHERE v.region = $1 AND v.visit = ANY ($2::uuid[]) AND NOT v.live AND v.unassigned_seq > $3
        ORDER BY seq DESC LIMIT 20
        """,
        region,
        visits,
        number,
    )
    return [
        ChangeRow(row["visit"], row["kind"], row["at"], row["actor"], row["reason"]) for row in rows
    ]


async def changes_after(
    tx: "Connection", region: str, visits: Sequence[UUID], moment: datetime, actor: str
) -> list[ChangeRow]:
    """Reads what others than this actor decided about these visits after a moment, the newest first; among the newest lines."""
    rows = await tx.fetch(
        """
        SELECT visit, regexp_replace(type, '\\.v[0-9]+$', '') AS kind, at, actor, reason, seq FROM decisions_made
        WHERE region = $1 AND visit = ANY ($2::uuid[]) AND at > $3 AND actor IS DISTINCT FROM $4
          AND seq > (SELECT n FROM region_seq WHERE region = $1) - $5
        UNION ALL
        SELECT g.visit, 'stop.grouped', g.at, g.actor, g.reason, g.seq FROM groupings_made g
        WHERE g.region = $1 AND g.visit = ANY ($2::uuid[]) AND g.at > $3 AND g.actor IS DISTINCT FROM $4
        ORDER BY seq DESC LIMIT 20
        """,
        region,
        visits,
        moment,
        actor,
        UNDONE_AMONG,
    )
    return [
        ChangeRow(row["visit"], row["kind"], row["at"], row["actor"], row["reason"]) for row in rows
    ]


UNDONE_AMONG: Final = 50_000  # lines of a region: a day of a large campaign has some thousand


@dataclass(frozen=True, slots=True)
class EditRow:
    """One event of an action by hand: its type without the version, and its payload as JSON."""

    seq: int
    kind: str
    visit: UUID | None  # None: it is about a shift
    body: str


async def events_of_edit(tx: "Connection", region: str, edit: UUID) -> list[EditRow]:
    """Reads the events of one action by hand, in order; among the newest lines only, some days of a busy region."""
    rows = await tx.fetch(
        """
        SELECT seq, regexp_replace(type, '\\.v[0-9]+$', '') AS kind, visit, body::text FROM edits_made
        WHERE region = $1 AND seq > (SELECT n FROM region_seq WHERE region = $1) - $3 AND edit = $2 ORDER BY seq
        """,
        region,
        str(edit),
        UNDONE_AMONG,
    )
    return [EditRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class ShiftFacts:
    """A shift as it was last said, taking place or not, and the line of the ledger that said so."""

    facts: ShiftOpened
    live: bool
    seq: int
    team: TeamFormed
    lent_to: str | None  # the region that its team is lent to that day


async def read_shift(tx: "Connection", region: str, shift: UUID) -> ShiftFacts | None:
    """Reads a shift of the region; None for one that it does not know."""
    row = await tx.fetchrow(
        """
        SELECT s.worked::text, s.live, greatest(s.opened_seq, s.changed_seq, s.swapped_seq, s.withdrawn_seq) AS seq,
               t.facts::text AS team, l.to_region AS lent_to
        FROM shifts s JOIN teams t ON t.region = s.region AND t.team = (s.worked ->> 'team_id')::uuid AND t.facts IS NOT NULL
        LEFT JOIN LATERAL (
          SELECT k.to_region FROM loans k WHERE k.region = s.region AND k.team = t.team
            AND k.valid @> ((s.worked ->> 'starts_at')::timestamptz AT TIME ZONE 'Europe/Amsterdam')::date
          ORDER BY k.lent_moment DESC, k.lent_seq DESC LIMIT 1) l ON true
        WHERE s.region = $1 AND s.shift = $2 AND s.worked IS NOT NULL
        """,
        region,
        shift,
    )
    return (
        ShiftFacts(
            ShiftOpened.model_validate_json(row["worked"]),
            row["live"],
            row["seq"],
            TeamFormed.model_validate_json(row["team"]),
            row["lent_to"] if row["lent_to"] != region else None,
        )
        if row
        else None
    )


async def find_withdrawn(tx: "Connection", region: str, visits: Sequence[UUID]) -> list[UUID]:
    """Finds those of these crisis visits that nobody asks for any more."""
    rows = await tx.fetch(
        "SELECT visit FROM crisis_requests WHERE region = $1 AND visit = ANY ($2::uuid[]) AND NOT live",
        region,
        visits,
    )
    return [row["visit"] for row in rows]
