"""`GET /api/v1/agreements`: which changes of a plan go out by themselves, and what counts first, in words."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from infra.postgres.database import Who
from infra.postgres.pages.agreements import Said, read_agreements
from services.web.access import allow
from services.web.agreements import write_campaign, write_order, write_policy
from services.web.api.plans import Text
from services.web.parts import get_parts
from services.web.wording import LANGUAGES, Wording

router = APIRouter(tags=["plan"])


class SaidBy(BaseModel):
    """Who said a rule, for which organisation, and when."""

    at: datetime
    by: str | None
    organisation: str | None


class CampaignPriorities(BaseModel):
    """Who goes first in a campaign: a higher number does."""

    name: str
    priorities: dict[str, int]
    text: Text
    said: SaidBy


class Agreements(BaseModel):
    """The rules of the region as they are now."""

    publish_automatically: bool
    by_itself: Annotated[
        dict[str, bool], Field(description="by kind of change; only where plans are published so")
    ]
    time_minutes: Annotated[int | None, Field(description="of another time; nothing: any")]
    text: Annotated[list[Text], Field(description="which changes go out by themselves")]
    said: Annotated[SaidBy | None, Field(description="nothing: the usual rules")]
    order: Annotated[list[Text], Field(description="what counts first when plans are compared")]
    campaigns: list[CampaignPriorities]


@router.get("/agreements")
async def show_agreements(
    request: Request, who: Annotated[Who, Depends(allow("planner"))]
) -> Agreements:
    """Which changes of a plan go out by themselves, what counts first in a plan, and who has priority: in words."""
    async with get_parts(request).reader.reading(who) as tx:
        found = await read_agreements(tx, who.region)
    words = [Wording(language) for language in LANGUAGES]
    policy = found.policy
    return Agreements(
        publish_automatically=policy.publish_automatically,
        by_itself={
            "new": policy.auto_new,
            "time": policy.auto_time_minutes != 0,
            "team": policy.auto_team,
            "day": policy.auto_day,
            "taken": policy.auto_taken,
            "dropped": policy.auto_dropped,
            "offers": policy.auto_offers,
        },
        time_minutes=policy.auto_time_minutes,
        text=side_by_side([write_policy(policy, t) for t in words]),
        said=to_said_by(found.said) if found.said else None,
        order=side_by_side([write_order(t) for t in words]),
        campaigns=[
            CampaignPriorities(
                name=campaign.name,
                priorities={one.value: n for one, n in campaign.priorities.items()},
                text={t.language: write_campaign(campaign, t) for t in words},
                said=to_said_by(said),
            )
            for campaign, said in found.campaigns
        ],
    )


def side_by_side(texts: list[list[str]]) -> list[dict[str, str]]:
    """The same sentences in each language."""
    return [dict(zip(LANGUAGES, line, strict=True)) for line in zip(*texts, strict=True)]


def to_said_by(said: Said) -> SaidBy:
    """Who said it, as the API shows it."""
    return SaidBy(at=said.at, by=said.actor, organisation=said.organisation)
