"""What was set aside by its offset alone: it lay behind the most that anybody unpacks of one batch."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Behind:
    """Records of one partition that nobody read: how many, from which offset on, and since when."""

    topic: str
    partition: int
    offset: int
    records: int
    at: datetime


async def list_behind(tx: "Connection", since: datetime) -> list[Behind]:
    """Those that were set aside since then and wait for their sender, by partition."""
    rows = await tx.fetch(
        """
        SELECT topic, part, min(off) AS off, count(*) AS records, min(at) AS at FROM quarantine
        WHERE resolved_at IS NULL AND reason = 'too_large' AND fields = '{batch}' AND part IS NOT NULL AND at >= $1
        GROUP BY topic, part ORDER BY topic, part
        """,
        since,
    )
    return [
        Behind(row["topic"], row["part"], row["off"], row["records"], row["at"]) for row in rows
    ]
