"""Events that the system makes: plans proposed and published, visits assigned and unassigned."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from events.identifiers import (
    CampaignId,
    Day,
    DoseNo,
    LocationId,
    Moment,
    Payload,
    PersonId,
    PlanId,
    ProductId,
    ShiftId,
    TeamId,
    VisitId,
    Younger,
)

Count = Annotated[int, Field(ge=0)]


class PlanCounts(Payload):
    """The size of a plan, in numbers that anyone may see."""

    people_served: Count
    people_unserved: Count
    unserved_reasons: dict[str, Count]
    visits: Count
    locations: Count
    shifts: Count
    doses_wasted: Count
    working_minutes: Count
    metres: Count
    moved_stops: Count


class PlanValues(Payload):
    """Objective values besides the counts: next doses planned too late, and wishes not met."""

    late_next_doses: Count
    other_team: Count  # next doses by another team than the one before
    days_off: Count  # days from the ideal day, all next doses together


class PlanReplay(Payload):
    """How the plan bears days that go otherwise: its routes driven a thousand times with drawn lengths of visits and roads."""

    on_time_percent: Annotated[int, Field(ge=0, le=100)]  # of stops, begun within opening hours
    back_on_time_percent: Annotated[int, Field(ge=0, le=100)]  # of routes, within the shift
    containers_late: Count  # opened and not used up in time, in one drive of the whole plan


class PlanBound(Payload):
    """What could at most be gained on the plan, however long it is searched; 0: it is proven that nothing can."""

    relaxation: Annotated[
        str, StringConstraints(pattern=r"^[a-z_]{1,40}$")
    ]  # what the proof leaves out: without_routes
    people_more: Count  # doses to people, at most
    weight_more: Count  # by priority, at most
    doses_saved: Count  # fewer wasted without serving less, at most


class PlanOffer(Payload):
    """What a plan gains that is offered beside the published one, and how many phone calls it asks; a person decides."""

    people_more: Count
    doses_saved: int
    minutes_saved: int
    calls: Count


class Made(StrEnum):
    """How a person had a plan made of another one."""

    CHOSEN = "chosen"  # lines of a proposal, beside what was published
    RESTORED = "restored"  # an earlier version, as far as the facts of now allow
    SUPPOSED = "supposed"  # a scenario or an alternative, thought of beside what was published


class PlanProposed(Payload):
    """The planner made a feasible plan; the plan itself is stored in `plan_records` under its hash."""

    plan_id: PlanId
    as_of: tuple[Count, Count]
    horizon_start: Day
    hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    counts: PlanCounts
    seconds: float
    values: Annotated[PlanValues | None, Younger()] = None
    replay: Annotated[PlanReplay | None, Younger()] = None
    bound: Annotated[PlanBound | None, Younger()] = None
    offer: Annotated[PlanOffer | None, Younger()] = None  # never published without a person
    # the published plan that it was made beside: once another is published, this one would undo it
    base: Annotated[PlanId | None, Younger()] = None
    served_by_priority: Annotated[dict[str, Count] | None, Younger()] = None
    # made by a person of another plan: never published without a person
    made_of: Annotated[PlanId | None, Younger()] = None
    made: Annotated[Made | None, Younger()] = None


class PlanPublished(Payload):
    """A plan was published: from now on it is the one that people work by."""

    plan_id: PlanId


class PlannedPerson(Payload):
    """One dose for one person within a visit."""

    person_id: PersonId
    dose_no: DoseNo


class VisitAssigned(Payload):
    """A team visits a location in a time slot, for these people; replaces earlier assignments of the visit."""

    visit_id: VisitId
    plan_id: PlanId
    location_id: LocationId
    team_id: TeamId
    shift_id: ShiftId
    campaign_id: CampaignId | None
    product_id: ProductId | None
    starts_at: Moment
    ends_at: Moment
    persons: tuple[PlannedPerson, ...]


class VisitUnassigned(Payload):
    """An assigned visit is no longer in the plan; `not_before`: its people are not planned before that day."""

    visit_id: VisitId
    plan_id: PlanId
    location_id: LocationId
    campaign_id: Annotated[CampaignId | None, Younger()] = None
    persons: Annotated[tuple[PlannedPerson, ...], Younger()] = ()
    not_before: Annotated[Day | None, Younger()] = None
