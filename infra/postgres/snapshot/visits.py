"""Reads published visits, what planners pinned and grouped, requested crisis visits, and extra stops that teams were asked to make."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from events.extra_stops import StopOffered
from events.location import VisitRequested
from events.teams import PinKind, StopGrouped
from infra.postgres.assignments import to_assigned
from infra.postgres.snapshot.rows import ExtraStopRow, LoadedRow, PinRow, VisitRow, VisitRows

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def load_visits(
    tx: "Connection", region: str, since: datetime, shifts: Sequence[UUID]
) -> VisitRows:
    """Reads published visits, pins and crisis requests; extra stops asked since then, and what these shifts loaded."""
    return VisitRows(
        published=await load_published(tx, region),
        pins=await load_pins(tx, region),
        grouped=await load_grouped(tx, region),
        crises=await load_crises(tx, region),
        extra_stops=await load_extra_stops(tx, region, since),
        loaded=await load_loaded(tx, region, shifts) if shifts else (),
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
    """Reads visits that were pinned or moved, and neither released, cancelled nor taken into another since."""
    rows = await tx.fetch(
        """
        SELECT visit, pinned_seq, shift AS pinned_shift, starts_at AS pinned_to, moved_seq, moved_shift, moved_to,
               CASE WHEN moved_seq > pinned_seq THEN 'visit' ELSE pin_kind END AS kind, not_before, not_after, behind
        FROM pins p WHERE region = $1 AND holds AND NOT EXISTS (
          SELECT FROM cancellations c WHERE c.region = p.region AND c.visit = p.visit
            AND c.cancelled_seq > greatest(p.pinned_seq, p.moved_seq))
          AND NOT EXISTS (
          SELECT FROM groupings g WHERE g.region = p.region AND g.visit = p.visit AND g.facts -> 'persons' = '[]'
            AND g.grouped_seq > greatest(p.pinned_seq, p.moved_seq))
        ORDER BY visit
        """,
        region,
    )
    return tuple(PinRow(**{**row, "kind": PinKind(row["kind"])}) for row in rows)


async def load_grouped(tx: "Connection", region: str) -> tuple[StopGrouped, ...]:
    """Reads who is visited together by hand, the oldest first; what was put back once, until a plan was published with it."""
    rows = await tx.fetch(
        """
        SELECT g.facts::text FROM groupings g LEFT JOIN visits v USING (region, visit)
        WHERE g.region = $1 AND ((g.facts ->> 'holds')::boolean
          OR g.grouped_seq > greatest(v.assigned_seq, v.unassigned_seq))
        ORDER BY g.grouped_seq
        """,
        region,
    )
    return tuple(StopGrouped.model_validate_json(row["facts"]) for row in rows)


async def load_crises(tx: "Connection", region: str) -> tuple[VisitRequested, ...]:
    """Reads crisis visits that were requested and not withdrawn."""
    rows = await tx.fetch(
        "SELECT facts FROM crisis_requests WHERE region = $1 AND live AND facts IS NOT NULL ORDER BY visit",
        region,
    )
    return tuple(VisitRequested.model_validate_json(row["facts"]) for row in rows)


async def load_extra_stops(
    tx: "Connection", region: str, since: datetime
) -> tuple[ExtraStopRow, ...]:
    """Reads the extra stops that teams were asked to make since then, the oldest first."""
    rows = await tx.fetch(
        """
        SELECT offered, answer, answered_at, withdrawn_seq > 0 AS withdrawn FROM extra_stops
        WHERE region = $1 AND offered_seq > 0 AND offered_at >= $2 ORDER BY offered_seq
        """,
        region,
        since,
    )
    return tuple(
        ExtraStopRow(
            StopOffered.model_validate_json(row["offered"]),
            row["answer"],
            row["answered_at"],
            row["withdrawn"],
        )
        for row in rows
    )


async def load_loaded(
    tx: "Connection", region: str, shifts: Sequence[UUID]
) -> tuple[LoadedRow, ...]:
    """Reads every dose that visits of these shifts have or had, and when it was taken out."""
    rows = await tx.fetch(
        """
        SELECT v.shift, v.visit, v.product, v.started_seq > 0 OR v.completed_seq > 0 AS begun,
               CASE WHEN NOT a.live THEN (SELECT o.accepted_at FROM ledger o WHERE o.region = a.region AND o.seq = a.released_seq) END AS released_at
        FROM visits v JOIN appointments a USING (region, visit)
        WHERE v.region = $1 AND v.shift = ANY ($2::uuid[]) AND v.product IS NOT NULL AND (a.live OR a.released_seq > 0)
        ORDER BY v.shift, v.visit, a.person, a.dose_no
        """,
        region,
        shifts,
    )
    return tuple(LoadedRow(*row) for row in rows)
