"""Travel matrices: each version stored once per region, with when a plan last used it."""

from datetime import datetime
from typing import TYPE_CHECKING

from infra.travel.matrix import Matrix

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def keep_travel(tx: "Connection", region: str, matrix: Matrix, now: datetime) -> str:
    """Stores a matrix, or note that a stored one is used again; returns its version."""
    version = matrix.version
    known = await tx.fetchval(
        """
        UPDATE travel_matrices SET used_at = greatest(used_at, $3) WHERE region = $1 AND version = $2 RETURNING true
        """,
        region,
        version,
        now,
    )
    if not known:
        await tx.execute(
            """
            INSERT INTO travel_matrices (region, version, source, data, used_at, places, guessed, holes, matrix)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
            """,
            region,
            version,
            matrix.source,
            matrix.data,
            now,
            len(matrix.points),
            matrix.guessed,
            matrix.holes,
            matrix.pack(),
        )
    return version
