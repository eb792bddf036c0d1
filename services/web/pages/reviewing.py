"""The administrator's inbox: who looked where they normally may not, and which looks stand out. By number; nobody is named."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import TypeAdapter, ValidationError

from events.identifiers import Remark
from infra.clock import SystemClock
from infra.postgres.access_policy import policy_of, read_policies
from infra.postgres.break_glass import What, list_alerts_due, list_glass_due
from infra.postgres.database import Who
from services.web.access import ADMIN, Forbidden, allow
from services.web.forms import read_signed_form, takes
from services.web.frame import Frame, find_wording, go, render
from services.web.looks import log_shown
from services.web.outlines import read_region_names
from services.web.pages.looking import role_of
from services.web.parts import get_parts
from services.web.refusing import FIELDS, Refused

router = APIRouter(prefix="/beheer/inzage", include_in_schema=False)
Admin = Annotated[Who, Depends(allow(ADMIN))]
VERDICTS: Final = ("terecht", "niet_terecht")
NOTE: Final = TypeAdapter[str](Remark)


@router.get("")
async def show_due(request: Request, who: Admin) -> Response:
    """Show what waits for a reviewer in the region."""
    parts = get_parts(request)
    async with parts.reader.reading(who) as tx:
        opened, alerts = await list_glass_due(tx), await list_alerts_due(tx)
        policy = policy_of(await read_policies(tx), who.region)
        await log_shown(tx, request, who, [one.person for one in opened], "list", "review")
    place = read_region_names().get(who.region, who.region)
    around = Frame(place, (), find_wording(request)("role.admin"))
    late = SystemClock().now() - timedelta(hours=policy.review_hours)
    context = {"opened": opened, "alerts": alerts, "late": late, "role_of": role_of}
    return render(request, "reviews.html", context, who=who, around=around)


@router.post("/noodinzage/{glass}")
@takes("oordeel", "toelichting")
async def review_opening(request: Request, who: Admin, glass: UUID) -> Response:
    """Say of an opening in the region whether it was right."""
    async with get_parts(request).reader.reading(who) as tx:
        due = {one.id for one in await list_glass_due(tx)}
    return await review(request, who, "glass", glass, is_due=glass in due)


@router.post("/melding/{alert}")
@takes("oordeel", "toelichting")
async def review_alert(request: Request, who: Admin, alert: UUID) -> Response:
    """Say of looks that stand out in the region whether they were right."""
    async with get_parts(request).reader.reading(who) as tx:
        due = {one.id for one in await list_alerts_due(tx)}
    return await review(request, who, "alert", alert, is_due=alert in due)


async def review(request: Request, who: Who, what: What, about: UUID, *, is_due: bool) -> Response:
    """Keep the verdict; Forbidden for what is of another region or was reviewed before."""
    form = await read_signed_form(request, who)
    verdict, note = form.get("oordeel"), form.get("toelichting").strip()
    if verdict not in VERDICTS:
        raise Refused(FIELDS, fields=["oordeel"])
    try:
        NOTE.validate_python(note)
    except ValidationError:
        raise Refused(FIELDS, fields=["toelichting"]) from None
    emergencies = get_parts(request).seats.emergencies
    if not is_due or not await emergencies.review(what, about, who, verdict, note):
        raise Forbidden("forbidden.review")
    return go("/beheer/inzage")
