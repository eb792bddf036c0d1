"""The events of a region that leave us, for who asks for them; the role decides which region."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from events.envelope import Envelope

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def outward_after(
    tx: "Connection", region: str, after: int, types: Sequence[str], most: int
) -> tuple[int, list[tuple[Envelope, str]]]:
    """Events of these types after a number, in order, and the number that was reached."""
    newest: int = await tx.fetchval(
        "SELECT coalesce((SELECT n FROM region_seq WHERE region = $1), 0)", region
    )
    rows = await tx.fetch(
        """
        SELECT seq, id, source, type, time, body FROM outward_ledger
        WHERE region = $1 AND seq > $2 AND seq <= $3 AND type = ANY ($4::text[]) ORDER BY seq LIMIT $5
        """,
        region,
        after,
        newest,
        list(types),
        most,
    )
    found = [
        (Envelope(row["id"], row["source"], row["type"], row["time"], region), row["body"])
        for row in rows
    ]
    return rows[-1]["seq"] if len(rows) == most else newest, found
