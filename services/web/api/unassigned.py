"""`/api/v1/plan/unassigned` and `/api/v1/plan/fits`: who has no visit, what is in the way in each shift, and what would help; nobody is named."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from events.identifiers import LocationId
from infra.postgres.database import Who
from infra.postgres.pages import planner
from infra.postgres.pages.planner import OpenRow
from scheduling.fitting.fit import Fit
from scheduling.fitting.obstacles import Obstacle, ObstacleKind, Tried
from scheduling.fitting.targets import Target, Tries
from scheduling.plan import Reason
from services.web.access import allow
from services.web.api.description import may_answer
from services.web.api.problems import NOT_FOUND, Problem
from services.web.fitting import NoRecord
from services.web.parts import get_parts
from services.web.phoning import IN_DOSES, IN_MINUTES, Phrasing, read_names
from services.web.planned import NoPlan, ask_about, find_published
from services.web.refusing import BUSY, TOO_MANY, Refused
from services.web.wording import LANGUAGES, Wording

router = APIRouter(tags=["plan"])
Planner = Annotated[Who, Depends(allow("planner"))]
IN_WORDS = Field(description="the same in each language", examples=[{"nl": "...", "en": "..."}])


class PlaceWithout(BaseModel):
    """A location with people, or a crisis visit, that the plan leaves out."""

    location: UUID | None
    name: str | None
    municipality: str | None
    people: int
    crisis_visits: int


class Group(BaseModel):
    """Everything that is unassigned for one reason."""

    reason: Annotated[str, Field(description="from a closed list; the strongest of each resident")]
    text: Annotated[dict[str, str], IN_WORDS]
    people: int
    crisis_visits: int
    locations: list[PlaceWithout]


class UnassignedOfPlan(BaseModel):
    """Who has no visit in the plan that people go by; `plan` is null without one."""

    plan: UUID | None
    groups: list[Group]


class InTheWay(BaseModel):
    """A rule that a visit would break in a shift, and by how much."""

    kind: ObstacleKind
    rule: Annotated[str, Field(description="name of the rule that says so")]
    minutes: Annotated[int | None, Field(description="that are lacking")] = None
    doses: Annotated[int | None, Field(description="that are lacking")] = None
    skills: Annotated[list[str], Field(description="that the team lacks")] = []
    text: Annotated[dict[str, str], IN_WORDS]


class ShiftTried(BaseModel):
    """A shift that could be asked; without anything in the way the visit fits as things stand."""

    shift: UUID
    team: UUID
    team_name: str
    starts_at: datetime
    ends_at: datetime
    in_the_way: list[InTheWay]


class GroupTried(BaseModel):
    """One group of a location, with every shift that could be asked."""

    reason: str
    text: Annotated[dict[str, str], IN_WORDS]
    people: int
    crisis_visits: int
    decided_elsewhere: Annotated[
        bool, Field(description="no shift helps: the reason says who decides first")
    ]
    shifts: list[ShiftTried]


class ReasonsOfLocation(BaseModel):
    """What keeps even one resident of a location out of each shift."""

    plan: UUID
    location: UUID
    groups: list[GroupTried]


class WantedFits(BaseModel):
    """For whom changes are looked for."""

    model_config = ConfigDict(extra="forbid")

    location: LocationId
    reason: Annotated[Reason | None, Field(description="of one group; else all of them")] = None


class PricePaid(BaseModel):
    """What a suggestion costs beside the plan as it stands; less is negative."""

    working_minutes: int
    metres: int
    doses: Annotated[int, Field(description="that leave the depots")]
    doses_wasted: int
    calls: Annotated[int, Field(description="to whoever is asked, and to the location")]


class VisitMade(BaseModel):
    """A visit that the suggestion makes possible."""

    shift: UUID
    team: UUID
    starts_at: datetime
    ends_at: datetime
    people: int


class Suggestion(BaseModel):
    """Changes with which somebody was planned when everything was solved again, and nobody else moved or lost."""

    question: Annotated[dict[str, str], IN_WORDS]
    changes: Annotated[
        list[str], Field(description="kinds of change; none: it fits as things stand")
    ]
    people: int
    others: Annotated[int, Field(description="residents elsewhere who fit in too")]
    others_would_go_first: Annotated[
        bool, Field(description="holds only while the place is kept free for this location")
    ]
    visits: list[VisitMade]
    price: PricePaid


class FitsOfGroup(BaseModel):
    """The suggestions for one group of a location, the smallest for each resident first."""

    reason: str
    people: int
    crisis_visits: int
    suggestions: list[Suggestion]


class FitsOfLocation(BaseModel):
    """What would let the people of a location in."""

    plan: UUID
    location: UUID
    groups: list[FitsOfGroup]


@router.get("/plan/unassigned")
async def list_unassigned(request: Request, who: Planner) -> UnassignedOfPlan:
    """Who has no visit in the plan that people go by, by reason and location."""
    async with get_parts(request).reader.reading(who) as tx:
        plan = await find_published(tx, who.region)
        rows = await planner.unassigned(tx, who.region, plan.hash) if plan else []
    return UnassignedOfPlan(plan=plan.plan if plan else None, groups=to_groups(rows))


@router.get(
    "/plan/unassigned/{location}/reasons",
    responses=may_answer((NOT_FOUND, Problem), (TOO_MANY, Problem), (BUSY, Problem)),
)
async def show_reasons(request: Request, who: Planner, location: LocationId) -> ReasonsOfLocation:
    """What keeps the people of a location out of each shift; 404 where nobody of it is unassigned in this plan."""
    parts = get_parts(request)
    try:
        plan, question = await ask_about(parts, who, location)
        found = await parts.fitting.explain(who, question)
    except (NoPlan, NoRecord) as error:
        raise Refused(NOT_FOUND) from error
    if not found.tries:
        raise Refused(NOT_FOUND)
    async with parts.reader.reading(who) as tx:
        names = await read_names(tx, who.region)
    say = [Phrasing(Wording(language), names, found.around) for language in LANGUAGES]
    groups = [to_tried(one, say) for one in found.tries]
    return ReasonsOfLocation(plan=plan.plan, location=location, groups=groups)


@router.post(
    "/plan/fits",
    responses=may_answer((NOT_FOUND, Problem), (TOO_MANY, Problem), (BUSY, Problem)),
)
async def find_fits(request: Request, who: Planner, wanted: WantedFits) -> FitsOfLocation:
    """The smallest changes that would let the people of a location in, each solved again; takes some seconds, changes nothing."""
    parts = get_parts(request)
    try:
        plan, question = await ask_about(parts, who, wanted.location, wanted.reason)
        found = await parts.fitting.fit(who, question)
    except (NoPlan, NoRecord) as error:
        raise Refused(NOT_FOUND) from error
    if not found.fits:
        raise Refused(NOT_FOUND)
    async with parts.reader.reading(who) as tx:
        names = await read_names(tx, who.region)
    say = [Phrasing(Wording(language), names, found.around) for language in LANGUAGES]
    return FitsOfLocation(
        plan=plan.plan,
        location=wanted.location,
        groups=[to_fits(target, fits, say) for target, fits in found.fits],
    )


def to_groups(rows: Iterable[OpenRow]) -> list[Group]:
    """Groups what is unassigned by reason, the most people first."""
    by_reason: dict[str, list[OpenRow]] = {}
    for row in rows:
        by_reason.setdefault(row.reason, []).append(row)
    groups = [
        Group(
            reason=reason,
            text={language: Wording(language).why(reason) for language in LANGUAGES},
            people=sum(row.people for row in some),
            crisis_visits=sum(row.crisis_visits for row in some),
            locations=[
                PlaceWithout(
                    location=row.location,
                    name=row.name,
                    municipality=row.municipality,
                    people=row.people,
                    crisis_visits=row.crisis_visits,
                )
                for row in some
            ],
        )
        for reason, some in by_reason.items()
    ]
    return sorted(groups, key=lambda one: (-one.crisis_visits, -one.people, one.reason))


def to_tried(tries: Tries, say: list[Phrasing]) -> GroupTried:
    """Converts what was tried for one group."""
    target = tries.target
    return GroupTried(
        reason=target.reason.value,
        text={one.t.language: one.t.why(target.reason.value) for one in say},
        people=target.people,
        crisis_visits=len(target.crisis_ids),
        decided_elsewhere=tries.is_barred,
        shifts=[to_shift(one, say) for one in tries.tried],
    )


def to_shift(tried: Tried, say: list[Phrasing]) -> ShiftTried:
    """Converts what is in the way in one shift."""
    shift, calendar = say[0].around.shifts[tried.shift_id], say[0].around.calendar
    return ShiftTried(
        shift=UUID(shift.id),
        team=UUID(shift.team_id),
        team_name=say[0].name_team(shift),
        starts_at=calendar.to_moment(shift.start),
        ends_at=calendar.to_moment(shift.end),
        in_the_way=[to_obstacle(one, say) for one in tried.obstacles],
    )


def to_obstacle(one: Obstacle, say: list[Phrasing]) -> InTheWay:
    """Converts one obstacle."""
    return InTheWay(
        kind=one.kind,
        rule=one.rule,
        minutes=-(-one.amount // 60) if one.kind in IN_MINUTES and one.amount else None,
        doses=one.amount if one.kind in IN_DOSES else None,
        skills=list(one.what),
        text={phrasing.t.language: phrasing.write_obstacle(one) for phrasing in say},
    )


def to_fits(target: Target, fits: Iterable[Fit], say: list[Phrasing]) -> FitsOfGroup:
    """Converts the suggestions for one group."""
    return FitsOfGroup(
        reason=target.reason.value,
        people=target.people,
        crisis_visits=len(target.crisis_ids),
        suggestions=[to_suggestion(one, say) for one in fits],
    )


def to_suggestion(fit: Fit, say: list[Phrasing]) -> Suggestion:
    """Converts one suggestion."""
    shifts, calendar, price = say[0].around.shifts, say[0].around.calendar, fit.price
    return Suggestion(
        question={one.t.language: one.write_question(fit) for one in say},
        changes=[type(change).__name__ for change in fit.changes],
        people=fit.people,
        others=fit.others,
        others_would_go_first=fit.alone,
        visits=[
            VisitMade(
                shift=UUID(one.shift_id),
                team=UUID(shifts[one.shift_id].team_id),
                starts_at=calendar.to_moment(one.start),
                ends_at=calendar.to_moment(one.end),
                people=one.people,
            )
            for one in fit.placed
        ],
        price=PricePaid(
            working_minutes=round(price.working_seconds / 60),
            metres=price.metres,
            doses=price.doses,
            doses_wasted=price.wasted,
            calls=price.calls,
        ),
    )
