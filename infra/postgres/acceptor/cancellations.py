"""State of what planners took off the plan, and of the people who are therefore planned later."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from events.plans import PlannedPerson, VisitUnassigned
from events.teams import StopCancelled
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection

Line = tuple[Numbered[VisitUnassigned], PlannedPerson, UUID, date]


async def cancel(tx: "Connection", row: Numbered[StopCancelled]) -> None:
    """Applies stop.cancelled: the visit, and its pin, which would hold a visit that is gone."""
    await tx.execute(
        """
        INSERT INTO cancellations AS c (region, visit, reason, again_from, cancelled_seq) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (region, visit) DO UPDATE
        SET (reason, again_from, cancelled_seq) = (excluded.reason, excluded.again_from, excluded.cancelled_seq)
        WHERE excluded.cancelled_seq > c.cancelled_seq
        """,
        row.region,
        row.payload.visit_id,
        row.payload.reason,
        row.payload.again_from,
        row.seq,
    )


async def put_off(tx: "Connection", rows: Sequence[Numbered[VisitUnassigned]]) -> None:
    """Applies visit.unassigned with a day: its people are not planned before it."""
    lines = [line for row in rows for line in list_lines(row)]
    if not lines:
        return
    await tx.execute(
        """
        INSERT INTO put_off AS p (region, person, campaign, dose_no, visit, not_before, seq)
        SELECT DISTINCT ON (region, person, campaign, dose_no) *
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::int[], $5::uuid[], $6::date[], $7::bigint[])
          AS b (region, person, campaign, dose_no, visit, not_before, seq)
        ORDER BY region, person, campaign, dose_no, seq DESC
        ON CONFLICT (region, person, campaign, dose_no) DO UPDATE
        SET (visit, not_before, seq) = (excluded.visit, excluded.not_before, excluded.seq) WHERE excluded.seq > p.seq
        """,
        [row.region for row, _, _, _ in lines],
        [person.person_id for _, person, _, _ in lines],
        [campaign for _, _, campaign, _ in lines],
        [person.dose_no for _, person, _, _ in lines],
        [row.payload.visit_id for row, _, _, _ in lines],
        [day for _, _, _, day in lines],
        [row.seq for row, _, _, _ in lines],
    )


def list_lines(row: Numbered[VisitUnassigned]) -> list[Line]:
    """Lists the people of a visit who are put off; nobody unless the event says a day."""
    campaign, day = row.payload.campaign_id, row.payload.not_before
    if campaign is None or day is None:
        return []
    return [(row, person, campaign, day) for person in row.payload.persons]
