"""Reads one shift as it is worked, to say it again with a change."""

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def read_worked(tx: "Connection", region: str, shift: UUID) -> dict[str, Any] | None:
    """Reads the facts of a shift of the own region; None for one that is not worked."""
    found = await tx.fetchval(
        "SELECT worked::text FROM shifts WHERE region = $1 AND shift = $2 AND live", region, shift
    )
    return None if found is None else dict(json.loads(found))
