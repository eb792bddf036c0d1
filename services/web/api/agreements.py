"""`/api/v1/agreements`: which changes of a plan go out by themselves, and what counts first, in words; planners change it."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from events.identifiers import CampaignId
from events.practice import Indication
from infra.postgres.database import Who
from infra.postgres.pages.agreements import Agreements as Held
from infra.postgres.pages.agreements import Said, read_agreements
from services.web.access import allow
from services.web.agreeing import (
    BY_PLANNERS,
    NoReason,
    NothingNew,
    Overtaken,
    Proposed,
    agree,
    with_policy,
    with_priorities,
    write_all,
)
from services.web.agreements import find_priorities, find_said, write_campaign, write_order
from services.web.api.description import may_answer
from services.web.api.plans import Text
from services.web.api.problems import NOT_FOUND, Problem, answer
from services.web.parts import get_parts
from services.web.refusing import Kind, Refused
from services.web.wording import LANGUAGES, Wording

router = APIRouter(tags=["plan"])
Rank = Annotated[int, Field(ge=0, le=100)]
STALE: Final = Kind(
    "agreed_meanwhile",
    409,
    "Agreed meanwhile",
    "Nothing was stored: read what holds now; see said.",
)
NOTHING_NEW: Final = Kind(
    "nothing_new", 409, "Nothing new", "Nothing was stored: it is so already."
)
REASON: Final = Kind(
    "agreement_reason",
    409,
    "Reason wanted",
    "Nothing was stored: say why, without numbers or addresses of people.",
)


class SaidBy(BaseModel):
    """Who said a rule, for which organisation, and when."""

    at: datetime
    by: str | None
    organisation: str | None
    number: Annotated[int, Field(description="send it as `seen` to change what was agreed")]


class CampaignPriorities(BaseModel):
    """Who goes first in a campaign: a higher number does."""

    campaign: UUID
    name: str
    priorities: dict[str, int]
    of_region: Annotated[bool, Field(description="agreed by this region, for itself")]
    text: Text
    said: SaidBy


class Agreements(BaseModel):
    """The rules of the region as they are now."""

    publish_automatically: bool
    notice_days: Annotated[int, Field(description="who is visited within these days is told")]
    repair_moves: Annotated[int, Field(description="appointments that may shift for a higher one")]
    by_itself: Annotated[
        dict[str, bool], Field(description="by kind of change; only where plans are published so")
    ]
    time_minutes: Annotated[int | None, Field(description="of another time; nothing: any")]
    text: Annotated[list[Text], Field(description="which changes go out by themselves")]
    said: Annotated[SaidBy | None, Field(description="nothing: the usual rules")]
    order: Annotated[list[Text], Field(description="what counts first when plans are compared")]
    campaigns: list[CampaignPriorities]


class AgreementsIn(BaseModel):
    """What to agree: fields of the policy that are named, or who goes first in one campaign; `seen` is `said.number` of what was read."""

    model_config = ConfigDict(extra="forbid")

    publish_automatically: bool = True
    auto_new: bool = True
    auto_time_minutes: Annotated[int, Field(ge=0, le=1440)] | None = None
    auto_team: bool = True
    auto_day: bool = True
    auto_taken: bool = True
    auto_dropped: bool = True
    auto_offers: bool = False
    notice_days: Annotated[int, Field(ge=0, le=14)] = 3
    repair_moves: Annotated[int, Field(ge=0, le=8)] = 0
    campaign: CampaignId | None = None
    priorities: Annotated[
        dict[Indication, Rank] | None,
        Field(description="in this region; nothing: those of the campaign again"),
    ] = None
    seen: Annotated[
        int | None, Field(ge=0, le=2**62, description="nothing: nobody had agreed anything")
    ] = None
    reason: Annotated[str, Field(max_length=280)]

    @model_validator(mode="after")
    def is_about_one_thing(self) -> "AgreementsIn":
        """Reject what changes nothing, or the policy and a campaign at once."""
        if bool(self.policy) == (self.campaign is not None):
            raise ValueError("name fields of the policy, or a campaign")
        return self

    @property
    def policy(self) -> dict[str, object]:
        """The fields of the policy that are named."""
        said = self.model_dump(mode="json")
        return {name: said[name] for name in BY_PLANNERS if name in self.model_fields_set}

    def make(self, old: Held) -> Proposed:
        """What the region would agree. Refused for a campaign that is not there."""
        if self.campaign is None:
            return with_policy(old, self.policy)
        if all(one.campaign_id != self.campaign for one, _ in old.campaigns):
            raise Refused(NOT_FOUND)
        return with_priorities(old, self.campaign, self.priorities)


@router.get("/agreements")
async def show_agreements(
    request: Request, who: Annotated[Who, Depends(allow("planner"))]
) -> Agreements:
    """Which changes of a plan go out by themselves, what counts first in a plan, and who has priority: in words."""
    async with get_parts(request).reader.reading(who) as tx:
        found = await read_agreements(tx, who.region)
    return to_agreements(found)


@router.post(
    "/agreements",
    response_model=Agreements,
    responses=may_answer(
        (NOT_FOUND, Problem), (STALE, Problem), (NOTHING_NEW, Problem), (REASON, Problem)
    ),
)
async def change_agreements(
    request: Request, who: Annotated[Who, Depends(allow("planner"))], wanted: AgreementsIn
) -> Agreements | JSONResponse:
    """Change what is named, for the own region: one event of the policy and one decision with the reason; the plan follows."""
    parts = get_parts(request)
    seen = "" if wanted.seen is None else f"{wanted.seen}"
    try:
        await agree(parts, who, wanted.make, seen, wanted.reason.strip())
    except Overtaken as overtaken:
        said = to_said_by(overtaken.said).model_dump(mode="json") if overtaken.said else None
        return answer(STALE, said=said)
    except NothingNew:
        return answer(NOTHING_NEW)
    except NoReason:
        return answer(REASON)
    async with parts.reader.reading(who) as tx:
        found = await read_agreements(tx, who.region)
    return to_agreements(found)


def to_agreements(found: Held) -> Agreements:
    """What holds, as the API shows it."""
    words = [Wording(language) for language in LANGUAGES]
    policy = found.policy
    return Agreements(
        publish_automatically=policy.publish_automatically,
        notice_days=policy.notice_days,
        repair_moves=policy.repair_moves,
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
        text=side_by_side([write_all(policy, t) for t in words]),
        said=to_said_by(found.said) if found.said else None,
        order=side_by_side([write_order(t) for t in words]),
        campaigns=[
            CampaignPriorities(
                campaign=campaign.campaign_id,
                name=campaign.name,
                priorities={one.value: n for one, n in find_priorities(campaign, policy).items()},
                of_region=campaign.campaign_id in policy.priorities,
                text={t.language: write_campaign(campaign, t, policy) for t in words},
                said=to_said_by(find_said(found, campaign, said)),
            )
            for campaign, said in found.campaigns
        ],
    )


def side_by_side(texts: list[list[str]]) -> list[dict[str, str]]:
    """The same sentences in each language."""
    return [dict(zip(LANGUAGES, line, strict=True)) for line in zip(*texts, strict=True)]


def to_said_by(said: Said) -> SaidBy:
    """Who said it, as the API shows it."""
    return SaidBy(at=said.at, by=said.actor, organisation=said.organisation, number=said.number)
