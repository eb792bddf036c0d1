"""How far the relay has sent the ledger of each region."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class RelayCursor:
    """How far one region was sent, and how far its ledger is."""

    region: str
    seq: int
    newest: int


async def read_cursors(tx: "Connection", topic: str) -> list[RelayCursor]:
    """Every region that has a ledger, by name; 0 where nothing was sent."""
    rows = await tx.fetch(
        """
        SELECT s.region, coalesce(p.seq, 0) AS seq, s.n
        FROM region_seq s LEFT JOIN relay_positions p ON p.region = s.region AND p.topic = $1 ORDER BY s.region
        """,
        topic,
    )
    return [RelayCursor(*row) for row in rows]


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


async def move_cursor(tx: "Connection", topic: str, region: str, seq: int) -> None:
    """Move the cursor of a region; never backwards."""
    await tx.execute(
        """
        INSERT INTO relay_positions (topic, region, seq) VALUES ($1, $2, $3)
        ON CONFLICT (topic, region) DO UPDATE SET seq = greatest(relay_positions.seq, excluded.seq)
        """,
        topic,
        region,
        seq,
    )
