"""Reading on in the ledger of a region: the one home of that read, for relay, courier and `GET /api/changes`.

A region's numbers have no gaps and become visible in order, so "all up to this number" is all that there will ever be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.envelope import Envelope

if TYPE_CHECKING:
    import asyncpg

    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One event as the ledger has it."""

    seq: int
    envelope: Envelope
    body: str  # the payload as canonical JSON


async def read_lines(
    tx: "Connection", region: str, after: int, upto: int, types: Sequence[str], most: int
) -> list[LedgerLine]:
    """The next lines of these types, in order, not beyond `upto`; fewer than `most` means: there are no more."""
    rows = await tx.fetch(
        """
        SELECT seq, id, source, type, coalesce(time, accepted_at) AS time, body, actor_org FROM ledger
        WHERE region = $1 AND seq > $2 AND seq <= $3 AND type = ANY ($4::text[]) ORDER BY seq LIMIT $5
        """,
        region,
        after,
        upto,
        list(types),
        most,
    )
    return [_to_line(region, row) for row in rows]


async def read_permitted(
    tx: "Connection", region: str, after: int, types: Sequence[str], most: int
) -> tuple[int, list[LedgerLine]]:
    """As `read_lines`, of what the person who asks may see (the view decides), and the number that was reached."""
    newest: int = await tx.fetchval(
        "SELECT coalesce((SELECT n FROM region_seq WHERE region = $1), 0)", region
    )
    rows = await tx.fetch(
        """
        SELECT seq, id, source, type, time, body, actor_org FROM outward_ledger
        WHERE region = $1 AND seq > $2 AND seq <= $3 AND type = ANY ($4::text[]) ORDER BY seq LIMIT $5
        """,
        region,
        after,
        newest,
        list(types),
        most,
    )
    lines = [_to_line(region, row) for row in rows]
    return lines[-1].seq if len(lines) == most else newest, lines


def _to_line(region: str, row: "asyncpg.Record") -> LedgerLine:
    # Other systems read for which organisation somebody acted, never who: the subject stays with us.
    envelope = Envelope(
        row["id"], row["source"], row["type"], row["time"], region, actororg=row["actor_org"]
    )
    return LedgerLine(row["seq"], envelope, row["body"])
