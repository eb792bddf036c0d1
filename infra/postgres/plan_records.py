"""Reads what a plan was computed from, and the plan."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class PackedRecord:
    """A packed record (problem and plan), and the packed travel that belongs to it; older records contain theirs."""

    record: bytes
    matrix: bytes | None


async def read_record(tx: "Connection", region: str, plan_hash: str) -> PackedRecord | None:
    """Reads the record of a plan of a region; None where it was deleted by policy."""
    row = await tx.fetchrow(
        """
        SELECT r.record, t.matrix FROM plan_records r
        LEFT JOIN travel_matrices t ON t.region = r.region AND t.version = r.travel
        WHERE r.region = $1 AND r.hash = $2
        """,
        region,
        plan_hash,
    )
    return PackedRecord(*row) if row else None
