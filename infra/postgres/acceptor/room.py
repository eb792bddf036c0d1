"""How many bytes of refused values are kept, of each topic and of all: a sender can not fill the disk."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from infra.postgres.database import Connection

MOST_OF_TOPIC: Final = (
    64 * 1_048_576
)  # bytes: 250 values of the largest size, 60,000 of the usual one
MOST_OF_ALL: Final = 1_024 * 1_048_576


async def left(tx: "Connection", topics: Collection[str]) -> tuple[dict[str, int], int]:
    """How many bytes each of these topics may still use, and all together; their rows are locked, in one order."""
    rows = await tx.fetch(
        "SELECT topic, bytes FROM quarantine_room WHERE topic = ANY ($1::text[]) ORDER BY topic FOR UPDATE",
        sorted(topics),
    )
    used = {row["topic"]: row["bytes"] for row in rows}
    total = await tx.fetchval("SELECT coalesce(sum(bytes), 0)::bigint FROM quarantine_room")
    return {topic: MOST_OF_TOPIC - used.get(topic, 0) for topic in topics}, MOST_OF_ALL - total


async def use(tx: "Connection", taken: Mapping[str, int]) -> None:
    """Count what was taken."""
    topics = sorted(topic for topic, size in taken.items() if size)
    await tx.execute(
        """
        INSERT INTO quarantine_room AS r (topic, bytes) SELECT * FROM unnest($1::text[], $2::bigint[])
        ON CONFLICT (topic) DO UPDATE SET bytes = r.bytes + excluded.bytes
        """,
        topics,
        [taken[topic] for topic in topics],
    )


async def count_again(tx: "Connection") -> None:
    """Count what the topics really use; what was kept once counts once."""
    await tx.execute(
        """
        UPDATE quarantine_room r SET bytes = coalesce((
          SELECT sum(coalesce(octet_length(q.sealed), 0) + coalesce(octet_length(q.raw), 0) + coalesce(octet_length(q.key), 0) + octet_length(q.headers::text))
          FROM quarantine q WHERE q.topic = r.topic), 0)
        """
    )
