"""`POST /api/v1/known`: what of a file is known already, for a program of ours that imports it."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from events.identifiers import (
    CampaignId,
    DeliveryId,
    EventWord,
    LocationId,
    MemberId,
    OrganisationId,
    ProductId,
    ShiftId,
    TeamId,
)
from infra.postgres.database import Who
from infra.postgres.pages.known import find_seen, find_things
from services.web.access import MACHINE, allow
from services.web.parts import get_parts

router = APIRouter(tags=["events"])
MOST = 10_000
Machine = Annotated[Who, Depends(allow(MACHINE))]


class EventName(BaseModel):
    """What identifies an event."""

    source: EventWord
    id: EventWord


class Asked(BaseModel):
    """Events, and things that a file names by their key."""

    events: Annotated[list[EventName], Field(max_length=MOST)] = []
    organisation: Annotated[list[OrganisationId], Field(max_length=MOST)] = []
    location: Annotated[list[LocationId], Field(max_length=MOST)] = []
    team: Annotated[list[TeamId], Field(max_length=MOST)] = []
    campaign: Annotated[list[CampaignId], Field(max_length=MOST)] = []
    product: Annotated[list[ProductId], Field(max_length=MOST)] = []
    shift: Annotated[list[ShiftId], Field(max_length=MOST)] = []
    delivery: Annotated[list[DeliveryId], Field(max_length=MOST)] = []
    member: Annotated[list[MemberId], Field(max_length=MOST)] = []


class Known(BaseModel):
    """Those that are known, in the region of the caller or in the country."""

    events: list[EventName]
    keys: dict[str, list[str]]


@router.post("/known")
async def find_known(request: Request, who: Machine, asked: Asked) -> Known:
    """What of this is known; nothing is stored, and nothing is told of what events say."""
    things: dict[str, Sequence[UUID]] = {
        "organisation": asked.organisation,
        "location": asked.location,
        "team": asked.team,
        "campaign": asked.campaign,
        "shift": asked.shift,
        "delivery": asked.delivery,
        "member": asked.member,
    }
    async with get_parts(request).reader.reading(who) as tx:
        seen = await find_seen(tx, [(one.source, one.id) for one in asked.events])
        keys = await find_things(tx, things, asked.product)
    return Known(events=[EventName(source=source, id=name) for source, name in seen], keys=keys)
