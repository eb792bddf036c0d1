"""Reads who looked at a patient, as that patient's practice may see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class LookRow:
    """One look at a patient; `who` for people of the practice itself only."""

    at: datetime
    who: str | None
    role: str
    organisation: str | None
    region: str
    action: str
    why: str
    outcome: str
    is_emergency: bool


async def looks_at(tx: "Connection", person: UUID, most: int) -> list[LookRow]:
    """Reads the newest looks at an own patient; nothing about anybody else."""
    rows = await tx.fetch(
        """
        SELECT at, who, role, name, region, action, why, outcome, is_emergency FROM looks_at_own
        WHERE person = $1 ORDER BY at DESC LIMIT $2
        """,
        person,
        most,
    )
    return [LookRow(*row) for row in rows]
