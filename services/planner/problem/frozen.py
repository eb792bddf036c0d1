"""The freeze: which shifts a new plan may not touch, and what that means for their visits."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from events.plans import VisitAssigned
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.rows import VisitRow
from scheduling.problem import KeptStop
from services.planner.problem.people import DoseKey
from services.planner.problem.shifts import RosteredShift


@dataclass(frozen=True, slots=True)
class Freeze:
    """Which shifts are frozen at one moment, and which are over."""

    shifts: frozenset[UUID]
    over: frozenset[UUID]
    depots: dict[UUID, str]  # of the frozen shifts


@dataclass(slots=True)
class PublishedVisits:
    """The live visits of a region, sorted by what a new plan may do with them."""

    kept: list[VisitAssigned] = field(default_factory=list)  # repeated unchanged by the plan
    movable: list[VisitAssigned] = field(default_factory=list)
    told: set[str] = field(default_factory=set)  # ids of those of which a notice went out
    done: set[str] = field(default_factory=set)  # ids that must not be reused
    busy: set[DoseKey] = field(default_factory=set)  # doses of kept visits
    in_cars: dict[tuple[str, str], int] = field(default_factory=dict)  # doses by (depot, product)


def is_frozen(starts_at: datetime, now: datetime, freeze: timedelta) -> bool:
    """Whether a shift is frozen: it has begun, or begins within the freeze time (a start at its very end is free).

    A shift is frozen as a whole, because the stops around a stop decide whether the team is on time for it (decision
    0017). The freeze time is the region's policy `freeze_minutes`. The start as the post reported it counts: a
    delayed shift stays frozen.
    """
    return starts_at < now + freeze


def to_freeze(roster: Iterable[RosteredShift], now: datetime, freeze: timedelta) -> Freeze:
    """Finds the frozen shifts; that of an absent team is not among them, so that others can take over its visits."""
    roster = tuple(roster)
    frozen = [
        shift.facts
        for shift in roster
        if not shift.is_absent and is_frozen(shift.facts.starts_at, now, freeze)
    ]
    return Freeze(
        shifts=frozenset(facts.shift_id for facts in frozen),
        over=frozenset(shift.facts.shift_id for shift in roster if shift.facts.ends_at <= now),
        depots={facts.shift_id: str(facts.depot_id) for facts in frozen},
    )


def sort_visits(
    visits: Iterable[VisitRow], given: Collection[DoseKey], freeze: Freeze, midnight: datetime
) -> PublishedVisits:
    """Sorts the live visits into past, kept and movable; `midnight` begins the horizon, `given` doses have left the stock."""
    sorted_visits = PublishedVisits()
    for visit in visits:
        if is_past(visit, freeze, midnight):
            sorted_visits.done.add(str(visit.facts.visit_id))
        elif visit.is_started or visit.facts.shift_id in freeze.shifts:
            sorted_visits.done.add(str(visit.facts.visit_id))
            keep(sorted_visits, visit.facts, freeze, given)
        else:
            sorted_visits.movable.append(visit.facts)
            if visit.is_told:
                sorted_visits.told.add(str(visit.facts.visit_id))
    return sorted_visits


def is_past(visit: VisitRow, freeze: Freeze, midnight: datetime) -> bool:
    """Whether a visit is over: completed, on an earlier day, or in a shift that has ended."""
    return (
        visit.facts.starts_at < midnight
        or visit.is_completed
        or visit.facts.shift_id in freeze.over
    )


def keep(
    visits: PublishedVisits, visit: VisitAssigned, freeze: Freeze, given: Collection[DoseKey]
) -> None:
    """Keeps a visit as it is: its people are not planned again, and its doses are in the car, not in the depot.

    A visit that was begun early, before its shift was frozen, does not reduce the stock.
    """
    visits.kept.append(visit)
    if visit.campaign_id is None:
        return
    doses = {(person.person_id, visit.campaign_id, person.dose_no) for person in visit.persons}
    visits.busy |= doses
    depot = freeze.depots.get(visit.shift_id)
    if depot is not None and visit.product_id is not None:
        key = (depot, visit.product_id)
        visits.in_cars[key] = visits.in_cars.get(key, 0) + len(doses.difference(given))


def to_kept_stop(
    visit: VisitAssigned, calendar: Calendar, had: Collection[DoseKey] = ()
) -> KeptStop:
    """Converts a published visit to a stop of its day, for the people who have not had their dose."""
    return KeptStop(
        visit_id=str(visit.visit_id),
        shift_id=str(visit.shift_id),
        start=calendar.to_second(visit.starts_at),
        service_seconds=int((visit.ends_at - visit.starts_at).total_seconds()),
        location_id=str(visit.location_id),
        campaign_id=str(visit.campaign_id) if visit.campaign_id else None,
        product_id=visit.product_id,
        doses=tuple(
            (str(one.person_id), one.dose_no)
            for one in visit.persons
            if visit.campaign_id and (one.person_id, visit.campaign_id, one.dose_no) not in had
        ),
    )
