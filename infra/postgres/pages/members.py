"""Reads whose shifts of a region do not fit with work in another region, of which nothing is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class DoubledRow:
    """A shift of the region with crew members who work in another region then, or too soon before or after."""

    team: str | None
    starts_at: datetime
    at_once: bool
    members: int


async def doubled(tx: "Connection", since: datetime) -> list[DoubledRow]:
    """Reads the shifts of the planner's region that are not over and have somebody of another region's crews."""
    rows = await tx.fetch(
        """
        SELECT team, starts, bool_or(at_once), count(DISTINCT member)::int FROM members_doubled
        WHERE ends > $1 GROUP BY shift, team, starts ORDER BY starts, team
        """,
        since,
    )
    return [DoubledRow(*row) for row in rows]
