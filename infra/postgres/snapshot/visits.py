"""Reads published visits, the pins of planners, and requested crisis visits."""

from typing import TYPE_CHECKING

from events.location import VisitRequested
from infra.postgres.assignments import to_assigned
from infra.postgres.snapshot.rows import PinRow, VisitRow, VisitRows

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def load_visits(tx: "Connection", region: str) -> VisitRows:
    """Reads published visits, pins and crisis requests of the region."""
    return VisitRows(
        published=await load_published(tx, region),
        pins=await load_pins(tx, region),
        crises=await load_crises(tx, region),
    )


async def load_published(tx: "Connection", region: str) -> tuple[VisitRow, ...]:
    """Reads the live visits with their people, past ones included: their ids must not be reused.

    A notice names a visit, or the plan and the location whose visits it tells of; a visit keeps the plan that last
    changed it.
    """
    rows = await tx.fetch(
        """
        SELECT v.visit, v.plan, v.location, v.team, v.shift, v.campaign, v.product, lower(v.slot) AS starts, upper(v.slot) AS ends,
               v.started_seq > 0 AS started, v.completed_seq > 0 AS completed,
               EXISTS (SELECT FROM notices n WHERE n.region = v.region
                 AND (n.visit = v.visit OR n.plan = v.plan AND n.location = v.location)) AS told,
               coalesce(array_agg(a.person ORDER BY a.person, a.dose_no) FILTER (WHERE a.live), '{}') AS people,
               coalesce(array_agg(a.dose_no ORDER BY a.person, a.dose_no) FILTER (WHERE a.live), '{}') AS dose_numbers
        FROM visits v LEFT JOIN appointments a USING (region, visit)
        WHERE v.region = $1 AND v.live GROUP BY v.region, v.visit ORDER BY v.visit
        """,
        region,
    )
    return tuple(
        VisitRow(to_assigned(row), row["started"], row["completed"], row["told"]) for row in rows
    )


async def load_pins(tx: "Connection", region: str) -> tuple[PinRow, ...]:
    """Reads visits that were pinned or moved, and neither released nor cancelled since."""
    rows = await tx.fetch(
        """
        SELECT visit, pinned_seq, shift AS pinned_shift, starts_at AS pinned_to, moved_seq, moved_shift, moved_to
        FROM pins p WHERE region = $1 AND holds AND NOT EXISTS (
          SELECT FROM cancellations c WHERE c.region = p.region AND c.visit = p.visit
            AND c.cancelled_seq > greatest(p.pinned_seq, p.moved_seq))
        ORDER BY visit
        """,
        region,
    )
    return tuple(PinRow(**row) for row in rows)


async def load_crises(tx: "Connection", region: str) -> tuple[VisitRequested, ...]:
    """Reads crisis visits that were requested and not withdrawn."""
    rows = await tx.fetch(
        "SELECT facts FROM crisis_requests WHERE region = $1 AND live AND facts IS NOT NULL ORDER BY visit",
        region,
    )
    return tuple(VisitRequested.model_validate_json(row["facts"]) for row in rows)
