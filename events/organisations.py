"""What the operator says: which organisations there are, and what policy a region has."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from events.identifiers import Agb, OrganisationId, Payload, Point, Postcode4, ShortText


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
