"""`GET /api/v1/plan`: the published plan, for systems of the post; nobody is named."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from events.identifiers import Day
from events.local_time import to_local_date
from infra.postgres.database import Who
from infra.postgres.findings import FoundRow, read_findings
from infra.postgres.pages import planner
from services.web.access import allow
from services.web.expecting import read_expected
from services.web.moments import bounds
from services.web.parts import get_parts
from services.web.planned import find_published

router = APIRouter(tags=["plan"])


class PlannedVisit(BaseModel):
    """One visit of the day; `people` counts residents, nobody is named."""

    visit: UUID
    team: UUID
    location: str | None
    starts_at: datetime
    ends_at: datetime
    expected_at: Annotated[
        datetime | None,
        Field(description="other than `starts_at`, while the team runs late or early"),
    ] = None
    people: int
    product: str | None
    pinned: bool


class ClashingPin(BaseModel):
    """A pin with which another cannot hold together; `by` is null where nobody said who placed it."""

    place: str | None
    starts_at: datetime | None
    by: str | None


class ClashingFact(BaseModel):
    """A fact that a pin or a wish cannot hold beside: opening hours that were said anew, or a shift that was closed."""

    kind: Literal["hours", "shift"]
    at: datetime
    by: str | None
    team: Annotated[str | None, Field(description="of the shift")]


class Fault(BaseModel):
    """A rule that a published stop breaks (`kept`), or that a pin breaks which therefore does not hold (`pin`)."""

    kind: Literal["kept", "pin"]
    rule: Annotated[str, Field(description="name of the rule")]
    visit: UUID | None
    starts_at: datetime | None
    holds: Annotated[str, Field(description="what the pin holds; a wish is a `window`")] = ""
    by: Annotated[str | None, Field(description="who placed the pin")] = None
    beside: Annotated[list[ClashingPin], Field(description="pins it cannot hold with")] = []
    cause: ClashingFact | None = None


class PlanOfDay(BaseModel):
    """The plan that people go by, and its visits on one day."""

    plan: UUID | None
    as_of: Annotated[
        list[int] | None,
        Field(min_length=2, max_length=2, description="numbers of region and country it knew"),
    ]
    days: Annotated[dict[date, int], Field(description="visits on each day")]
    day: date
    visits: list[PlannedVisit]
    faults: Annotated[list[Fault], Field(description="of every day: for a person to decide")] = []


@router.get("/plan")
async def show_plan(
    request: Request,
    who: Annotated[Who, Depends(allow("planner"))],
    day: Day | None = None,
) -> PlanOfDay:
    """The plan that people go by and its visits on one day (default: today)."""
    parts = get_parts(request)
    wanted = day or to_local_date(parts.clock.now())
    since, until = bounds(wanted)
    async with parts.reader.reading(who) as tx:
        published = await find_published(tx, who.region)
        visits = await planner.visits(tx, who.region, since, until)
        days = await planner.days(tx, who.region)
        expected = await read_expected(tx, who.region, (since, until), parts.clock.now())
        late = {row.visit: row.expected_at for row in expected}
        found = await read_findings(tx, who.region, parts.clock.now())
    return PlanOfDay(
        plan=published.plan if published else None,
        as_of=list(published.as_of) if published else None,
        days={line.day: line.visits for line in days},
        day=wanted,
        visits=[
            PlannedVisit(
                visit=visit.visit,
                team=visit.team,
                location=visit.location,
                starts_at=visit.starts_at,
                ends_at=visit.ends_at,
                expected_at=late.get(visit.visit),
                people=visit.people,
                product=visit.product,
                pinned=visit.pinned,
            )
            for visit in visits
        ],
        faults=[to_fault(row) for row in found],
    )


def to_fault(row: FoundRow) -> Fault:
    """What the judge found, with all that stands in the way of a pin."""
    return Fault(
        kind=row.kind,
        rule=row.rule,
        visit=row.visit,
        starts_at=row.starts_at,
        holds=row.holds,
        by=row.by,
        beside=[
            ClashingPin(place=one.location, starts_at=one.starts_at, by=one.by)
            for one in row.beside
        ],
        cause=ClashingFact.model_validate(asdict(row.cause)) if row.cause else None,
    )
