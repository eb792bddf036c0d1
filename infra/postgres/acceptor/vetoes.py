"""Reads what is booked for people and places that a batch speaks of, and where these people are registered."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from events.plans import PlannedPerson, VisitAssigned
from infra.postgres.assignments import to_assigned

if TYPE_CHECKING:
    from infra.postgres.database import Connection

Homes = dict[
    tuple[UUID, UUID], dict[str, UUID]
]  # person, campaign -> region, where they live there


@dataclass(frozen=True, slots=True)
class BookedVisit:
    """A live visit with its people, and who of them had the dose there."""

    region: str
    facts: VisitAssigned
    begun: bool
    had: frozenset[PlannedPerson]


async def read_booked(
    tx: "Connection",
    people: Sequence[UUID],
    places: Sequence[UUID],
    regions: Collection[str],
    since: datetime,
    *,
    everybody: bool = False,
) -> list[BookedVisit]:
    """Reads the visits of these people and at these places, not completed and not over at `since`, in these regions.

    With `everybody` the visits of all people.
    """
    rows = await tx.fetch(
        """
        WITH hit AS MATERIALIZED (
          SELECT a.region, a.visit FROM unnest($1::uuid[]) AS p (person) JOIN appointments a USING (person)
          WHERE a.booked_seq > a.released_seq
          UNION
          SELECT v.region, v.visit FROM unnest($2::uuid[]) AS p (location) JOIN visits v USING (location)
          WHERE v.assigned_seq > v.unassigned_seq
          UNION
          SELECT a.region, a.visit FROM appointments a WHERE $5 AND a.booked_seq > a.released_seq)
        SELECT v.region, v.visit, v.plan, v.location, v.team, v.shift, v.campaign, v.product, lower(v.slot) AS starts,
               upper(v.slot) AS ends, v.started_seq > 0 AS begun, array_agg(a.person ORDER BY a.person, a.dose_no) AS people,
               array_agg(a.dose_no ORDER BY a.person, a.dose_no) AS dose_numbers,
               array_agg(EXISTS (
                 SELECT FROM dose_records d WHERE d.visit = a.visit AND d.person = a.person AND d.campaign = a.campaign
                   AND d.dose_no = a.dose_no AND d.outcome = 'given') ORDER BY a.person, a.dose_no) AS had
        FROM hit JOIN visits v USING (region, visit) JOIN appointments a USING (region, visit)
        WHERE v.region = ANY ($3::text[]) AND v.assigned_seq > v.unassigned_seq AND v.completed_seq = 0 AND upper(v.slot) > $4
          AND a.booked_seq > a.released_seq
        GROUP BY v.region, v.visit ORDER BY v.region, v.visit
        """,
        people,
        places,
        sorted(regions),
        since,
        everybody,
    )
    found = []
    for row in rows:
        facts = to_assigned(row)
        had = frozenset(one for one, was in zip(facts.persons, row["had"], strict=True) if was)
        found.append(BookedVisit(row["region"], facts, row["begun"], had))
    return found


async def read_homes(tx: "Connection", people: Sequence[UUID]) -> Homes:
    """Reads where these people live by their newest live registration, which is in one region; {} when all were withdrawn.

    Registrations follow the person: an earlier region has nobody at home whom a later one took over.
    """
    rows = await tx.fetch(
        """
        SELECT person, campaign, NULL::text AS home, NULL::uuid AS location FROM registrations
        WHERE person = ANY ($1::uuid[]) AND registered_seq > 0
        UNION ALL (
          SELECT person, campaign, home, location FROM registrations_now
          WHERE person = ANY ($1::uuid[]) AND region = home ORDER BY moment, accepted_at NULLS FIRST, seq)
        """,
        people,
    )
    homes: Homes = defaultdict(dict)
    for row in rows:
        live = homes[row["person"], row["campaign"]]
        if row["home"] is not None:
            live[row["home"]] = row["location"]  # the newest is last
    return homes


async def read_blocked(tx: "Connection", places: Sequence[UUID]) -> set[tuple[str, UUID]]:
    """Reads which of these places an outbreak blocks."""
    rows = await tx.fetch(
        "SELECT region, location FROM locations WHERE location = ANY ($1::uuid[]) AND outbreak = 'block'",
        places,
    )
    return {(row["region"], row["location"]) for row in rows}


async def read_visit(tx: "Connection", region: str, visit: UUID) -> BookedVisit | None:
    """Reads one live visit that is not completed, a crisis visit too; None when there is none."""
    row = await tx.fetchrow(
        """
        SELECT v.visit, v.plan, v.location, v.team, v.shift, v.campaign, v.product, lower(v.slot) AS starts, upper(v.slot) AS ends,
               v.started_seq > 0 AS begun,
               coalesce(array_agg(a.person ORDER BY a.person, a.dose_no) FILTER (WHERE a.live), '{}') AS people,
               coalesce(array_agg(a.dose_no ORDER BY a.person, a.dose_no) FILTER (WHERE a.live), '{}') AS dose_numbers,
               coalesce(array_agg(EXISTS (
                 SELECT FROM dose_records d WHERE d.visit = a.visit AND d.person = a.person AND d.campaign = a.campaign
                   AND d.dose_no = a.dose_no AND d.outcome = 'given') ORDER BY a.person, a.dose_no)
                 FILTER (WHERE a.live), '{}') AS had
        FROM visits v LEFT JOIN appointments a USING (region, visit)
        WHERE v.region = $1 AND v.visit = $2 AND v.live AND v.completed_seq = 0 GROUP BY v.region, v.visit
        """,
        region,
        visit,
    )
    if row is None:
        return None
    facts = to_assigned(row)
    had = frozenset(one for one, was in zip(facts.persons, row["had"], strict=True) if was)
    return BookedVisit(region, facts, row["begun"], had)


async def read_cancelled(tx: "Connection", region: str, after: int) -> set[UUID]:
    """Reads the visits that planners took off after a ledger number."""
    rows = await tx.fetch(
        "SELECT visit FROM cancellations WHERE region = $1 AND cancelled_seq > $2", region, after
    )
    return {row["visit"] for row in rows}
