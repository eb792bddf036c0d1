"""Events that a huisartsenpost sends: teams, shifts, crew, standing orders, pins and decisions on plans."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from events.identifiers import (
    CampaignId,
    Day,
    EditId,
    LoanId,
    LocationId,
    MemberId,
    Moment,
    OrganisationId,
    Payload,
    PersonId,
    PlanId,
    Postcode4,
    ProductId,
    Region,
    Remark,
    ReserveId,
    ShiftId,
    ShortText,
    Skill,
    TeamId,
    VisitId,
    Younger,
    check_after,
    check_not_before,
)
from events.plans import PlannedPerson


class CrewRole(StrEnum):
    """What a member of a crew is by profession."""

    DOCTOR = "doctor"
    NURSE = "nurse"
    ASSISTANT = "assistant"
    DRIVER = "driver"


class TeamFormed(Payload):
    """A post formed a mobile team."""

    team_id: TeamId
    organisation_id: OrganisationId
    name: ShortText
    skills: frozenset[Skill] = frozenset({Skill.VACCINATION})


class CrewMember(Payload):
    """A member of a crew, by number and profession; names never travel."""

    member_id: MemberId
    role: CrewRole


class ShiftOpened(Payload):
    """A team works one day, from and back to one depot."""

    shift_id: ShiftId
    team_id: TeamId
    depot_id: OrganisationId
    starts_at: Moment
    ends_at: Moment
    capacity: Annotated[int, Field(ge=0, le=2000)]  # doses in the cool box
    crew: tuple[CrewMember, ...]
    pause_minutes: Annotated[int, Field(ge=0, le=120)] = 30

    @model_validator(mode="after")
    def ends_after_it_starts(self) -> "ShiftOpened":
        """Reject a shift that ends before it begins or is longer than 16 hours: a mistake in a date, most likely."""
        if not 0 < (self.ends_at - self.starts_at).total_seconds() <= 16 * 3600:
            raise ValueError("ends_at must be after starts_at and within 16 hours")
        return self


class ShiftChanged(ShiftOpened):
    """A shift has other hours or another crew; replaces the earlier facts."""

    edit_id: Annotated[EditId | None, Younger()] = (
        None  # a planner closed a part of it, or opened it again
    )
    ended_at: Annotated[Moment | None, Younger()] = (
        None  # when it ended before a planner closed a part
    )
    reason: Annotated[Remark | None, Younger()] = None


class WorkedBy(Payload):
    """Who works a shift: a team with its crew of that day."""

    shift_id: ShiftId
    team_id: TeamId
    crew: tuple[CrewMember, ...]


class ShiftSwapped(Payload):
    """A shift got another team, or two shifts exchanged theirs; hours, depot and cool box stay those of the shift."""

    shifts: Annotated[tuple[WorkedBy, ...], Field(min_length=1, max_length=2)]

    @model_validator(mode="after")
    def names_each_shift_once(self) -> "ShiftSwapped":
        """Two shifts are two."""
        if len({one.shift_id for one in self.shifts}) < len(self.shifts):
            raise ValueError("shifts must name each shift once")
        return self


class ShiftWithdrawn(Payload):
    """A shift will not take place."""

    shift_id: ShiftId
    edit_id: Annotated[EditId | None, Younger()] = None  # a planner closed it
    reason: Annotated[Remark | None, Younger()] = None


class Validity(Payload):
    """First and last day, both included; 9999-12-31 stands for no end."""

    valid_from: date
    valid_until: date

    @model_validator(mode="after")
    def ends_not_before_it_begins(self) -> Self:
        """At least one day."""
        check_not_before(valid_from=self.valid_from, valid_until=self.valid_until)
        return self


class MemberCertified(Validity):
    """A crew member is certified to inject from one day to another, both included."""

    member_id: MemberId
    role: CrewRole
    # the products that the certificate is for; without them it is for every product
    product_ids: Annotated[
        frozenset[ProductId] | None, Field(min_length=1, max_length=50), Younger()
    ] = None


class OrderGiven(Validity):
    """A responsible doctor of a post orders the teams of that post to give these products."""

    organisation_id: OrganisationId
    product_ids: Annotated[frozenset[ProductId], Field(min_length=1, max_length=50)]
    ordered_by: PersonId | MemberId


class Stood(Payload):
    """Where a stop stood before a planner changed it, and whether it was pinned there."""

    shift_id: ShiftId
    starts_at: Moment
    pinned: bool = False


class ByHand(Payload):
    """A part of what a planner did in one action, which can be undone as one."""

    edit_id: Annotated[EditId | None, Younger()] = None
    stood: Annotated[Stood | None, Younger()] = None


class PinKind(StrEnum):
    """What a pin holds of a visit; the rest may still change."""

    VISIT = "visit"  # its team and its moment
    TEAM = "team"  # its shift
    TIME = "time"  # its moment, whoever makes it
    ORDER = "order"  # behind which stop it comes, so both where they stand
    WINDOW = "window"  # not before and not after some moments: a wish from the phone, too


class StopPinned(ByHand):
    """A planner pins a visit to a shift and a start, or holds one thing of it; then they say where it stood."""

    visit_id: VisitId
    shift_id: ShiftId
    starts_at: Moment
    kind: Annotated[PinKind, Younger()] = PinKind.VISIT
    not_before: Annotated[Moment | None, Younger()] = None  # of a window: first and last start
    not_after: Annotated[Moment | None, Younger()] = None
    behind: Annotated[VisitId | None, Younger()] = None  # of an order: the stop before it

    @model_validator(mode="after")
    def says_what_its_kind_holds(self) -> "StopPinned":
        """Reject a window without a moment or that ends before it begins, and an order without a stop."""
        if (self.kind is PinKind.ORDER) != (self.behind is not None):
            raise ValueError("an order names the stop before it, no other kind does")
        moments = [one for one in (self.not_before, self.not_after) if one is not None]
        if (self.kind is PinKind.WINDOW) != bool(moments):
            raise ValueError("a window names a moment, no other kind does")
        if len(moments) == 2:
            check_not_before(not_before=moments[0], not_after=moments[1])
        return self


class StopReleased(ByHand):
    """A planner removes a pin."""

    visit_id: VisitId


class StopMoved(ByHand):
    """A planner moves a visit to another shift or start, with the reason; it stays there like a pinned one."""

    visit_id: VisitId
    shift_id: ShiftId
    starts_at: Moment
    reason: Remark


class StopCancelled(ByHand):
    """A planner takes a visit off the plan, frozen or not, with the reason; its people are planned again later."""

    visit_id: VisitId
    reason: Remark
    again_from: Day | None = None  # None: from the day after the visit; a far day: never


class StopGrouped(ByHand):
    """A planner says who is visited together: these people form this visit, until it is said otherwise.

    A split is one of these for each part, a join one for the visit that all are in and one, without people, for the other.
    Those whom no such event names stay where they are. Where and when the visit is made is what the planner was shown.
    """

    visit_id: VisitId
    location_id: LocationId
    campaign_id: CampaignId
    product_id: ProductId
    persons: Annotated[tuple[PlannedPerson, ...], Field(max_length=500)] = ()
    were: Annotated[tuple[PlannedPerson, ...], Field(max_length=500)] = ()  # in it before
    team_id: TeamId
    shift_id: ShiftId
    starts_at: Moment
    ends_at: Moment
    most: Annotated[int, Field(ge=1, le=500)] | None = None  # people at a time
    beside: Annotated[
        tuple[VisitId, ...], Field(max_length=100)
    ] = ()  # others there, whose people do not join
    holds: bool = True  # false: put back once; from then on plans decide who is visited together
    reason: Remark | None = None

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> "StopGrouped":
        """A visit takes some time."""
        check_after(starts_at=self.starts_at, ends_at=self.ends_at)
        return self


class TeamLent(Validity):
    """The region of this event lends a team to another for some days; a later one with this loan replaces it."""

    loan_id: LoanId
    team_id: TeamId
    to_region: Region


class ReserveListed(Payload):
    """People who can come for leftover doses, in the order in which to ask them; replaces the earlier list."""

    reserve_id: ReserveId
    organisation_id: OrganisationId
    campaign_id: CampaignId
    reachable_from: Moment
    reachable_until: Moment
    postcode4: Postcode4 | None = None  # where they come from
    persons: Annotated[tuple[PersonId, ...], Field(max_length=500)] = ()
    others: Annotated[int, Field(ge=0, le=10_000)] = 0  # known to the sender only
    max_travel_minutes: Annotated[int, Field(ge=0, le=480)] | None = None

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> "ReserveListed":
        """People can be reached for a while."""
        check_after(reachable_from=self.reachable_from, reachable_until=self.reachable_until)
        return self


class PlanApproved(Payload):
    """A planner approves a proposed plan."""

    plan_id: PlanId
    reason: Annotated[ShortText | None, Younger()] = None


class PlanRejected(Payload):
    """A planner rejects a proposed plan."""

    plan_id: PlanId
    reason: ShortText
