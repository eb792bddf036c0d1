"""The freeze: which shifts a new plan may not touch, and what that means for the visits in them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from events.plans import VisitAssigned
from infra.postgres.snapshot.rows import VisitRow
from services.planner.problem.people import DoseKey
from services.planner.problem.shifts import RosteredShift


@dataclass(frozen=True, slots=True)
class Freeze:
    """The shifts that are frozen at one moment, and those that are over."""

    shifts: frozenset[UUID]
    over: frozenset[UUID]
    depots: dict[UUID, str]  # of the frozen shifts


@dataclass(slots=True)
class PublishedVisits:
    """The live visits of a region, told apart by what a new plan may do with them."""

    kept: list[VisitAssigned] = field(default_factory=list)  # repeated unchanged by the plan
    movable: list[VisitAssigned] = field(default_factory=list)
    done: set[str] = field(default_factory=set)  # ids that may not be used again
    busy: set[DoseKey] = field(default_factory=set)  # doses of kept visits
    in_cars: dict[tuple[str, str], int] = field(default_factory=dict)  # doses by depot and product


def is_frozen(starts_at: datetime, now: datetime, freeze: timedelta) -> bool:
    """Whether a shift is frozen as a whole: it has begun, or begins before the freeze time is over.

    The freeze time is the policy of a region (`freeze_minutes`): so long before it begins a team packs its doses and
    people count on the hour that they were told. A shift is frozen with all its stops, as the stops around one
    decide whether the team is in time for it (decision 0017). The start that the post said counts: a delay that is
    reported thaws no shift.
    """
    return starts_at < now + freeze


def to_freeze(roster: Iterable[RosteredShift], now: datetime, freeze: timedelta) -> Freeze:
    """The freeze at this moment. The shift of a team that is away is never frozen: others make its visits."""
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
    """Tell the live visits apart at a freeze; `midnight` begins the horizon, `given` doses left the stock already."""
    sorted_visits = PublishedVisits()
    for visit in visits:
        if is_past(visit, freeze, midnight):
            sorted_visits.done.add(str(visit.facts.visit_id))
        elif visit.is_started or visit.facts.shift_id in freeze.shifts:
            sorted_visits.done.add(str(visit.facts.visit_id))
            keep(sorted_visits, visit.facts, freeze, given)
        else:
            sorted_visits.movable.append(visit.facts)
    return sorted_visits


def is_past(visit: VisitRow, freeze: Freeze, midnight: datetime) -> bool:
    """Whether a visit is over: completed, of an earlier day, or in a shift that has ended."""
    return (
        visit.facts.starts_at < midnight
        or visit.is_completed
        or visit.facts.shift_id in freeze.over
    )


def keep(
    visits: PublishedVisits, visit: VisitAssigned, freeze: Freeze, given: Collection[DoseKey]
) -> None:
    """A visit that stays as it is: its people are planned nowhere else, its doses are out of the fridge.

    A visit that a team began in a shift that is not frozen (it came early) leaves the stock as it is counted.
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
