"""Converts a plan to events and to the record that is stored."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from events.extra_stops import StopOffered
from events.identifiers import (
    CampaignId,
    LocationId,
    PersonId,
    PlanId,
    ShiftId,
    TeamId,
    VisitId,
)
from events.plans import Made, PlannedPerson, PlanOffer, PlanProposed, VisitAssigned
from infra.identity import derived_id
from infra.postgres.findings import GAVE_WAY, KEPT, PIN, TOLD, Finding
from scheduling.plan import Plan, Route, Stop, Violation
from services.accept.submission import OwnEvent, PlanRecord, Submission, own_submission, own_system
from services.planner.asking import to_events
from services.planner.problem.posed import PosedProblem
from services.planner.record import (
    BegunRecord,
    to_bound,
    to_counts,
    to_priorities,
    to_replay,
    to_values,
)


def to_submission(
    posed: PosedProblem,
    plan: Plan,
    now: datetime,
    kept: Sequence[Violation] = (),
    offer: PlanOffer | None = None,
    asked: Sequence[StopOffered] = (),
    made_of: tuple[UUID, Made] | None = None,
    begun: BegunRecord | None = None,
) -> Submission:
    """Converts a plan to its proposal with its record; the same plan of the same facts gets the same id.

    `kept` is what published stops break by themselves; with an `offer` it waits for a person. Teams are `asked` for extra
    stops in the same breath, and what they were asked before and is over ends. A record that was `begun` is completed.
    """
    if begun is None or begun.problem is not posed.problem:
        begun = BegunRecord(posed.problem)
    digest, record = begun.complete(plan)
    plan_id = name_plan(plan, digest)
    proposal = PlanProposed(
        plan_id=plan_id,
        as_of=plan.as_of,
        horizon_start=posed.calendar.start,
        hash=digest,
        counts=to_counts(plan),
        seconds=round(plan.seconds, 3),
        values=to_values(plan),
        replay=to_replay(posed.problem, plan),
        bound=to_bound(plan),
        offer=offer,
        base=PlanId(posed.base) if posed.base else None,
        served_by_priority=to_priorities(posed.problem, plan),
        made_of=PlanId(made_of[0]) if made_of else None,
        made=made_of[1] if made_of else None,
    )
    repeated = [visit for visit in posed.kept if visit.starts_at >= posed.from_at]
    assignments = [
        to_assignment(posed, plan_id, route, stop) for route in plan.routes for stop in route.stops
    ]
    computed = PlanRecord(
        hash=digest,
        region=plan.region,
        from_at=posed.from_at,
        record=record,
        assignments=(*repeated, *assignments),
        unassigned=plan.unassigned,
        findings=(
            *find_kept(posed, kept),
            *find_pins(posed, plan),
            *find_taken(posed, plan),
            *find_gave_way(posed, plan),
        ),
        travel=posed.matrix,
        elsewhere=posed.elsewhere,
    )
    events = [
        OwnEvent(str(plan_id), now, proposal),
        *to_events(plan_id, asked, posed.extra.ended, now),
    ]
    return own_submission(own_system(plan.region), plan.region, events, computed)


def name_plan(plan: Plan, digest: str) -> PlanId:
    """The id of a plan: the same plan of the same facts has the same."""
    return PlanId(derived_id("plan", plan.region, str(plan.as_of), plan.horizon_start, digest))


def find_kept(posed: PosedProblem, violations: Iterable[Violation]) -> Iterator[Finding]:
    """Says of each rule that published stops break which stop or shift it is, as it stood when it was judged."""
    stops = {stop.visit_id: stop for stop in posed.told.stops}
    for row in violations:
        stop = stops.get(row.where)
        shift = stop.shift_id if stop else row.where if row.where in posed.team_of else None
        yield Finding(
            kind=KEPT,
            visit=UUID(row.where) if stop else None,
            shift=UUID(shift) if shift else None,
            starts_at=posed.calendar.to_moment(stop.start) if stop else None,
            rule=row.rule,
            detail=row.detail,
        )


def find_pins(posed: PosedProblem, plan: Plan) -> Iterator[Finding]:
    """Says of each pin that does not hold which rule it breaks."""
    for row in plan.pin_faults:
        yield Finding(
            kind=PIN,
            visit=UUID(row.visit_id),
            shift=UUID(row.shift_id) if row.shift_id else None,
            starts_at=posed.calendar.to_moment(row.start),
            rule=row.rule,
            detail=row.detail,
            beside=tuple(UUID(name) for name in row.beside),
        )


def find_taken(posed: PosedProblem, plan: Plan) -> Iterator[Finding]:
    """Says of each published visit of which facts took something which rule that was."""
    for row in plan.taken:
        yield Finding(
            kind=TOLD,
            visit=UUID(row.visit_id),
            shift=UUID(row.shift_id),
            starts_at=posed.calendar.to_moment(row.start),
            rule=row.rule,
            detail=row.detail,
        )


def find_gave_way(posed: PosedProblem, plan: Plan) -> Iterator[Finding]:
    """Says of each published visit that moved for another where it stands now, and for which."""
    made = {stop.visit.id: (route.shift_id, stop) for route in plan.routes for stop in route.stops}
    for row in plan.moved:
        shift_id, stop = made[row.visit_id]
        yield Finding(
            kind=GAVE_WAY,
            visit=UUID(row.visit_id),
            shift=UUID(shift_id),
            starts_at=posed.calendar.to_moment(stop.start),
            rule="promise",
            detail=row.for_visit,
        )


def to_assignment(posed: PosedProblem, plan_id: PlanId, route: Route, stop: Stop) -> VisitAssigned:
    """Converts a stop to the assignment that people are told."""
    visit = stop.visit
    return VisitAssigned(
        visit_id=VisitId(UUID(visit.id)),
        plan_id=plan_id,
        location_id=LocationId(UUID(visit.location_id)),
        team_id=TeamId(posed.team_of[route.shift_id]),
        shift_id=ShiftId(UUID(route.shift_id)),
        campaign_id=CampaignId(UUID(visit.campaign_id)) if visit.campaign_id else None,
        product_id=visit.product_id,
        starts_at=posed.calendar.to_moment(stop.start),
        ends_at=posed.calendar.to_moment(stop.departure),
        persons=tuple(
            PlannedPerson(person_id=PersonId(UUID(person)), dose_no=dose_no)
            for person, dose_no in visit.needs
        ),
    )
