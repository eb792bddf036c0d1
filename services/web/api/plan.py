"""The published plan for systems of the post: visits per day, by pseudonym."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from events.local_time import to_local_date
from infra.postgres.database import Who
from infra.postgres.pages import planner, status
from services.web.access import allow
from services.web.moments import bounds
from services.web.parts import parts_of

router = APIRouter(prefix="/api", tags=["plan"])


@router.get("/plan")
async def show_plan(
    request: Request,
    who: Annotated[Who, Depends(allow("planner"))],
    day: date | None = None,
) -> JSONResponse:
    """The plan that people go by and its visits on one day (default: today)."""
    parts = parts_of(request)
    wanted = day or to_local_date(parts.clock.now())
    since, until = bounds(wanted)
    async with parts.reader.reading(who) as tx:
        plans = await status.plans(tx, who.region)
        visits = await planner.visits(tx, who.region, since, until)
        days = await planner.days(tx, who.region)
    published = next((plan for plan in plans if plan.state == "published"), None)
    return JSONResponse(
        {
            "plan": None if published is None else str(published.plan),
            "as_of": None if published is None else list(published.as_of),
            "days": {line.day.isoformat(): line.visits for line in days},
            "day": wanted.isoformat(),
            "visits": [
                {
                    "visit": str(visit.visit),
                    "team": str(visit.team),
                    "location": visit.location,
                    "starts_at": visit.starts_at.isoformat(),
                    "ends_at": visit.ends_at.isoformat(),
                    "people": visit.people,
                    "product": visit.product,
                    "pinned": visit.pinned,
                }
                for visit in visits
            ],
        }
    )
