"""`GET /api/v1/plans`: every version of the region's plan with its state, and what one changes of another."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import HTTPException
from pydantic import BaseModel, Field

from infra.postgres.database import Who
from infra.postgres.pages import plan_versions
from infra.postgres.pages.plan_versions import State, Version
from services.plan_life.difference import Call, Change, Kind, Line, Slot
from services.web.access import allow
from services.web.parts import get_parts
from services.web.plan_difference import (
    Difference,
    Names,
    read_difference,
    write_call,
    write_line,
    write_priorities,
    write_totals,
)
from services.web.wording import LANGUAGES, Wording

router = APIRouter(tags=["plan"])
Planner = Annotated[Who, Depends(allow("planner"))]
Text = Annotated[dict[str, str], Field(description="by language: nl, en")]


def say(write: Callable[[Wording], str]) -> dict[str, str]:
    """A text in each language."""
    return {language: write(Wording(language)) for language in LANGUAGES}


class PlanDecision(BaseModel):
    """Who decided on a plan, when and why."""

    what: Literal["approved", "rejected"]
    at: datetime
    by: Annotated[str | None, Field(description="subject; nothing where the system did not say")]
    organisation: str | None
    reason: str | None


class PlanVersion(BaseModel):
    """One version of the plan. Numbers count the plans of a region from 1."""

    plan: UUID
    number: int
    state: State
    offer: Annotated[bool, Field(description="a better plan, which waits for a person everywhere")]
    as_of: Annotated[list[int], Field(min_length=2, max_length=2)]
    proposed_at: datetime
    published_at: datetime | None
    base: Annotated[UUID | None, Field(description="the published plan that it was made beside")]
    made_of: Annotated[UUID | None, Field(description="a person had it made of this plan")]
    made: Annotated[
        Literal["chosen", "restored", "supposed"] | None,
        Field(description="of lines of a proposal, of an earlier version, or of a scenario"),
    ]
    decision: Annotated[
        PlanDecision | None,
        Field(description="nothing while nobody decided, and where the policy published it"),
    ]
    people_served: int | None
    people_unserved: int | None
    doses_wasted: int | None
    working_minutes: int | None
    people_by_priority: dict[str, int]


class PlanVersions(BaseModel):
    """Versions, the newest first; `next` is the value of `before` for those that are older."""

    plans: list[PlanVersion]
    next: int | None


class PlanSlot(BaseModel):
    """Where in the plan an appointment stands."""

    visit: UUID
    team: UUID
    shift: UUID
    starts_at: datetime
    ends_at: datetime
    product: str | None


class DifferenceLine(BaseModel):
    """What changes for some people of one location; no people: a crisis visit."""

    id: Annotated[str, Field(description="the same for the same change")]
    kind: Kind
    changes: list[Change]
    location: UUID
    name: str | None
    people: int
    before: PlanSlot | None
    after: PlanSlot | None
    minutes: Annotated[int, Field(description="by which the start shifts within its day")]
    why: Annotated[list[str], Field(description="of who is dropped: reasons, strongest first")]
    rule: Annotated[str | None, Field(description="the rule by which a fact took it")]
    call: Annotated[bool, Field(description="whether the location must be phoned")]
    text: Text


class PlanCall(BaseModel):
    """A location that must be phoned, and about which lines; `soonest` is the first appointment that changes."""

    location: UUID
    name: str | None
    soonest: datetime
    lines: list[str]
    text: Text


class PlanDifference(BaseModel):
    """What a plan changes of what people go by now, or of another version."""

    plan: UUID
    against: Annotated[UUID | None, Field(description="nothing: what people go by now")]
    lines: list[DifferenceLine]
    calls: list[PlanCall]
    totals: Annotated[list[Text], Field(description="before and after")]


@router.get("/plans")
async def list_plans(
    request: Request,
    who: Planner,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PlanVersions:
    """Every version of the plan of the own region, the newest first: its state, and who decided when and why."""
    async with get_parts(request).reader.reading(who) as tx:
        found = await plan_versions.list_versions(tx, who.region, limit, before)
    more = found[-1].number if len(found) == limit and found[-1].number > 1 else None
    return PlanVersions(plans=[to_plan_version(one) for one in found], next=more)


@router.get("/plans/{plan}")
async def show_version(request: Request, who: Planner, plan: UUID) -> PlanVersion:
    """One version of the plan, whatever became of it."""
    async with get_parts(request).reader.reading(who) as tx:
        found = await plan_versions.read_version(tx, who.region, plan)
    if found is None:
        raise HTTPException(404)
    return to_plan_version(found)


@router.get("/plans/{plan}/diff")
async def show_difference(
    request: Request, who: Planner, plan: UUID, against: UUID | None = None
) -> PlanDifference:
    """What a version changes: of what people go by now, or of the version `against`. Visits that have begun are left out."""
    async with get_parts(request).reader.reading(who) as tx:
        version = await plan_versions.read_version(tx, who.region, plan)
        other = await plan_versions.read_version(tx, who.region, against) if against else None
        if version is None or (against and other is None):
            raise HTTPException(404)
        now = other or await plan_versions.read_published(tx, who.region)
        found = await read_difference(tx, who.region, version, other)
    if found is None:
        raise HTTPException(404)
    return to_plan_difference(found, now)


def to_plan_version(row: Version) -> PlanVersion:
    """A version as the API shows it."""
    decision = row.decision
    return PlanVersion(
        plan=row.plan,
        number=row.number,
        state=row.state,
        offer=row.is_offer,
        as_of=list(row.as_of),
        proposed_at=row.proposed_at,
        published_at=row.published_at,
        base=row.base,
        made_of=row.made_of,
        made=row.made,
        decision=PlanDecision(
            what="approved" if decision.kind == "plan.approved" else "rejected",
            at=decision.at,
            by=decision.actor,
            organisation=decision.organisation,
            reason=decision.reason,
        )
        if decision
        else None,
        people_served=row.counts.get("people_served"),
        people_unserved=row.counts.get("people_unserved"),
        doses_wasted=row.counts.get("doses_wasted"),
        working_minutes=row.counts.get("working_minutes"),
        people_by_priority=row.by_priority,
    )


def to_plan_difference(found: Difference, now: Version | None) -> PlanDifference:
    """A difference as the API shows it; `now` is the plan on its other side."""
    words = [Wording(language) for language in LANGUAGES]
    old = now.counts if now else {}
    totals = [
        [
            *write_totals(old, found.version.counts, t),
            *write_priorities(now.by_priority if now else {}, found.version.by_priority, t),
        ]
        for t in words
    ]
    return PlanDifference(
        plan=found.version.plan,
        against=found.against.plan if found.against else None,
        lines=[to_line(line, found.names) for line in found.lines],
        calls=[to_call(call, found.names) for call in found.calls],
        totals=[dict(zip(LANGUAGES, texts, strict=True)) for texts in zip(*totals, strict=True)],
    )


def to_call(call: Call, names: Names) -> PlanCall:
    """A call as the API shows it."""
    return PlanCall(
        location=call.location_id,
        name=names.places.get(call.location_id),
        soonest=call.soonest,
        lines=[line.name for line in call.lines],
        text={language: write_call(call, names, Wording(language)) for language in LANGUAGES},
    )


def to_line(line: Line, names: Names) -> DifferenceLine:
    """A line as the API shows it."""
    return DifferenceLine(
        id=line.name,
        kind=line.kind,
        changes=sorted(line.changes),
        location=line.location_id,
        name=names.places.get(line.location_id),
        people=len(line.persons),
        before=to_plan_slot(line.before),
        after=to_plan_slot(line.after),
        minutes=line.minutes,
        why=list(line.why),
        rule=line.rule,
        call=line.asks_call,
        text={language: write_line(line, names, Wording(language)) for language in LANGUAGES},
    )


def to_plan_slot(slot: Slot | None) -> PlanSlot | None:
    """A slot as the API shows it."""
    if slot is None:
        return None
    return PlanSlot(
        visit=slot.visit_id,
        team=slot.team_id,
        shift=slot.shift_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        product=slot.product_id,
    )
