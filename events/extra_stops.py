"""Events about extra stops: one more visit that a team on the road or about to leave is asked to make."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from events.identifiers import (
    CampaignId,
    ExtraStopId,
    LocationId,
    Moment,
    Payload,
    PlanId,
    ProductId,
    ShiftId,
    TeamFact,
    TeamId,
    VisitId,
    check_after,
)
from events.plans import PlannedPerson


class StopOffered(Payload):
    """A team is asked to make one more visit, behind one that it has; its other stops keep their moments."""

    extra_stop_id: ExtraStopId
    visit_id: VisitId  # as it is assigned when the team says yes
    instead_of: VisitId | None = None  # the visit of these people that lost its team
    plan_id: PlanId  # the plan that it was found beside
    location_id: LocationId
    team_id: TeamId
    shift_id: ShiftId
    behind: VisitId | None = None  # none: as the first stop, from the depot
    campaign_id: CampaignId | None
    product_id: ProductId | None
    starts_at: Moment
    ends_at: Moment
    persons: Annotated[tuple[PlannedPerson, ...], Field(max_length=500)]
    answer_by: Moment

    @model_validator(mode="after")
    def ends_after_it_starts(self) -> "StopOffered":
        """A visit takes time."""
        check_after(starts_at=self.starts_at, ends_at=self.ends_at)
        return self


class StopAnswer(StrEnum):
    """What a team says to an extra stop."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


class StopAnswered(TeamFact):
    """A team answers whether it makes an extra stop, itself or by phone to its post; the first answer holds."""

    extra_stop_id: ExtraStopId
    team_id: TeamId
    location_id: LocationId
    answer: StopAnswer
    answered_at: Moment


class StopWithdrawal(StrEnum):
    """Why an extra stop is not asked any more."""

    UNANSWERED = "unanswered"  # the time for an answer is over
    TOO_LATE = "too_late"  # the team said yes after that
    FACTS = "facts"  # it is not needed any more, or no longer fits


class StopWithdrawn(Payload):
    """A team is not asked for an extra stop any more."""

    extra_stop_id: ExtraStopId
    team_id: TeamId
    location_id: LocationId
    why: StopWithdrawal


def withdraw(offered: StopOffered, why: StopWithdrawal) -> StopWithdrawn:
    """What a team hears that is not asked any more."""
    return StopWithdrawn(
        extra_stop_id=offered.extra_stop_id,
        team_id=offered.team_id,
        location_id=offered.location_id,
        why=why,
    )
