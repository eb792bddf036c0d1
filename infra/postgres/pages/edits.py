"""Reads what planners did by hand: what is held of a stop now, and the newest actions with who and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from events.teams import PinKind
from infra.postgres.pages.decisions import UNDONE_AMONG

if TYPE_CHECKING:
    from infra.postgres.database import Connection

MOST_EVENTS = 2_000  # of the newest actions: one that locks a team for a month has some hundred


@dataclass(frozen=True, slots=True)
class HeldRow:
    """What is held of a visit: by a move its place, by a pin what its kind says."""

    kind: PinKind
    not_before: datetime | None
    not_after: datetime | None
    behind: UUID | None


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One event of an action by hand, the newest first; `location` is None while it is not registered."""

    edit: UUID
    kind: str  # the type of the event without its version
    at: datetime
    actor: str | None
    visit: UUID | None  # None: it is about a shift
    location: str | None
    reason: str | None
    moves: bool  # the stop stands elsewhere than before
    holds: str | None  # of a pin: its kind


async def read_held(tx: "Connection", region: str, visit: UUID) -> HeldRow | None:
    """Reads what is held of a visit; None where nothing is."""
    row = await tx.fetchrow(
        """
        SELECT CASE WHEN moved_seq > pinned_seq THEN 'visit' ELSE pin_kind END AS kind, not_before, not_after, behind
        FROM pins WHERE region = $1 AND visit = $2 AND holds
        """,
        region,
        visit,
    )
    if row is None:
        return None
    kind = PinKind(row["kind"])
    if kind is PinKind.WINDOW:
        return HeldRow(kind, row["not_before"], row["not_after"], None)
    return HeldRow(kind, None, None, row["behind"] if kind is PinKind.ORDER else None)


async def list_actions(tx: "Connection", region: str) -> list[ActionRow]:
    """Reads the events of the newest actions by hand, newest first; among the newest lines only, some days of a busy region."""
    rows = await tx.fetch(
        """
        SELECT e.edit::uuid AS edit, regexp_replace(e.type, '\\.v[0-9]+$', '') AS kind, e.at, e.actor, e.visit,
               l.registered ->> 'name' AS location, e.body ->> 'reason' AS reason,
               e.body ->> 'shift_id' IS DISTINCT FROM e.body -> 'stood' ->> 'shift_id'
                 OR (e.body ->> 'starts_at')::timestamptz IS DISTINCT FROM (e.body -> 'stood' ->> 'starts_at')::timestamptz AS moves,
               CASE WHEN e.type = 'stop.pinned.v1' THEN coalesce(e.body ->> 'kind', 'visit') END AS holds
        FROM (SELECT * FROM edits_made WHERE region = $1 AND seq > (SELECT n FROM region_seq WHERE region = $1) - $2
              ORDER BY seq DESC LIMIT $3) AS e
        LEFT JOIN visits v ON v.region = $1 AND v.visit = e.visit
        LEFT JOIN locations l ON l.region = $1 AND l.location = coalesce(v.location, (e.body ->> 'location_id')::uuid)
        ORDER BY e.seq DESC
        """,
        region,
        UNDONE_AMONG,
        MOST_EVENTS,
    )
    return [ActionRow(*row) for row in rows]
