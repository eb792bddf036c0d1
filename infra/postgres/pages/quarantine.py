"""Reads for planners and practices what is in quarantine: reason, fields and time; never the bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Open records of a topic that were quarantined for one reason."""

    topic: str
    reason: str
    records: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class LineRow:
    """An open record."""

    number: int
    at: datetime
    topic: str
    part: int | None
    off: int | None
    reason: str
    fields: tuple[str, ...]
    offered_again_at: datetime | None
    cut: bool  # not kept whole: it can not be offered again
    length: int | None


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """A record that was refused, as its sender may see it; `source` and `id` only when they are the reader's own."""

    number: int
    at: datetime
    topic: str
    part: int | None
    off: int | None
    reason: str
    fields: tuple[str, ...]
    source: str | None
    id: str | None
    resolved_at: datetime | None
    cut: bool
    length: int | None


@dataclass(frozen=True, slots=True)
class StopRow:
    """A topic that intake has stopped reading, because nearly all of its last records were refused."""

    topic: str
    stopped_at: datetime
    refused: int
    of_last: int


async def groups(tx: "Connection") -> list[GroupRow]:
    """Reads the groups that the reader may see, newest first."""
    rows = await tx.fetch(
        "SELECT topic, reason, records, first_at, last_at FROM set_aside_groups ORDER BY last_at DESC, topic, reason"
    )
    return [GroupRow(*row) for row in rows]


async def lines(
    tx: "Connection", topic: str, reason: str, before: int | None, most: int
) -> list[LineRow]:
    """Reads open records of a group below number `before`, newest first."""
    rows = await tx.fetch(
        """
        SELECT number, at, topic, part, off, reason, fields, offered_again_at, cut, length FROM set_aside_lines
        WHERE topic = $1 AND reason = $2 AND ($3::bigint IS NULL OR number < $3) ORDER BY number DESC LIMIT $4
        """,
        topic,
        reason,
        before,
        most,
    )
    return [LineRow(*[*row[:6], tuple(row[6]), *row[7:]]) for row in rows]


async def numbers_of(tx: "Connection", topic: str, reason: str, most: int) -> list[int]:
    """Reads the numbers of the oldest open records of a group that the reader may see."""
    rows = await tx.fetch(
        "SELECT number FROM set_aside_lines WHERE topic = $1 AND reason = $2 AND NOT cut ORDER BY number LIMIT $3",
        topic,
        reason,
        most,
    )
    return [row["number"] for row in rows]


async def may_see(tx: "Connection", numbers: Sequence[int]) -> list[int]:
    """Reads which of these records are open and visible to the reader."""
    rows = await tx.fetch(
        "SELECT number FROM set_aside_lines WHERE number = ANY ($1::bigint[]) AND NOT cut ORDER BY number",
        numbers,
    )
    return [row["number"] for row in rows]


async def stops(tx: "Connection") -> list[StopRow]:
    """Reads the topics that intake has stopped reading, of the reader's region or its own."""
    rows = await tx.fetch(
        "SELECT topic, stopped_at, refused, of_last FROM stops_here ORDER BY topic"
    )
    return [StopRow(*row) for row in rows]


async def gaps(tx: "Connection") -> list[tuple[str, int]]:
    """Reads how many gaps were seen in each topic of the reader's region, or its own."""
    rows = await tx.fetch("SELECT topic, count(*) FROM gaps_here GROUP BY topic ORDER BY topic")
    return [(row[0], row[1]) for row in rows]


async def refused(tx: "Connection", after: int, most: int) -> list[RefusalRow]:
    """Reads what of the reader's own was refused, beyond number `after`, the oldest first."""
    rows = await tx.fetch(
        """
        SELECT number, at, topic, part, off, reason, fields, source, id, resolved_at, cut, length FROM refusals
        WHERE number > $1 ORDER BY number LIMIT $2
        """,
        after,
        most,
    )
    return [RefusalRow(*[*row[:6], tuple(row[6]), *row[7:]]) for row in rows]


async def count_refused(tx: "Connection") -> list[tuple[str, str, int]]:
    """Reads how many of the reader's own records are still refused, for each topic and reason."""
    rows = await tx.fetch(
        """
        SELECT topic, reason, count(*) FROM refusals WHERE resolved_at IS NULL GROUP BY topic, reason ORDER BY topic, reason
        """
    )
    return [(row[0], row[1], row[2]) for row in rows]
