"""The administrator's page: which sessions of the region are open, a button to end each, and how to open another."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from infra.postgres.database import Who
from services.web.access import ADMIN, Forbidden, allow
from services.web.forms import read_signed_form, takes
from services.web.frame import Frame, find_wording, go, render
from services.web.outlines import read_region_names
from services.web.parts import get_parts

router = APIRouter(prefix="/beheer", include_in_schema=False)
Admin = Annotated[Who, Depends(allow(ADMIN))]


@router.get("")
async def show_sessions(request: Request, who: Admin) -> Response:
    """Show the open sessions of the region, the own one too."""
    found = await get_parts(request).seats.list_open(who.region)
    place = read_region_names().get(who.region, who.region)
    around = Frame(place, (), find_wording(request)("role.admin"))
    context = {"sessions": found, "own": request.state.session, "region": who.region}
    return render(request, "admin.html", context, who=who, around=around)


@router.post("/sessie/{session}/beeindigen")
@takes()
async def end(request: Request, who: Admin, session: UUID) -> Response:
    """End a session of the region; Forbidden when it is not open there."""
    await read_signed_form(request, who)
    seats = get_parts(request).seats
    if session not in {one.session for one in await seats.list_open(who.region)}:
        raise Forbidden("forbidden.session")
    await seats.end(session, who.subject)
    return go("/beheer")
