"""What the operator says: which organisations there are, and what policy a region has."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from events.identifiers import (
    Agb,
    CampaignId,
    DecisionId,
    MemberId,
    Moment,
    OrganisationId,
    Payload,
    Point,
    Postcode4,
    Remark,
    ShortText,
    Younger,
)


class OrganisationKind(StrEnum):
    """What an organisation is to us."""

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
    """An organisation as it is from now on; replaces what was said before."""


class PolicyChanged(Payload):
    """How a region works with plans."""

    publish_automatically: bool = True
    freeze_minutes: Annotated[int, Field(ge=0, le=10_080)] = 120
    horizon_days: Annotated[int, Field(ge=1, le=42)] = 14
    rest_minutes: Annotated[int, Field(ge=0, le=1440)] = 600
    # Arbeidstijdenwet article 5:7: at most 12 hours a shift and 60 hours a week
    max_duty_minutes: Annotated[int, Field(ge=60, le=960), Younger()] = 720
    max_week_minutes: Annotated[int, Field(ge=60, le=10_080), Younger()] = 3600
    # what a wish is worth in work: a choice of the region, no norm says so
    same_team_minutes: Annotated[int, Field(ge=0, le=60), Younger()] = 2  # a resident
    ideal_day_minutes: Annotated[int, Field(ge=0, le=60), Younger()] = 1  # a resident and day
    # so many residents of one location are called on by two teams at one moment
    together_from: Annotated[int | None, Field(ge=2, le=500), Younger()] = None
    # percent points that an area may lie behind the share of the region
    area_points: Annotated[int | None, Field(ge=0, le=100), Younger()] = None


class DecisionKind(StrEnum):
    """What a decision is about."""

    PRIORITY = "priority"
    SUPPLY = "supply"
    TEAMS = "teams"
    LOCATIONS = "locations"
    EXCEPTION = "exception"
    OTHER = "other"


class DecisionRecorded(Payload):
    """Somebody who answers for a region decided something, and why: for the log of the crisis."""

    decision_id: DecisionId
    kind: DecisionKind = DecisionKind.OTHER
    decision: Remark
    reason: Remark
    decided_at: Moment
    decided_by: MemberId | None = None  # a number, no name
    campaign_id: CampaignId | None = None
