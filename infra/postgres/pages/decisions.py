"""Reads what people decided about stops and plans: who, for which organisation, when and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision; `actor` is None when the system that sent it did not say who decided."""

    kind: str  # the type of the event without its version
    at: datetime
    actor: str | None
    organisation: str | None
    decision: str | None
    reason: str | None


async def decisions(
    tx: "Connection", region: str, most: int, visit: UUID | None = None
) -> list[DecisionRow]:
    """Reads the newest decisions of the region, or those about one visit; newest first."""
    rows = await tx.fetch(
        """
        SELECT regexp_replace(d.type, '\\.v[0-9]+$', '') AS kind, d.at, d.actor,
               coalesce(o.facts ->> 'name', left(d.actor_org::text, 8)) AS organisation, d.decision, d.reason
        FROM decisions_made d LEFT JOIN organisations o ON o.region = d.region AND o.organisation = d.actor_org
        WHERE d.region = $1 AND ($2::uuid IS NULL OR d.visit = $2) ORDER BY d.seq DESC LIMIT $3
        """,
        region,
        visit,
        most,
    )
    return [DecisionRow(*row) for row in rows]
