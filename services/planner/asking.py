"""Asks teams that are on the road or about to leave for an extra stop, where no plan helps today."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from events.extra_stops import StopOffered, StopWithdrawn
from events.identifiers import (
    CampaignId,
    ExtraStopId,
    LocationId,
    PersonId,
    PlanId,
    ShiftId,
    TeamId,
    VisitId,
)
from events.plans import PlannedPerson
from infra.identity import derived_id
from scheduling.extra_stops import ExtraStop, find_extra_stops, list_wanted
from scheduling.plan import Plan
from services.accept.submission import OwnEvent
from services.planner.problem.extra import hold_offered
from services.planner.problem.posed import PosedProblem


def find_offers(posed: PosedProblem, plan: Plan) -> tuple[StopOffered, ...]:
    """What to ask which team, beside this plan; each team one thing at a time. The plan's id is added when it has one."""
    problem, extra = posed.problem, posed.extra
    if not extra.teams or extra.answer_by is None:
        return ()
    wanted = list_wanted(problem, plan, extra.lost, extra.asked)
    found = find_extra_stops(problem, plan, extra.teams, wanted)
    return tuple(to_offer(posed, stop, extra.answer_by) for stop in found)


def to_offer(posed: PosedProblem, stop: ExtraStop, answer_by: datetime) -> StopOffered:
    """Converts an extra stop to what a team is asked; residents get a visit of its own, for some may be left out of it."""
    visit, calendar = stop.visit, posed.calendar
    lost = VisitId(UUID(visit.id))
    is_crisis = visit.campaign_id is None
    made = lost if is_crisis else VisitId(derived_id("extra stop", visit.id, stop.shift_id))
    return StopOffered(
        extra_stop_id=ExtraStopId(
            derived_id("stop.offered", str(made), stop.shift_id, str(posed.problem.as_of))
        ),
        visit_id=made,
        instead_of=None if is_crisis else lost,
        plan_id=PlanId(UUID(int=0)),
        location_id=LocationId(UUID(visit.location_id)),
        team_id=TeamId(posed.team_of[stop.shift_id]),
        shift_id=ShiftId(UUID(stop.shift_id)),
        behind=VisitId(UUID(stop.behind)) if stop.behind else None,
        campaign_id=CampaignId(UUID(visit.campaign_id)) if visit.campaign_id else None,
        product_id=visit.product_id,
        starts_at=calendar.to_moment(stop.start),
        ends_at=calendar.to_moment(stop.departure),
        persons=tuple(
            PlannedPerson(person_id=PersonId(UUID(person)), dose_no=dose)
            for person, dose in visit.needs
        ),
        answer_by=answer_by,
    )


def hold(posed: PosedProblem, offers: Iterable[StopOffered]) -> PosedProblem:
    """The problem without those for whom teams are asked now."""
    return replace(posed, problem=hold_offered(posed.problem, offers))


def to_events(
    plan_id: PlanId,
    offers: Iterable[StopOffered],
    ended: Iterable[StopWithdrawn],
    now: datetime,
) -> list[OwnEvent]:
    """What is said of extra stops beside a plan."""
    events = [
        OwnEvent(str(derived_id("stop.withdrawn", str(one.extra_stop_id), one.why.value)), now, one)
        for one in ended
    ]
    events += [
        OwnEvent(str(one.extra_stop_id), now, one.model_copy(update={"plan_id": plan_id}))
        for one in offers
    ]
    return events
