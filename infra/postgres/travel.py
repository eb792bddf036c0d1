"""Reads stored travel matrices, as the role `planner`."""

from typing import TYPE_CHECKING

from infra.travel.matrix import Matrix, unpack

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def read_newest_travel(tx: "Connection", region: str, source: str) -> Matrix | None:
    """Reads the matrix of this source that a plan of the region used last."""
    packed = await tx.fetchval(
        """
        SELECT matrix FROM travel_matrices WHERE region = $1 AND source = $2 ORDER BY used_at DESC, version LIMIT 1
        """,
        region,
        source,
    )
    return None if packed is None else unpack(packed)


async def read_last_travel(tx: "Connection", region: str) -> Matrix | None:
    """Reads the matrix that a plan of the region used last, whatever its source."""
    packed = await tx.fetchval(
        "SELECT matrix FROM travel_matrices WHERE region = $1 ORDER BY used_at DESC, version LIMIT 1",
        region,
    )
    return None if packed is None else unpack(packed)
