"""What a huisartsenpost says: its teams, their shifts and crew, standing orders, pins and decisions on plans."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from events.identifiers import (
    MemberId,
    Moment,
    OrganisationId,
    Payload,
    PersonId,
    PlanId,
    ProductId,
    ShiftId,
    ShortText,
    Skill,
    TeamId,
    VisitId,
)


class CrewRole(StrEnum):
    """What a member of a crew is by profession."""

    DOCTOR = "doctor"
    NURSE = "nurse"
    ASSISTANT = "assistant"
    DRIVER = "driver"


class TeamFormed(Payload):
    """A post has a mobile team."""

    team_id: TeamId
    organisation_id: OrganisationId
    name: ShortText
    skills: frozenset[Skill] = frozenset({Skill.VACCINATION})


class CrewMember(Payload):
    """One person in a crew, by number and profession; no name travels."""

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
        """A shift takes time, and at most sixteen hours of it."""
        if not 0 < (self.ends_at - self.starts_at).total_seconds() <= 16 * 3600:
            raise ValueError("ends_at must be after starts_at and within 16 hours")
        return self


class ShiftChanged(ShiftOpened):
    """A shift got other hours or another crew; replaces what was said before."""


class ShiftWithdrawn(Payload):
    """A shift will not take place."""

    shift_id: ShiftId


class Validity(Payload):
    """Two days, both included; the last may be 9999-12-31, for ever."""

    valid_from: date
    valid_until: date

    @model_validator(mode="after")
    def ends_not_before_it_begins(self) -> Self:
        """At least one day."""
        if self.valid_until < self.valid_from:
            raise ValueError("valid_until must not be before valid_from")
        return self


class MemberCertified(Validity):
    """A member of a crew may inject between two days, both included."""

    member_id: MemberId
    role: CrewRole


class OrderGiven(Validity):
    """A responsible doctor of a post orders the teams of that post to give a product."""

    organisation_id: OrganisationId
    product_id: ProductId
    ordered_by: PersonId | MemberId


class StopPinned(Payload):
    """A planner fixes a visit to a shift and a start."""

    visit_id: VisitId
    shift_id: ShiftId
    starts_at: Moment


class StopReleased(Payload):
    """A planner takes a pin away."""

    visit_id: VisitId


class PlanApproved(Payload):
    """A planner approves a proposed plan."""

    plan_id: PlanId


class PlanRejected(Payload):
    """A planner refuses a proposed plan."""

    plan_id: PlanId
    reason: ShortText
