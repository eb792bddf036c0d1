"""Events that the operator sends: organisations, policy of a region, decisions for the crisis log."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from events.identifiers import (
    Agb,
    CampaignId,
    DecisionId,
    DoseNo,
    MemberId,
    Moment,
    OrganisationId,
    Payload,
    PersonId,
    Point,
    Postcode4,
    Remark,
    ShortText,
    Younger,
)
from events.practice import Indication


class OrganisationKind(StrEnum):
    """The part that an organisation plays."""

    PRACTICE = "practice"
    POST = "post"
    DEPOT = "depot"
    INSTITUTION_OWNER = "institution_owner"


class OrganisationRegistered(Payload):
    """A practice, post, depot or owner of institutions takes part."""

    organisation_id: OrganisationId
    kind: OrganisationKind
    name: ShortText
    agb: Agb | None = None
    postcode4: Postcode4 | None = None
    point: Point | None = None


class OrganisationChanged(OrganisationRegistered):
    """The current facts of an organisation; replaces the earlier ones."""


class PolicyChanged(Payload):
    """The planning policy of a region."""

    publish_automatically: bool = True
    freeze_minutes: Annotated[int, Field(ge=0, le=10_080)] = 120
    horizon_days: Annotated[int, Field(ge=1, le=42)] = 14
    rest_minutes: Annotated[int, Field(ge=0, le=1440)] = 600
    # Arbeidstijdenwet article 5:7: at most 12 hours a shift and 60 hours a week
    max_duty_minutes: Annotated[int, Field(ge=60, le=960), Younger()] = 720
    max_week_minutes: Annotated[int, Field(ge=60, le=10_080), Younger()] = 3600
    # what meeting a wish is worth in working minutes: the region chooses, there is no norm
    same_team_minutes: Annotated[int, Field(ge=0, le=60), Younger()] = 2  # a resident
    ideal_day_minutes: Annotated[int, Field(ge=0, le=60), Younger()] = 1  # a resident and day
    # kept free before closing time for each hour since the day's first shift began: visits take longer than planned more
    # often than shorter. With 8 more than 95 of 100 stops are on time on drawn days (docs/solver.md has the cost)
    slack_minutes: Annotated[int, Field(ge=0, le=60), Younger()] = 8
    # who is visited within this time counts as told, whether or not a notice went out: homes arrange staff and consent
    # rounds some days ahead
    notice_days: Annotated[int, Field(ge=0, le=14), Younger()] = 3
    # after an event so many published visits may shift within their day, each for one of a higher priority that would
    # else not be made; more than eight are no repair but another plan
    repair_moves: Annotated[int, Field(ge=0, le=8), Younger()] = 0
    # a team on the road or about to leave may be asked for an extra stop and has so long to answer; the same while passes
    # before it would have to set out. 0: nobody is asked
    answer_minutes: Annotated[int, Field(ge=0, le=120), Younger()] = 10
    # from this many residents a location is visited by two teams at the same time
    together_from: Annotated[int | None, Field(ge=2, le=500), Younger()] = None
    # percentage points by which coverage of an area may lag behind that of the region
    area_points: Annotated[int | None, Field(ge=0, le=100), Younger()] = None
    # more people than this of other practices registered by one practice in a day, or as many open questions about
    # who somebody is, are an alarm; in a practice of 2,500 about 5 people a week come from another
    claims_alarm: Annotated[int, Field(ge=1, le=10_000), Younger()] = 20
    # where plans are published automatically: which changes need no person. What needs one waits as a proposal
    auto_new: Annotated[bool, Younger()] = True  # new appointments
    # another time on the same day, by so many minutes at most; none: by any
    auto_time_minutes: Annotated[int | None, Field(ge=0, le=1440), Younger()] = None
    auto_team: Annotated[bool, Younger()] = True  # another team
    auto_day: Annotated[bool, Younger()] = True  # another day, or another vaccine
    auto_taken: Annotated[bool, Younger()] = True  # an appointment that a fact takes
    auto_dropped: Annotated[bool, Younger()] = True  # an appointment that goes to others
    auto_offers: Annotated[bool, Younger()] = False  # a better plan that no fact asked for
    # who goes first in a campaign here, where the region agreed something else than the campaign says
    priorities: Annotated[
        dict[CampaignId, dict[Indication, Annotated[int, Field(ge=0, le=100)]]], Younger()
    ] = Field(default_factory=dict)
    # an exercise plans products and campaigns that nobody approved too; every page then says so
    exercise: Annotated[bool, Younger()] = False

    @property
    def publishes_every_change(self) -> bool:
        """Whether plans are published automatically whatever they change (offers apart)."""
        kinds = (
            self.auto_new,
            self.auto_team,
            self.auto_day,
            self.auto_taken,
            self.auto_dropped,
        )
        return self.publish_automatically and all(kinds) and self.auto_time_minutes is None


def list_contradicting(policy: PolicyChanged) -> tuple[str, ...]:
    """Names the limits of a policy that leave nothing to plan together; empty when they can all be kept.

    Asked at the door, and not by the payload: policies of before are read as they were accepted.
    """
    fields: tuple[str, ...] = ()
    if policy.max_duty_minutes > policy.max_week_minutes:  # no such duty fits in a week
        fields += ("max_duty_minutes", "max_week_minutes")
    if (
        policy.freeze_minutes >= policy.horizon_days * 1440
    ):  # every shift is frozen before it can be planned
        fields += ("freeze_minutes", "horizon_days")
    if policy.answer_minutes >= max(
        policy.max_duty_minutes, 1
    ):  # a team would be asked for a whole duty
        fields += ("answer_minutes", "max_duty_minutes")
    return tuple(dict.fromkeys(fields))


class DecisionKind(StrEnum):
    """What a decision is about."""

    PRIORITY = "priority"
    SUPPLY = "supply"
    TEAMS = "teams"
    LOCATIONS = "locations"
    EXCEPTION = "exception"
    OTHER = "other"


class DecisionRecorded(Payload):
    """A decision and its reason, by somebody accountable for the region, or by a clinician about the series of a person."""

    decision_id: DecisionId
    kind: DecisionKind = DecisionKind.OTHER
    decision: Remark
    reason: Remark
    decided_at: Moment
    decided_by: MemberId | None = None  # a number, no name
    campaign_id: CampaignId | None = None
    # About the series of one person, whose facts contradict each other:
    person_id: Annotated[PersonId | None, Younger()] = None
    practice_id: Annotated[OrganisationId | None, Younger()] = None  # for whom the clinician acts
    # the numbers that the person has had; none given: the series is read as it was reported
    doses_counted: Annotated[frozenset[DoseNo] | None, Younger()] = None

    @model_validator(mode="after")
    def names_whose_series_it_is(self) -> "DecisionRecorded":
        """Doses that count are those of one person in one campaign."""
        about = self.person_id, self.campaign_id
        if None in about and (self.person_id is not None or self.doses_counted is not None):
            raise ValueError("person_id and campaign_id must be given together")
        return self
