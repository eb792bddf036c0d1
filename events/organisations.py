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
