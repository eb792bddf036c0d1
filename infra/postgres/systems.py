"""Connected systems, the next offset of each partition of their topics, and gaps in what was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from events.envelope import Sender, System
from infra.postgres.aliases import read_aliases, refuse_aliased

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Gap:
    """Records of a partition that were gone before they were read."""

    topic: str
    partition: int
    expected: int
    found: int


def find_gone(
    stored: Mapping[tuple[str, int], int], earliest: Mapping[tuple[str, int], int]
) -> list[Gap]:
    """Gaps between the stored offset and the beginning of the log: deleted before they were read. In order."""
    return [
        Gap(*partition, stored[partition], begins)
        for partition, begins in sorted(earliest.items())
        if begins > stored.get(partition, begins)
    ]


async def move_offsets(tx: "Connection", offsets: Mapping[tuple[str, int], int]) -> None:
    """Store the next offset of each partition; never backwards."""
    keys = sorted(offsets)
    await tx.execute(
        """
        INSERT INTO kafka_positions (topic, part, next_offset)
        SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[]) AS b (topic, part, next_offset)
        ON CONFLICT (topic, part) DO UPDATE SET next_offset = greatest(kafka_positions.next_offset, excluded.next_offset)
        """,
        [topic for topic, _ in keys],
        [part for _, part in keys],
        [offsets[key] for key in keys],
    )


async def read_offsets(tx: "Connection") -> dict[tuple[str, int], int]:
    """The next offset of every partition."""
    rows = await tx.fetch("SELECT topic, part, next_offset FROM kafka_positions")
    return {(row["topic"], row["part"]): row["next_offset"] for row in rows}


async def report_gaps(tx: "Connection", gaps: Sequence[Gap], now: datetime) -> None:
    """Keep the alarm that records were gone before they were read."""
    await tx.executemany(
        "INSERT INTO gaps (at, topic, part, expected, found) VALUES ($1, $2, $3, $4, $5)",
        [(now, gap.topic, gap.partition, gap.expected, gap.found) for gap in gaps],
    )


async def read_systems(tx: "Connection") -> dict[str, System]:
    """The connected systems by topic, each with all aliases of sources."""
    aliases = await read_aliases(tx)
    rows = await tx.fetch("SELECT topic, sender, sources, regions FROM systems")
    return {
        row["topic"]: System(
            row["topic"],
            Sender(row["sender"]),
            tuple(row["sources"]),
            frozenset(row["regions"]),
            aliases,
        )
        for row in rows
    }


async def connect_systems(tx: "Connection", systems: Sequence[System], partitions: int) -> None:
    """Make systems known, with the position rows of their topics, so that a gap can be seen from the first record.

    Raises NotConfigured when a prefix covers an alias of a source.
    """
    for system in systems:
        await refuse_aliased(tx, system.sources)
        await tx.execute(
            """
            INSERT INTO systems (topic, sender, sources, regions) VALUES ($1, $2, $3, $4)
            ON CONFLICT (topic) DO UPDATE SET (sender, sources, regions) = (excluded.sender, excluded.sources, excluded.regions)
            """,
            system.topic,
            system.sender.value,
            list(system.sources),
            sorted(system.regions),
        )
        await tx.execute(
            """
            INSERT INTO kafka_positions (topic, part, next_offset)
            SELECT $1, part, 0 FROM generate_series(0, $2 - 1) AS part ON CONFLICT DO NOTHING
            """,
            system.topic,
            partitions,
        )


async def stop_topic(
    tx: "Connection", topic: str, refused: int, of_last: int, now: datetime
) -> None:
    """Intake reads this topic no more, until somebody resumes it."""
    await tx.execute(
        """
        INSERT INTO intake_stops (topic, stopped_at, refused, of_last) VALUES ($1, $2, $3, $4)
        ON CONFLICT (topic) DO UPDATE
        SET (stopped_at, refused, of_last, resumed_at, resumed_by) = (excluded.stopped_at, excluded.refused, excluded.of_last, NULL, NULL)
        WHERE intake_stops.resumed_at IS NOT NULL
        """,
        topic,
        now,
        refused,
        of_last,
    )


async def read_stopped(tx: "Connection") -> frozenset[str]:
    """The topics that intake does not read."""
    rows = await tx.fetch("SELECT topic FROM intake_stops WHERE resumed_at IS NULL")
    return frozenset(row["topic"] for row in rows)


async def resume_topic(tx: "Connection", topic: str, resumed_by: str, now: datetime) -> bool:
    """Let intake read it again; False when it was not stopped."""
    done = await tx.fetchval(
        """
        UPDATE intake_stops SET resumed_at = $2, resumed_by = $3 WHERE topic = $1 AND resumed_at IS NULL RETURNING true
        """,
        topic,
        now,
        resumed_by,
    )
    return bool(done)


async def take_in_hand(tx: "Connection", topic: str, partition: int, offset: int) -> int:
    """Note that this record is tried now; how often it was, this time included."""
    tries: int = await tx.fetchval(
        """
        INSERT INTO record_in_hand AS r (topic, part, off, tries) VALUES ($1, $2, $3, 1)
        ON CONFLICT (topic, part) DO UPDATE
        SET (off, tries) = (excluded.off, CASE WHEN r.off = excluded.off THEN r.tries + 1 ELSE 1 END)
        RETURNING tries
        """,
        topic,
        partition,
        offset,
    )
    return tries
