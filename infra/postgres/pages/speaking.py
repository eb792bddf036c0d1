"""Reads what waits for a registration, who was taken over by another region, and who claims many people at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """What a practice said of somebody whom it has not registered: kept, without effect."""

    kind: str
    person: UUID
    moment: datetime


@dataclass(frozen=True, slots=True)
class MovesRow:
    """People of a region: taken over by another, taken over from another, and registered at two places here."""

    taken_over: int
    takes_over: int
    two_places: int


@dataclass(frozen=True, slots=True)
class ManyRow:
    """A practice that registered people of other practices, or was asked who somebody is; how often."""

    region: str
    name: str
    count: int
    most: (
        int | None
    )  # what the policy of the region finds usual; None: as the policy does by itself


async def own_waiting(tx: "Connection") -> list[WaitingRow]:
    """Reads what the reader's practice said of people whom it has not registered, newest first."""
    rows = await tx.fetch(
        "SELECT kind, person, moment FROM own_waiting ORDER BY moment DESC, person, kind"
    )
    return [WaitingRow(*row) for row in rows]


async def waiting_people(tx: "Connection") -> int:
    """Reads of how many people something waits in the planner's region."""
    found: int | None = await tx.fetchval("SELECT people FROM totals_waiting")
    return found or 0


async def moves(tx: "Connection") -> MovesRow:
    """Reads how many people of the planner's region moved between regions, or are said to live at two places."""
    row = await tx.fetchrow("SELECT taken_over, takes_over, two_places FROM totals_moves")
    return MovesRow(*row) if row else MovesRow(0, 0, 0)


async def claims(tx: "Connection", since: datetime, region: str | None = None) -> list[ManyRow]:
    """Reads which practices registered people of others since a moment, and how many."""
    rows = await tx.fetch(
        """
        SELECT region, name, count(*)::int, max(most) FROM claims
        WHERE at > $1 AND ($2::text IS NULL OR region = $2) GROUP BY region, practice, name ORDER BY region, name
        """,
        since,
        region,
    )
    return [ManyRow(*row) for row in rows]


async def questions(tx: "Connection", region: str | None = None) -> list[ManyRow]:
    """Reads which practices have open questions about who somebody is, and how many."""
    rows = await tx.fetch(
        """
        SELECT region, name, questions::int, most FROM questions_asked
        WHERE $1::text IS NULL OR region = $1 ORDER BY region, name
        """,
        region,
    )
    return [ManyRow(*row) for row in rows]
