"""Derived events: a plan is published, visits are assigned and unassigned, lots quarantined.

They are events in the ledger like any other, so that other systems hear of them and a rebuild needs no rule of ours.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from events.envelope import Event
from events.extra_stops import StopAnswer, StopAnswered, StopOffered, StopWithdrawal, withdraw
from events.identifiers import Payload, PlanId, VisitId
from events.local_time import to_local_date
from events.organisations import PolicyChanged
from events.plans import PlanProposed, PlanPublished, VisitAssigned, VisitUnassigned
from events.supply import LotQuarantined, TemperatureRead
from events.teams import PlanApproved, StopCancelled
from infra.postgres.acceptor import (
    cancellations,
    cold_chain,
    elsewhere,
    extra_stops,
    plans,
    publishing,
    vetoes,
)
from infra.postgres.acceptor.ledger import Numbered
from infra.postgres.pages import plan_versions
from services.accept.vetoes import make_derived, make_derived_for, read_known, take_off
from services.plan_life.by_itself import may_go_out
from services.plan_life.difference import compare
from services.plan_life.reasons import to_reasons

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def apply_and_derive(tx: "Connection", row: Numbered[Payload]) -> list[Event]:
    """Apply one event and return what it derives: in the same region, with ids that follow from its id."""
    match row.payload:
        case PlanProposed() as said:
            return await derive_from_proposal(tx, row.of(said))
        case PlanApproved(plan_id=plan_id):
            return await derive_from_approval(tx, row, plan_id)
        case PlanPublished() as said:
            return await derive_from_publication(tx, row.of(said))
        case TemperatureRead() as said:
            return await derive_from_reading(tx, row.of(said))
        case StopCancelled() as said:
            return await derive_from_cancellation(tx, row.of(said))
        case StopAnswered() as said:
            return await derive_from_answer(tx, row.of(said))
        case _:
            raise AssertionError("this type derives nothing")


async def apply_without_deriving(tx: "Connection", row: Numbered[Payload]) -> None:
    """Apply one event in a rebuild: its derived events are in the ledger already."""
    match row.payload:
        case PlanProposed() as said:
            await plans.propose(tx, row.of(said))
        case PlanPublished() as said:
            await plans.publish(tx, row.of(said))
        case TemperatureRead() as said:
            await cold_chain.read_temperature(tx, [row.of(said)])
        case StopCancelled() as said:
            await cancellations.cancel(tx, row.of(said))
        case StopAnswered() as said:
            await extra_stops.answer(tx, row.of(said))
        case _:
            return


async def derive_from_approval(
    tx: "Connection", row: Numbered[Payload], plan_id: UUID
) -> list[Event]:
    """Publishes the newest proposal, unless somebody decided on it before: of two who decide at once the first counts."""
    standing = await publishing.read_plan(tx, row.region, plan_id)
    if standing is None or standing.stale or standing.published:
        return []
    if 0 < standing.rejected_seq < row.seq:
        return []
    return [make_derived(row, "", PlanPublished(plan_id=PlanId(plan_id)))]


async def derive_from_proposal(tx: "Connection", row: Numbered[PlanProposed]) -> list[Event]:
    """Publishes a plan that is not stale, where the policy of the region asks no person to approve it first.

    What the policy lets nobody publish but a person waits as a whole: an offer, unless it says otherwise, a plan that a
    person had made of another one, and a plan with one such change.
    """
    is_newest = await plans.propose(tx, row)
    if not is_newest or row.payload.made_of is not None:
        return []
    policy = await publishing.read_policy(tx, row.region)
    if not policy.publish_automatically or (row.payload.offer and not policy.auto_offers):
        return []
    if not policy.publishes_every_change and await needs_person(tx, row, policy):
        return []
    return [make_derived(row, "", PlanPublished(plan_id=row.payload.plan_id))]


async def needs_person(
    tx: "Connection", row: Numbered[PlanProposed], policy: PolicyChanged
) -> bool:
    """Whether one change of a plan may not be published automatically."""
    standing = await publishing.read_plan(tx, row.region, row.payload.plan_id)
    if standing is None:
        return True
    current = await publishing.read_assigned(tx, row.region, standing.from_at)
    begun = await publishing.read_begun(tx, row.region)
    lines = compare(
        current.values(),
        (visit for visit in standing.assignments if visit.visit_id not in begun),
        to_reasons(
            await plan_versions.read_unserved(tx, row.region, standing.hash),
            await plan_versions.read_taken_rules(tx, row.region, standing.hash),
        ),
    )
    return not all(may_go_out(policy, line) for line in lines)


async def derive_from_publication(tx: "Connection", row: Numbered[PlanPublished]) -> list[Event]:
    """Assigns the visits that are new or have another slot, team or people, and unassigns those that are gone.

    Visits that did not change derive nothing: nobody is told twice. A visit that has begun is left as it is. Every veto is
    applied again, because hours may lie between the making of a plan and its approval; what a planner took off since the
    plan was made does not come back.
    """
    await plans.publish(tx, row)
    standing = await publishing.read_plan(tx, row.region, row.payload.plan_id)
    if standing is None:
        return []
    current = await publishing.read_assigned(tx, row.region, standing.from_at)
    out = await publishing.read_begun(tx, row.region)
    out |= await vetoes.read_cancelled(tx, row.region, standing.region_seq)
    known = await read_known(
        tx,
        {one.person_id for told in standing.assignments for one in told.persons},
        {told.location_id for told in standing.assignments},
    )
    wanted: dict[VisitId, VisitAssigned] = {}
    for told in standing.assignments:
        kept = tuple(
            one
            for one in told.persons
            if known.may_stay(row.region, told.location_id, told.campaign_id, one)
        )
        if told.visit_id not in out and (kept or not told.persons):
            wanted[told.visit_id] = told.model_copy(
                update={"persons": kept, "plan_id": row.payload.plan_id}
            )
    agreed = await extra_stops.read_agreed(tx, row.region, standing.region_seq)
    wanted = keep_agreed(wanted, {one: current[one] for one in agreed if one in current})
    wanted = await leave_out_booked(tx, row.region, wanted, current)
    gone = [
        make_derived(
            row,
            str(visit),
            VisitUnassigned(
                visit_id=VisitId(visit), plan_id=row.payload.plan_id, location_id=told.location_id
            ),
        )
        for visit, told in sorted(current.items())
        if visit not in wanted
    ]
    return gone + [
        make_derived(row, str(visit), assignment)
        for visit, assignment in sorted(wanted.items())
        if visit not in current or is_news(current[visit], assignment)
    ]


async def leave_out_booked(
    tx: "Connection",
    region: str,
    wanted: Mapping[VisitId, VisitAssigned],
    current: Mapping[UUID, VisitAssigned],
) -> dict[VisitId, VisitAssigned]:
    """Leaves out who is booked already in another region or place, and visits of a team or member that is elsewhere then.

    The tables refuse such a row, and with it the whole plan: the others would wait for ever.
    """
    replaced = {*wanted, *current}
    visits = list(wanted.values())
    taken = await elsewhere.find_taken(tx, region, visits, replaced)
    taken |= await elsewhere.find_crewed(tx, region, visits, replaced)
    # a visit that stands as it is has its people in the tables, which let nobody else have them
    news = [
        visit
        for visit_id, visit in wanted.items()
        if visit_id not in current or is_news(current[visit_id], visit)
    ]
    booked = await elsewhere.find_booked(tx, region, news, replaced)
    kept: dict[VisitId, VisitAssigned] = {}
    for visit_id, visit in wanted.items():
        people = tuple(
            one for one in visit.persons if (visit_id, one.person_id, one.dose_no) not in booked
        )
        if visit_id not in taken and (people or not visit.persons):
            kept[visit_id] = visit.model_copy(update={"persons": people})
    return kept


def keep_agreed(
    wanted: Mapping[VisitId, VisitAssigned], agreed: Mapping[UUID, VisitAssigned]
) -> dict[VisitId, VisitAssigned]:
    """The visits of a plan with the extra stops that teams agreed to since it was made; nobody is in two of them."""
    doses = {(visit.campaign_id, one) for visit in agreed.values() for one in visit.persons}
    kept = {
        name: visit.model_copy(
            update={
                "persons": tuple(
                    one for one in visit.persons if (visit.campaign_id, one) not in doses
                )
            }
        )
        for name, visit in wanted.items()
        if name not in agreed
    }
    stands = {
        name: visit for name, visit in kept.items() if visit.persons or not wanted[name].persons
    }
    return stands | {visit.visit_id: visit for visit in agreed.values()}


async def derive_from_answer(tx: "Connection", row: Numbered[StopAnswered]) -> list[Event]:
    """Assigns an extra stop whose team says yes in time: from now on it is a visit like any other.

    What happened to its people since is asked as at a publication. A team that says yes too late hears that.
    """
    offered = await extra_stops.answer(tx, row)
    if offered is None or row.payload.answer is not StopAnswer.ACCEPTED:
        return []
    if row.at > offered.answer_by:
        return [make_derived(row, "", withdraw(offered, StopWithdrawal.TOO_LATE))]
    told = to_visit(offered)
    known = await read_known(tx, {one.person_id for one in told.persons}, {told.location_id})
    people = tuple(
        one
        for one in told.persons
        if known.may_stay(row.region, told.location_id, told.campaign_id, one)
    )
    wanted = {told.visit_id: told.model_copy(update={"persons": people})}
    if people or not told.persons:
        replaced: dict[UUID, VisitAssigned] = (
            {offered.instead_of: told} if offered.instead_of else {}
        )
        wanted = await leave_out_booked(tx, row.region, wanted, replaced)
    if not wanted or (told.persons and not people):
        return [make_derived(row, "", withdraw(offered, StopWithdrawal.FACTS))]
    return [make_derived(row, str(visit), one) for visit, one in wanted.items()]


def to_visit(offered: StopOffered) -> VisitAssigned:
    """The visit that an extra stop becomes."""
    return VisitAssigned(
        visit_id=offered.visit_id,
        plan_id=offered.plan_id,
        location_id=offered.location_id,
        team_id=offered.team_id,
        shift_id=offered.shift_id,
        campaign_id=offered.campaign_id,
        product_id=offered.product_id,
        starts_at=offered.starts_at,
        ends_at=offered.ends_at,
        persons=offered.persons,
    )


async def derive_from_reading(tx: "Connection", row: Numbered[TemperatureRead]) -> list[Event]:
    """Quarantines the lots of a temperature excursion, until somebody who answers for them releases them."""
    await cold_chain.read_temperature(tx, [row])
    if not row.payload.excursion:
        return []
    lots = sorted({(one.product_id, one.lot) for one in row.payload.lots})
    return [
        make_derived(row, f"{product}/{lot}", LotQuarantined(product_id=product, lot=lot))
        for product, lot in lots
    ]


async def derive_from_cancellation(tx: "Connection", row: Numbered[StopCancelled]) -> list[Event]:
    """Takes a visit off at once; who is not vaccinated yet is planned again from the day that the planner says.

    Where the team has begun already, those who had the dose stay.
    """
    await cancellations.cancel(tx, row)
    visit = await vetoes.read_visit(tx, row.region, row.payload.visit_id)
    if visit is None:
        return []
    facts = visit.facts
    if visit.begun:
        return [take_off(row, visit, tuple(one for one in facts.persons if one in visit.had))]
    again_from = row.payload.again_from or to_local_date(facts.starts_at) + timedelta(days=1)
    unassigned = VisitUnassigned(
        visit_id=facts.visit_id,
        plan_id=facts.plan_id,
        location_id=facts.location_id,
        campaign_id=facts.campaign_id,
        persons=facts.persons,
        not_before=again_from,
    )
    return [make_derived_for(visit, row, unassigned)]


def is_news(told: VisitAssigned, wanted: VisitAssigned) -> bool:
    """Whether people must be told: another plan with the same slot, team and residents is none."""
    return told.model_copy(update={"plan_id": wanted.plan_id}) != wanted
