"""`/api/v1/plan/fits/region`: what would help everybody whom a plan leaves out, searched in the background."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from infra.postgres.database import Who
from infra.postgres.pages.decisions import changes_since
from scheduling.fitting.fit import Fit
from scheduling.fitting.targets import Target
from services.web.access import allow
from services.web.api.description import may_answer
from services.web.api.plans import Text, say
from services.web.api.problems import Problem
from services.web.api.unassigned import Suggestion, to_suggestion
from services.web.parts import Parts, get_parts
from services.web.phoning import Names, Phrasing, read_names
from services.web.planned import find_published
from services.web.refusing import BUSY, NOT_KEPT, Kind, Refused
from services.web.region_fits import Search, SearchState, gain
from services.web.wording import LANGUAGES, Wording

router = APIRouter(tags=["plan"])
Planner = Annotated[Who, Depends(allow("planner"))]
NO_PLAN: Final = Kind("no_plan", 409, "No plan", "Nobody goes by any plan here yet.")
Wait = Annotated[float, Query(ge=0, le=25, description="seconds to wait for the end")]


class GroupFit(BaseModel):
    """Everybody at one location who is left out for one reason, and the first suggestion that holds for them."""

    location: UUID
    name: str
    reason: str
    text: Text
    people: int
    crisis_visits: int
    people_per_call: Annotated[
        float | None, Field(description="who gets a visit for each phone call; null without one")
    ]
    suggestion: Annotated[
        Suggestion | None, Field(description="null: no small change helps this group")
    ]


class RegionFits(BaseModel):
    """A search for everybody whom one version of the plan leaves out; holds for that version only."""

    id: UUID
    state: SearchState
    text: Annotated[Text, Field(description="what became of it, and what to do")]
    plan: Annotated[UUID, Field(description="the version that it is about")]
    newer_plan: Annotated[
        UUID | None, Field(description="that people go by since: search again for that one")
    ]
    stops_changed: Annotated[
        int, Field(description="of that version since it began, 20 at most; search again")
    ]
    asked_at: datetime
    groups: Annotated[int, Field(description="that a change could help; 0 until it runs")]
    done: int
    people_helped: Annotated[int, Field(description="by the suggestions, each by itself")]
    decided_elsewhere: Annotated[
        int, Field(description="groups that no change by us helps; see /plan/unassigned")
    ]
    results: Annotated[
        list[GroupFit], Field(description="crisis visits, then the most people for each call")
    ]


@router.post(
    "/plan/fits/region",
    status_code=202,
    responses=may_answer((NO_PLAN, Problem), (BUSY, Problem)),
)
async def search_region(request: Request, who: Planner, wait: Wait = 0) -> RegionFits:
    """Search for all who are left out of the plan that people go by; a search of this plan that goes on is answered as it is."""
    parts = get_parts(request)
    search = await begin(parts, who)
    if search is None:
        raise Refused(NO_PLAN)
    return await to_answer(parts, who, search, wait)


@router.get("/plan/fits/region", responses=may_answer((NOT_KEPT, Problem)))
async def show_last_search(request: Request, who: Planner, wait: Wait = 0) -> RegionFits:
    """The last search of the own region, as far as it is."""
    parts = get_parts(request)
    return await to_answer(parts, who, find(parts, who), wait)


@router.get("/plan/fits/region/{search}", responses=may_answer((NOT_KEPT, Problem)))
async def show_search(request: Request, who: Planner, search: UUID, wait: Wait = 0) -> RegionFits:
    """One search of the own region, as far as it is; 404 says why it is gone, as after a restart."""
    parts = get_parts(request)
    return await to_answer(parts, who, find(parts, who, search), wait)


@router.delete(
    "/plan/fits/region/{search}", status_code=204, responses=may_answer((NOT_KEPT, Problem))
)
async def cancel_search(request: Request, who: Planner, search: UUID) -> Response:
    """Stop a search; what it found stays."""
    parts = get_parts(request)
    parts.region_fits.cancel(find(parts, who, search))
    return Response(status_code=204)


async def begin(parts: Parts, who: Who) -> Search | None:
    """A search of the plan that people go by; None without one. Raises Refused."""
    async with parts.reader.reading(who) as tx:
        plan = await find_published(tx, who.region)
    rows = await parts.writing.load_standing(who.region, plan.hash) if plan else None
    if plan is None or rows is None:
        return None
    return parts.region_fits.begin(who, plan, replace(rows, record=None, matrix=None))


def find(parts: Parts, who: Who, name: UUID | None = None) -> Search:
    """A search of the own region. Raises Refused for what is not kept."""
    search = parts.region_fits.find(who.region, name)
    if search is None:
        raise Refused(NOT_KEPT)
    return search


async def to_answer(parts: Parts, who: Who, search: Search, seconds: float) -> RegionFits:
    """What is known of a search by now, once it ended or these seconds have gone."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await search.done.wait()
    async with parts.reader.reading(who) as tx:
        names = await read_names(tx, who.region)
        newest = await find_published(tx, who.region)
        visits = [row.facts.visit_id for row in search.rows.visits]
        changed = await changes_since(tx, who.region, visits, search.rows.number)
    newer = newest.plan if newest is not None and newest.plan != search.plan else None
    return RegionFits(
        id=search.id,
        state=search.state,
        text=say(lambda t: write_state(search, is_newer=newer is not None, t=t)),
        plan=search.plan,
        newer_plan=newer,
        stops_changed=len({row.visit for row in changed}),
        asked_at=search.asked_at,
        groups=len(search.targets),
        done=len(search.found),
        people_helped=sum(fit.people for _, fit in search.found if fit),
        decided_elsewhere=len(search.barred),
        results=list_results(search, names),
    )


def list_results(search: Search, names: Names) -> list[GroupFit]:
    """What was found so far, those first who gain the most people for each call."""
    if search.around is None:
        return []
    around = search.around
    say_in = [Phrasing(Wording(language), names, around) for language in LANGUAGES]
    return [to_group(target, fit, say_in) for target, fit in search.list_ranked()]


def to_group(target: Target, fit: Fit | None, say_in: list[Phrasing]) -> GroupFit:
    """Converts what was found for one group."""
    reason = target.reason.value
    return GroupFit(
        location=UUID(target.location_id),
        name=say_in[0].name_place(target.location_id),
        reason=reason,
        text={one.t.language: one.t.why(reason) for one in say_in},
        people=target.people,
        crisis_visits=len(target.crisis_ids),
        people_per_call=round(gain(fit), 1) if fit else None,
        suggestion=to_suggestion(fit, say_in) if fit else None,
    )


def write_state(search: Search, *, is_newer: bool, t: Wording) -> str:
    """What became of a search, and what to do."""
    done, groups = len(search.found), len(search.targets)
    said = t(f"region_fits.{search.state.value}", done=t.number(done), n=t.number(groups))
    newer = is_newer and search.state is not SearchState.SUPERSEDED
    return f"{said} {t('region_fits.newer')}" if newer else said
