"""Looking at somebody whom one normally may not see: a reason first, then name and address for a while. It is reviewed."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException

from infra.clock import SystemClock
from infra.postgres.access_policy import policy_of, read_policies
from infra.postgres.break_glass import read_glass
from infra.postgres.database import Who
from services.web.access import allow
from services.web.api.persons import Reason
from services.web.forms import Word, read_signed_form, takes
from services.web.frame import find_wording, go, read_frame, render
from services.web.looks import emergency_look, open_one
from services.web.parts import get_parts

router = APIRouter(prefix="/noodinzage", include_in_schema=False)
Reader = Annotated[Who, Depends(allow("planner", "practice"))]
REASON: Final = TypeAdapter[str](Reason)


@router.get("")
async def ask(request: Request, who: Reader, persoon: Word = "") -> Response:
    """Show the form that asks for a person and a reason."""
    return await show_form(request, who, persoon, "", "")


@router.post("")
@takes("persoon", "reden")
async def open_for_a_reason(request: Request, who: Reader) -> Response:
    """Open a person of the region for a while; who is unknown there is told so, whoever exists elsewhere."""
    form = await read_signed_form(request, who)
    typed, reason = form.get("persoon").strip(), form.get("reden").strip()
    try:
        person = UUID(typed)
    except ValueError:
        return await show_form(request, who, typed, reason, "person")
    try:
        REASON.validate_python(reason)
    except ValidationError:
        return await show_form(request, who, typed, reason, "reason")
    parts = get_parts(request)
    glass = await parts.seats.emergencies.open(who, person, reason)
    if glass is None:
        return await show_form(request, who, typed, reason, "person")
    return go(f"/noodinzage/{glass}")


@router.get("/{glass}")
async def show_opened(request: Request, who: Reader, glass: UUID) -> Response:
    """Show the person behind an own opening as long as that lasts; each look is logged with the reason."""
    parts = get_parts(request)
    async with parts.reader.reading(who, glass=glass) as tx:
        opening = await read_glass(tx, glass)
        if opening is None:
            raise HTTPException(404)
        around = await read_frame(tx, who, find_wording(request))
        is_over = SystemClock().now() >= opening.until
        how = emergency_look(request, opening)
        person = None if is_over else await open_one(tx, parts.keys, who, opening.person, how)
    context = {"opening": opening, "person": person, "is_over": is_over}
    return render(request, "emergency_open.html", context, who=who, around=around)


async def show_form(request: Request, who: Who, person: str, reason: str, wrong: str) -> Response:
    """Show the form with what was typed, and what is wrong with it."""
    async with get_parts(request).reader.reading(who) as tx:
        around = await read_frame(tx, who, find_wording(request))
        minutes = policy_of(await read_policies(tx), who.region).glass_minutes
    context = {"person": person, "reason": reason, "wrong": wrong, "minutes": minutes}
    code = 422 if wrong else 200
    return render(request, "emergency.html", context, who=who, around=around, code=code)
