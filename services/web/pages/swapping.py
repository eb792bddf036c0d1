"""A stop changes places with another, or leaves the plan: the effect is read first."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from infra.postgres.database import Who
from scheduling.steering.edits import Swap, Unassign
from services.web.access import Forbidden, allow
from services.web.actual import Looked
from services.web.forms import Word, read_signed_form, takes
from services.web.frame import find_wording, go
from services.web.pages.changing import (
    Attempt,
    list_stops,
    read_id,
    show_attempt,
    store_edit,
    try_edit,
)
from services.web.pages.hand import (
    find_date,
    go_back,
    look,
    read_names,
    render_framed,
    write_when,
)
from services.web.refusing import FIELDS, Refused

router = APIRouter(prefix="/planning/bezoek/{visit}", include_in_schema=False)
Planner = Annotated[Who, Depends(allow("planner"))]


@router.get("/ruil")
async def show_swap(request: Request, who: Planner, visit: UUID, met: Word = "") -> Response:
    """Another stop to change places with; with `met` what that does. Nothing is stored."""
    looked, attempt = await look(request, who), Attempt({"met": [met]})
    if met:
        await try_edit(request, looked, to_swap(visit, met), attempt)
    return await render_swap(request, who, looked, visit, attempt)


@router.post("/ruil")
@takes("met", "gezien", "reden")
async def swap(request: Request, who: Planner, visit: UUID) -> Response:
    """Store an exchange that was looked at."""
    form = await read_signed_form(request, who)
    attempt = Attempt({"met": [form.get("met")]}, form.get("reden").strip())
    looked = await look(request, who)
    edit = to_swap(visit, form.get("met"))
    stored = await store_edit(request, who, edit, form.get("gezien"), attempt)
    if stored is None:
        return await render_swap(request, who, looked, visit, attempt)
    return go_back(stored, visit)


@router.get("/eraf")
async def show_leaving(request: Request, who: Planner, visit: UUID) -> Response:
    """What it does when a stop leaves the plan; nothing is stored."""
    looked, attempt = await look(request, who), Attempt()
    await try_edit(request, looked, Unassign(str(visit)), attempt)
    return await render_leaving(request, who, looked, visit, attempt)


@router.post("/eraf")
@takes("gezien", "reden")
async def leave(request: Request, who: Planner, visit: UUID) -> Response:
    """Take a stop off the plan, as it was shown."""
    form = await read_signed_form(request, who)
    attempt, looked = Attempt({}, form.get("reden").strip()), await look(request, who)
    edit = Unassign(str(visit))
    stored = await store_edit(request, who, edit, form.get("gezien"), attempt)
    if stored is None:
        return await render_leaving(request, who, looked, visit, attempt)
    stood = stored.effect.touched[0].old
    day = find_date(stored.looked, stood[1]) if stood else ""
    return go(f"/planning?dag={day}#open")


def to_swap(visit: UUID, other: str) -> Swap:
    """The exchange that was chosen. Refused for a stop with itself, or with what is none."""
    if (found := read_id(other, "met")) == visit:
        raise Refused(FIELDS, fields=["met"])
    return Swap(str(visit), str(found))


async def render_swap(
    request: Request, who: Who, looked: Looked, visit: UUID, attempt: Attempt
) -> Response:
    """The page of an exchange."""
    t, names = find_wording(request), await read_names(request, who)
    chosen = attempt.fields["met"][0]
    context = {
        "head": t("swap.title", place=names.location(find_place(looked, visit), t)),
        "others": list_stops(looked, str(visit), chosen, names, t),
        "action": f"/planning/bezoek/{visit}/ruil",
        **show_attempt(looked, attempt, names, t),
    }
    return await render_change(request, who, looked, visit, "swap.html", context)


async def render_leaving(
    request: Request, who: Who, looked: Looked, visit: UUID, attempt: Attempt
) -> Response:
    """The page of a stop that leaves the plan."""
    t, names = find_wording(request), await read_names(request, who)
    context = {
        "head": t("leave.title", place=names.location(find_place(looked, visit), t)),
        "action": f"/planning/bezoek/{visit}/eraf",
        **show_attempt(looked, attempt, names, t),
    }
    return await render_change(request, who, looked, visit, "leave.html", context)


def find_place(looked: Looked, visit: UUID) -> str:
    """The location of a stop. Forbidden for one that is not in the plan any more."""
    found = looked.actual.find(str(visit))
    if found is None:
        raise Forbidden("forbidden.visit")
    return found[1].fixed.location_id


async def render_change(
    request: Request,
    who: Who,
    looked: Looked,
    visit: UUID,
    template: str,
    context: dict[str, Any],
) -> Response:
    """A page about one stop, with where it stands now."""
    found = looked.actual.find(str(visit))
    assert found is not None, "its location was found"
    t, names = find_wording(request), await read_names(request, who)
    stands = t(
        "hand.stands",
        when=write_when(looked, found[1].fixed.start, t),
        team=names.team(looked, found[0]),
        people=t.count("residents", len(found[1].visit.needs)),
    )
    back = f"/planning/bezoek/{visit}/hand"
    return await render_framed(
        request,
        who,
        template,
        {"visit": visit, "stands": stands, "back": back, **context},
        code=context["attempt"].code,
    )
