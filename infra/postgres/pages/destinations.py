"""Reads the state of destinations for the open status page, without address or secret."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class DestinationRow:
    """A destination; `behind` counts ledger lines past its cursors, over all its regions."""

    name: str
    kind: str
    state: str
    why: str
    behind: int
    delivered: int
    attempts: int
    failing_since: datetime | None
    last_success_at: datetime | None
    dead: int  # messages that it refused and that were skipped


async def destination_rows(tx: "Connection") -> list[DestinationRow]:
    """Reads every destination, by name."""
    rows = await tx.fetch(
        """
        SELECT name, kind, state, why, behind, delivered, attempts, failing_since, last_success_at, dead
        FROM destination_status ORDER BY name
        """
    )
    return [DestinationRow(*row) for row in rows]
