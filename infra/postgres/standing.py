"""Reads what a planner's change is judged by: the newest record of a region, and the stops as they stand at this moment."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.teams import StopGrouped
from infra.postgres.campaign_view import read_record
from infra.postgres.snapshot.load import load_policy
from infra.postgres.snapshot.rows import PinRow, VisitRow
from infra.postgres.snapshot.visits import load_grouped, load_pins, load_published

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class StandingRows:
    """The stops that people go by now; the record only where it is another than the reader knows."""

    hash: str
    record: bytes | None
    matrix: bytes | None
    visits: tuple[VisitRow, ...]
    pins: tuple[PinRow, ...]
    grouped: tuple[StopGrouped, ...]
    freeze_minutes: int
    number: int  # newest line of the region's ledger that this reading includes


async def read_standing(
    tx: "Connection", region: str, known_hash: str | None
) -> StandingRows | None:
    """Reads them in one transaction; None for a region without a plan."""
    found = await tx.fetchval(
        """
        SELECT l.hash FROM planned p JOIN plans l ON l.region = p.region AND l.plan = p.plan
        JOIN plan_records r ON r.region = l.region AND r.hash = l.hash WHERE p.region = $1
        """,
        region,
    )
    if found is None:
        return None
    record, matrix = (None, None) if found == known_hash else await read_record(tx, found)
    policy = await load_policy(tx, region)
    number = await tx.fetchval("SELECT n FROM region_seq WHERE region = $1", region)
    return StandingRows(
        hash=found,
        record=record,
        matrix=matrix,
        visits=await load_published(tx, region),
        pins=await load_pins(tx, region),
        grouped=await load_grouped(tx, region),
        freeze_minutes=policy.freeze_minutes,
        number=number or 0,
    )


async def is_newest(tx: "Connection", region: str, plan_hash: str, number: int) -> bool:
    """Whether a region's plan is this record still, and this line the last of its ledger."""
    return bool(
        await tx.fetchval(
            """
            SELECT EXISTS (
              SELECT FROM planned p JOIN plans l ON l.region = p.region AND l.plan = p.plan JOIN region_seq s ON s.region = p.region
              WHERE p.region = $1 AND l.hash = $2 AND s.n = $3)
            """,
            region,
            plan_hash,
            number,
        )
    )
