"""Writes the access log (NEN 7513): one line per person read, in the transaction that read it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection, Who


async def log_reads(
    tx: "Connection", who: "Who", person_ids: Sequence[UUID], action: str, why: str
) -> None:
    """Inserts a line per person; row-level security refuses a line in anybody else's name."""
    await tx.execute(
        """
        INSERT INTO access_log (region, person, who, role, organisation, action, why)
        SELECT $1, person, $2, $3, $4, $5, $6 FROM unnest($7::uuid[]) AS b (person)
        """,
        who.region,
        who.subject,
        who.role,
        who.organisation,
        action,
        why,
        person_ids,
    )
