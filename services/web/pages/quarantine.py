"""Shows quarantined records to those who may see them: reason, fields, and a button to offer them again."""

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from events.errors import Refusal
from infra.postgres.database import Who
from infra.postgres.pages import quarantine
from infra.postgres.pages.quarantine import GroupRow
from services.web.access import Forbidden, allow
from services.web.forms import Number, Word, read_signed_form, takes
from services.web.frame import find_wording, go, read_frame, render
from services.web.parts import get_parts

router = APIRouter(prefix="/quarantaine", include_in_schema=False)
Sees = Annotated[Who, Depends(allow("planner", "practice"))]
SHOWN: Final = 50  # records on a page
AT_ONCE: Final = 500  # records that one button offers


@router.get("")
async def show_set_aside(
    request: Request,
    who: Sees,
    bron: Word = "",
    reden: Word = "",
    voor: Number | None = None,
    aangenomen: Number | None = None,
    geweigerd: Number = 0,
    gesloten: Number = 0,
) -> Response:
    """The groups, and the records of the chosen one; without a choice of the newest."""
    parts = get_parts(request)
    async with parts.reader.reading(who) as tx:
        around = await read_frame(tx, who, find_wording(request))
        groups = await quarantine.groups(tx)
        chosen = find_chosen(groups, bron, reden)
        found = (
            await quarantine.lines(tx, chosen.topic, chosen.reason, voor, SHOWN + 1)
            if chosen
            else []
        )
        stops = await quarantine.stops(tx) if who.role == "planner" else []
    context = {
        "groups": groups,
        "chosen": chosen,
        "lines": found[:SHOWN],
        "older": found[SHOWN - 1].number if len(found) > SHOWN else None,
        "newer": voor is not None,
        "stops": stops,
        "records": sum(group.records for group in groups),
        "done": None if aangenomen is None else (aangenomen, geweigerd, gesloten),
        "link": link_to,
        "at_once": AT_ONCE,
    }
    return render(request, "quarantine.html", context, who=who, around=around)


@router.post("/aanbieden/{number}")
@takes("bron", "reden")
async def offer_one(request: Request, who: Sees, number: Number) -> Response:
    """Offer one record again. Raises Forbidden when it is not this person's, or not open any more."""
    form = await read_signed_form(request, who)
    async with get_parts(request).reader.reading(who) as tx:
        numbers = await quarantine.may_see(tx, [number])
    if not numbers:
        raise Forbidden("forbidden.set_aside")
    return await offer(request, who, numbers, form.get("bron"), form.get("reden"))


@router.post("/aanbieden")
@takes("bron", "reden")
async def offer_group(request: Request, who: Sees) -> Response:
    """Offer the oldest records of a group again."""
    form = await read_signed_form(request, who)
    topic, reason = form.get("bron"), form.get("reden")
    async with get_parts(request).reader.reading(who) as tx:
        numbers = await quarantine.numbers_of(tx, topic, reason, AT_ONCE)
    if not numbers:
        raise Forbidden("forbidden.set_aside")
    return await offer(request, who, numbers, topic, reason)


async def offer(
    request: Request, who: Who, numbers: list[int], topic: str, reason: str
) -> Response:
    """Offer them, and show the group with what came of it."""
    done = await get_parts(request).writing.offer_again(who, numbers)
    said = {
        "aangenomen": done.accepted,
        "geweigerd": done.refused + done.gone,
        "gesloten": done.closed,
    }
    return go(f"{link_to(topic, reason)}&{urlencode(said)}")


def find_chosen(groups: list[GroupRow], topic: str, reason: str) -> GroupRow | None:
    """Find the requested group, else the first; None when nothing is quarantined."""
    asked = [group for group in groups if (group.topic, group.reason) == (topic, reason)]
    return next(iter(asked or groups), None)


def link_to(topic: str, reason: str) -> str:
    """The page with this group open."""
    return f"/quarantaine?{urlencode({'bron': topic, 'reden': reason})}"


def list_reason_keys() -> list[str]:
    """List the keys of wording that every reason of the quarantine must have."""
    return [f"{kind}.{reason.value}" for kind in ("refusal", "repair") for reason in Refusal]
