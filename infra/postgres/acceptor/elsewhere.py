"""What a plan may not book because it is booked already, outside of what the plan replaces.

A constraint of the tables would refuse the whole plan for one such row. So a publication leaves those rows out, and the
rest of the region gets its plan.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from events.plans import VisitAssigned

if TYPE_CHECKING:
    from infra.postgres.database import Connection

Booking = tuple[UUID, UUID, int]  # visit, person, dose number


async def find_booked(
    tx: "Connection", region: str, visits: Sequence[VisitAssigned], replaced: Collection[UUID]
) -> set[Booking]:
    """Finds the bookings of these visits whose dose has an appointment in another region, or whose person is expected
    in another place in that time, leaving out the visits of the region that the plan replaces.
    """
    each = [(visit, person) for visit in visits for person in visit.persons]
    rows = await tx.fetch(
        """
        SELECT b.visit, b.person, b.dose_no
        FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::int[], $7::timestamptz[], $8::timestamptz[])
          AS b (visit, person, campaign, dose_no, starts, ends)
        WHERE EXISTS (
          SELECT FROM appointments a WHERE a.person = b.person AND a.campaign = b.campaign AND a.dose_no = b.dose_no
            AND a.booked_seq > a.released_seq AND a.region <> $1)
        OR EXISTS (
          SELECT FROM presences p WHERE uuidrange(p.person, p.person, '[]') && uuidrange(b.person, b.person, '[]')
            AND p.slot && tstzrange(b.starts, b.ends) AND p.booked_seq > p.released_seq
            AND (p.region <> $1 OR p.visit <> ALL ($2::uuid[])))
        """,
        region,
        list(replaced),
        [visit.visit_id for visit, _ in each],
        [person.person_id for _, person in each],
        [visit.campaign_id for visit, _ in each],
        [person.dose_no for _, person in each],
        [visit.starts_at for visit, _ in each],
        [visit.ends_at for visit, _ in each],
    )
    return {(row["visit"], row["person"], row["dose_no"]) for row in rows}


async def find_crewed(
    tx: "Connection", region: str, visits: Sequence[VisitAssigned], replaced: Collection[UUID]
) -> set[UUID]:
    """Finds the visits of a crew with somebody who has visits in another region in the hours of that shift.

    A visit of ours that is published already stays where the name of our region sorts first: not both give way.
    """
    rows = await tx.fetch(
        """
        WITH others AS MATERIALIZED (
          SELECT DISTINCT shift, other_region, other_shift FROM crews_shared
          WHERE shift = ANY ($4::uuid[]) AND other_shift <> ALL ($4::uuid[]) AND other_starts < ends AND other_ends > starts)
        SELECT b.visit FROM unnest($3::uuid[], $4::uuid[]) AS b (visit, shift)
        WHERE EXISTS (
          SELECT FROM others o WHERE o.shift = b.shift AND o.other_region <> $1 AND EXISTS (
            SELECT FROM visits v WHERE v.shift = o.other_shift AND v.region <> $1 AND v.assigned_seq > v.unassigned_seq)
          AND NOT ($1 < o.other_region AND EXISTS (
            SELECT FROM visits v WHERE v.region = $1 AND v.shift = b.shift AND v.visit = ANY ($2::uuid[])
              AND v.assigned_seq > v.unassigned_seq)))
        """,
        region,
        list(replaced),
        [visit.visit_id for visit in visits],
        [visit.shift_id for visit in visits],
    )
    return {row["visit"] for row in rows}


async def find_taken(
    tx: "Connection", region: str, visits: Sequence[VisitAssigned], replaced: Collection[UUID]
) -> set[UUID]:
    """Finds the visits whose team is at another one in that time, leaving out those that the plan replaces."""
    rows = await tx.fetch(
        """
        SELECT b.visit FROM unnest($3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[]) AS b (visit, team, starts, ends)
        WHERE EXISTS (
          SELECT FROM visits v WHERE uuidrange(v.team, v.team, '[]') && uuidrange(b.team, b.team, '[]')
            AND v.slot && tstzrange(b.starts, b.ends) AND v.assigned_seq > v.unassigned_seq
            AND (v.region <> $1 OR v.visit <> ALL ($2::uuid[])))
        """,
        region,
        list(replaced),
        [visit.visit_id for visit in visits],
        [visit.team_id for visit in visits],
        [visit.starts_at for visit in visits],
        [visit.ends_at for visit in visits],
    )
    return {row["visit"] for row in rows}
