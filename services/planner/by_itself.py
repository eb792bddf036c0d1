"""Splits a plan by the policy of its region: what may be published without a person, and the whole plan that waits for one."""

from collections.abc import Iterable
from uuid import UUID

from events.identifiers import PlanId
from events.plans import VisitAssigned
from scheduling.care.lookup import NeedKey
from scheduling.choosing import CannotStand, Chosen, choose
from scheduling.plan import Plan, Reason
from services.plan_life.by_itself import select_by_itself
from services.plan_life.difference import Line, Reasons, compare
from services.plan_life.parts import to_part
from services.planner.problem.posed import PosedProblem
from services.planner.translate import to_assignment

UNNAMED = PlanId(UUID(int=0))  # a difference does not look at the plan's id


def find_first_part(posed: PosedProblem, plan: Plan) -> Plan | None:
    """A whole plan of those changes that may be published without a person; None where that is all or nothing.

    What cannot stand without the rest waits with it.
    """
    policy = posed.policy
    if policy.publishes_every_change or not policy.publish_automatically:
        return None
    lines = list_lines(posed, plan)
    names = select_by_itself(policy, lines)
    if not names or len(names) == len(lines):
        return None
    parts = [to_part(line, posed.calendar) for line in lines]
    try:
        chosen = choose(posed.problem, parts, names, list_reasons(plan))
    except CannotStand:
        return None  # what stands breaks a rule by itself: the whole plan mends it
    if not chosen.standing or leaves_taken(lines, chosen):
        return None
    return chosen.plan


def leaves_taken(lines: Iterable[Line], chosen: Chosen) -> bool:
    """Whether somebody whose appointment a fact takes would lose it now, and hear of another one later."""
    taken = {row.visit_id for row in chosen.plan.taken}
    return any(
        line.before is not None
        and str(line.before.visit_id) in taken
        and line.name not in chosen.standing
        for line in lines
    )


def list_lines(posed: PosedProblem, plan: Plan) -> tuple[Line, ...]:
    """What a plan changes of what may be changed."""
    made: list[VisitAssigned] = [
        to_assignment(posed, UNNAMED, route, stop) for route in plan.routes for stop in route.stops
    ]
    return compare(posed.movable, made, to_said_reasons(plan))


def to_said_reasons(plan: Plan) -> Reasons:
    """Why a plan leaves people out."""
    return Reasons(
        {
            (UUID(row.campaign_id), UUID(row.person_id), row.dose_no or 0): tuple(
                reason.value for reason in row.reasons
            )
            for row in plan.unassigned
            if row.person_id and row.campaign_id
        },
        {
            UUID(row.visit_id): tuple(reason.value for reason in row.reasons)
            for row in plan.unassigned
            if row.visit_id and not row.person_id
        },
        {UUID(row.visit_id): row.rule for row in plan.taken},
    )


def list_reasons(plan: Plan) -> dict[NeedKey, tuple[Reason, ...]]:
    """The same in the words of the scheduler."""
    return {
        (row.person_id, row.campaign_id or "", row.dose_no or 0): row.reasons
        for row in plan.unassigned
        if row.person_id
    }
