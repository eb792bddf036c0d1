"""Where the relay stands, per topic and region."""

from typing import TYPE_CHECKING

from events.envelope import Envelope

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def read_relayed(tx: "Connection", topic: str) -> dict[str, int]:
    """The last number sent of every region that has a ledger; 0 where nothing was sent."""
    rows = await tx.fetch(
        """
        SELECT s.region, coalesce(p.seq, 0) AS seq
        FROM region_seq s LEFT JOIN relay_positions p ON p.region = s.region AND p.topic = $1
        """,
        topic,
    )
    return {row["region"]: row["seq"] for row in rows}


async def count_waiting(tx: "Connection", topic: str) -> int:
    """Ledger lines of all regions that were not passed yet."""
    found: int = await tx.fetchval(
        """
        SELECT coalesce(sum(s.n - coalesce(p.seq, 0)), 0)::bigint
        FROM region_seq s LEFT JOIN relay_positions p ON p.region = s.region AND p.topic = $1
        """,
        topic,
    )
    return found


async def next_events(
    tx: "Connection", region: str, after: int, most: int
) -> list[tuple[int, Envelope, str]]:
    """The following lines of a region's ledger, in order."""
    rows = await tx.fetch(
        """
        SELECT seq, source, id, type, time, accepted_at, body FROM ledger
        WHERE region = $1 AND seq > $2 ORDER BY seq LIMIT $3
        """,
        region,
        after,
        most,
    )
    return [
        (
            row["seq"],
            Envelope(
                row["id"], row["source"], row["type"], row["time"] or row["accepted_at"], region
            ),
            row["body"],
        )
        for row in rows
    ]


async def move_relayed(tx: "Connection", topic: str, region: str, seq: int) -> None:
    """Remember what was sent; never backwards."""
    await tx.execute(
        """
        INSERT INTO relay_positions (topic, region, seq) VALUES ($1, $2, $3)
        ON CONFLICT (topic, region) DO UPDATE SET seq = greatest(relay_positions.seq, excluded.seq)
        """,
        topic,
        region,
        seq,
    )
