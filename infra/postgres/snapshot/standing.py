"""What stands already: visits under way or done, frozen shifts, pins, what people were told, crisis requests."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from events.location import VisitRequested
from events.plans import VisitAssigned
from infra.postgres.assignments import to_assigned
from infra.postgres.snapshot.calendar import Calendar
from scheduling.care.eligibility import of_urgency
from scheduling.problem import CrisisVisit, Fixed, Published

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(slots=True)
class Standing:
    """The live visits of a region, told apart by what a new plan may do with them."""

    kept: list[VisitAssigned] = field(
        default_factory=list
    )  # in frozen shifts: repeated unchanged by the plan
    movable: list[VisitAssigned] = field(default_factory=list)
    done: set[str] = field(default_factory=set)  # ids that may not be used again
    busy: set[tuple[UUID, UUID, int]] = field(default_factory=set)  # doses under way
    held: dict[tuple[str, str], int] = field(default_factory=dict)  # doses of a depot in cars


async def load_standing(
    tx: "Connection", region: str, begins: datetime, frozen: dict[UUID, str], over: set[UUID]
) -> Standing:
    """Read the visits since the start of the horizon; `frozen` shifts with their depot, `over` those that ended."""
    rows = await tx.fetch(
        """
        SELECT v.visit, v.plan, v.location, v.team, v.shift, v.campaign, v.product, lower(v.slot) AS starts, upper(v.slot) AS ends,
               v.started_seq > 0 AS started, v.completed_seq > 0 AS completed,
               coalesce(array_agg(a.person ORDER BY a.person, a.dose_no) FILTER (WHERE a.live), '{}') AS people,
               coalesce(array_agg(a.dose_no ORDER BY a.person, a.dose_no) FILTER (WHERE a.live), '{}') AS dose_numbers
        FROM visits v LEFT JOIN appointments a USING (region, visit)
        WHERE v.region = $1 AND v.live GROUP BY v.region, v.visit
        """,
        region,
    )
    given = await load_given(tx, region)
    standing = Standing()
    for row in rows:
        visit = to_assigned(row)
        is_past = row["starts"] < begins or row["completed"] or visit.shift_id in over
        if is_past or visit.shift_id in frozen or row["started"]:
            standing.done.add(str(visit.visit_id))
            if not is_past:
                keep(standing, visit, frozen.get(visit.shift_id), given)
        else:
            standing.movable.append(visit)
    return standing


def keep(
    standing: Standing, visit: VisitAssigned, depot: str | None, given: set[tuple[UUID, UUID, int]]
) -> None:
    """A visit under way: it stays, its people wait for nobody else, its doses are out of the fridge."""
    standing.kept.append(visit)
    if visit.campaign_id is None:
        return
    doses = {(person.person_id, visit.campaign_id, person.dose_no) for person in visit.persons}
    standing.busy |= doses
    if depot is not None and visit.product_id is not None:
        key = (depot, visit.product_id)
        standing.held[key] = standing.held.get(key, 0) + len(doses - given)


async def load_given(tx: "Connection", region: str) -> set[tuple[UUID, UUID, int]]:
    """Doses that left the stock already."""
    rows = await tx.fetch(
        "SELECT person, campaign, dose_no FROM doses WHERE region = $1 AND outcome = 'given'",
        region,
    )
    return {(row["person"], row["campaign"], row["dose_no"]) for row in rows}


async def load_pins(tx: "Connection", region: str) -> dict[UUID, tuple[UUID, datetime]]:
    """Visits that were pinned or moved, with their shift and start, the oldest first; of both the later holds."""
    rows = await tx.fetch(
        """
        SELECT visit, CASE WHEN moved_seq > pinned_seq THEN moved_shift ELSE shift END AS shift,
               CASE WHEN moved_seq > pinned_seq THEN moved_to ELSE starts_at END AS starts_at
        FROM pins WHERE region = $1 AND holds ORDER BY greatest(pinned_seq, moved_seq)
        """,
        region,
    )
    return {row["visit"]: (row["shift"], row["starts_at"]) for row in rows}


def keep_pins(
    movable: list[VisitAssigned],
    pins: dict[UUID, tuple[UUID, datetime]],
    teams: dict[str, str],
    calendar: Calendar,
) -> tuple[Fixed, ...]:
    """The pins that can hold together: of two at one time for one team (`teams` by shift) the older stays.

    A pin is somebody's wish, so a contradiction between two must not stop the plan of all others.
    """
    visits: dict[UUID, VisitAssigned] = {visit.visit_id: visit for visit in movable}
    kept: list[Fixed] = []
    for visit_id, pin in pins.items():
        if visit_id not in visits or str(pin[0]) not in teams:
            continue
        wanted = to_fixed(visits[visit_id], pin, calendar)
        team = teams[wanted.shift_id]
        if not any(teams[row.shift_id] == team and overlap(row, wanted) for row in kept):
            kept.append(wanted)
    return tuple(kept)


def overlap(one: Fixed, other: Fixed) -> bool:
    """Whether two stops share a moment."""
    return (
        one.start < other.start + other.service_seconds
        and other.start < one.start + one.service_seconds
    )


def to_fixed(visit: VisitAssigned, pin: tuple[UUID, datetime], calendar: Calendar) -> Fixed:
    """A pinned visit as the scheduler takes it."""
    numbers = {person.dose_no for person in visit.persons}
    return Fixed(
        visit_id=str(visit.visit_id),
        shift_id=str(pin[0]),
        start=calendar.second(pin[1]),
        person_ids=frozenset(str(person.person_id) for person in visit.persons),
        why="pinned",
        location_id=str(visit.location_id),
        campaign_id=str(visit.campaign_id) if visit.campaign_id else None,
        product_id=visit.product_id,
        service_seconds=int((visit.ends_at - visit.starts_at).total_seconds()),
        dose_no=numbers.pop() if len(numbers) == 1 else None,
    )


def to_published(visit: VisitAssigned, calendar: Calendar) -> Published:
    """What people were told of a visit."""
    return Published(str(visit.visit_id), str(visit.shift_id), calendar.second(visit.starts_at))


async def load_crisis(
    tx: "Connection", region: str, calendar: Calendar, done: set[str]
) -> list[CrisisVisit]:
    """Crisis visits that are asked for and not under way."""
    rows = await tx.fetch(
        "SELECT visit, facts FROM crisis_requests WHERE region = $1 AND live AND facts IS NOT NULL ORDER BY visit",
        region,
    )
    found = []
    for row in rows:
        if str(row["visit"]) in done:
            continue
        facts = VisitRequested.model_validate_json(row["facts"])
        found.append(
            CrisisVisit(
                id=str(facts.visit_id),
                location_id=str(facts.location_id),
                first_second=calendar.second(facts.earliest),
                last_second=calendar.second(facts.latest),
                service_seconds=facts.minutes * 60,
                skills=frozenset(skill.value for skill in facts.skills),
                priority=of_urgency(facts.urgency.value),
            )
        )
    return found
