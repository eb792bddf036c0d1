"""Progress counts as they are now, and as they were last published."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Counted:
    """How far one campaign is in one region, people in fives."""

    campaign: UUID
    registered: int
    plannable: int
    planned: int
    dose_1_given: int
    dose_2_given: int
    refused: int
    wasted: int


async def find_changed_regions(tx: "Connection") -> dict[str, int]:
    """Regions with events after their last count, with their newest number."""
    rows = await tx.fetch(
        """
        SELECT s.region, s.n FROM region_seq s
        WHERE s.region <> 'NL' AND s.n > coalesce((SELECT max(p.n) FROM progress_said p WHERE p.region = s.region), 0)
        """
    )
    return {row["region"]: row["n"] for row in rows}


async def read_newest(tx: "Connection", region: str) -> int:
    """The newest number of a region, 0 without one."""
    found: int = await tx.fetchval(
        "SELECT coalesce((SELECT n FROM region_seq WHERE region = $1), 0)", region
    )
    return found


async def count(tx: "Connection", region: str) -> list[Counted]:
    """The counts of a region as they are now."""
    rows = await tx.fetch(
        """
        SELECT campaign, registered, plannable, planned, dose_1_given, dose_2_given, refused, wasted
        FROM courier_progress WHERE region = $1 ORDER BY campaign
        """,
        region,
    )
    return [Counted(*row) for row in rows]


async def read_published(tx: "Connection", region: str) -> dict[UUID, str]:
    """The digest of the counts that were last published, by campaign."""
    rows = await tx.fetch("SELECT campaign, digest FROM progress_said WHERE region = $1", region)
    return {row["campaign"]: row["digest"] for row in rows}


async def remember(tx: "Connection", region: str, campaign: UUID, number: int, digest: str) -> None:
    """Remember what was published of a campaign, and up to which ledger number it was counted."""
    await tx.execute(
        """
        INSERT INTO progress_said (region, campaign, n, digest) VALUES ($1, $2, $3, $4)
        ON CONFLICT (region, campaign) DO UPDATE SET n = greatest(progress_said.n, excluded.n), digest = excluded.digest
        """,
        region,
        campaign,
        number,
        digest,
    )
