"""Why a location has no visit, by shift, and what to ask on the phone so that it gets one."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from events.identifiers import EditId
from events.local_time import to_local_date
from infra.identity import new_id
from infra.postgres.database import Who
from scheduling.fitting.fit import Fit
from scheduling.fitting.targets import Tries
from scheduling.plan import Reason
from services.accept.submission import Status
from services.web import moments
from services.web.access import allow
from services.web.fit_facts import is_ours, to_facts, to_token
from services.web.fitting import NoRecord
from services.web.fitting_apart import Around
from services.web.forms import read_signed_form, takes
from services.web.frame import find_wording, go, read_frame, render
from services.web.parts import get_parts
from services.web.phoning import Phrasing, read_names
from services.web.planned import NoPlan, ask_about

router = APIRouter(prefix="/planning", include_in_schema=False)
Planner = Annotated[Who, Depends(allow("planner"))]
SHOWN: Final = 8  # shifts before "show all"


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """A shift and what is in the way in it, in words."""

    day: str
    hours: str
    team: str
    in_the_way: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Everybody at the location who waits for one reason."""

    reason: str
    people: int
    crisis_visits: int
    is_barred: bool
    lines: tuple[ShiftLine, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question for the phone, and what its yes costs."""

    question: str
    price: str
    token: str  # empty where somebody else says it


@router.get("/open/{location}")
async def show_fits(
    request: Request,
    who: Planner,
    location: UUID,
    reden: Reason | None = None,
    hoe: Annotated[str, Query(max_length=8)] = "",
    gedaan: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    """Show what is in the way in each shift; with `hoe` the questions too, for which everything is solved again."""
    done = find_wording(request)("fit.done") if gedaan else ""
    return await render_fits(request, who, location, reden, is_asked=bool(hoe), done=done)


@router.post("/open/{location}/ja")
@takes("vraag", "reden")
async def apply_fit(request: Request, who: Planner, location: UUID) -> Response:
    """Store what somebody said yes to, once it was solved again; 409 in words where it does not hold any more."""
    form, parts = await read_signed_form(request, who), get_parts(request)
    reason = next((one for one in Reason if one.value == form.get("reden")), None)
    try:
        _, question = await ask_about(parts, who, location, reason)
        found = await parts.fitting.fit(who, question)
    except (NoPlan, NoRecord):
        return await render_fits(request, who, location, reason, fault="fit.stale")
    wanted = next(
        (
            fit
            for _, fits in found.fits
            for fit in fits
            if is_ours(fit) and to_token(fit) == form.get("vraag")
        ),
        None,
    )
    facts = None
    if wanted is not None:
        async with parts.reader.reading(who) as tx:
            facts = await to_facts(tx, who.region, wanted, found.around, EditId(new_id()))
    outcomes = await parts.writing.submit(who, facts) if facts else []
    if not outcomes or any(one.status is Status.REJECTED for one in outcomes):
        return await render_fits(request, who, location, reason, fault="fit.stale")
    return go(f"/planning/open/{location}?gedaan=ja")


async def render_fits(
    request: Request,
    who: Who,
    location: UUID,
    reden: Reason | None,
    *,
    is_asked: bool = False,
    done: str = "",
    fault: str = "",
) -> Response:
    """The page; `fault` says why nothing was stored."""
    parts, t = get_parts(request), find_wording(request)
    groups: list[Group] = []
    asks: list[Ask] = []
    async with parts.reader.reading(who) as tx:
        names = await read_names(tx, who.region)
        around = await read_frame(tx, who, t)
    try:
        _, question = await ask_about(parts, who, location, reden)
        reasons = await parts.fitting.explain(who, question)
        say = Phrasing(t, names, reasons.around)
        groups = [to_group(one, say) for one in reasons.tries]
        if is_asked and any(not one.is_barred for one in groups):
            found = await parts.fitting.fit(who, question)
            asks = [to_ask(fit, say) for _, fits in found.fits for fit in fits]
    except (NoPlan, NoRecord):
        groups = []
    context = {
        "place": names.places.get(location, t("place.unknown")),
        "location": location,
        "groups": groups,
        "asks": asks,
        "asked": is_asked,
        "done": done,
        "fault": t(fault) if fault else "",
        "reason": reden.value if reden else "",
        "shown": SHOWN,
    }
    code = 409 if fault else 200
    return render(request, "fits.html", context, who=who, around=around, code=code)


def to_group(tries: Tries, say: Phrasing) -> Group:
    """Put what was tried for a group into words, those shifts first in which the least is in the way."""
    ranked = sorted(tries.tried, key=lambda one: len(one.obstacles))
    return Group(
        tries.target.reason.value,
        tries.target.people,
        len(tries.target.crisis_ids),
        tries.is_barred,
        tuple(
            to_line(one.shift_id, say, tuple(map(say.write_obstacle, one.obstacles)))
            for one in ranked
        ),
    )


def to_line(shift_id: str, say: Phrasing, in_the_way: tuple[str, ...]) -> ShiftLine:
    """Put a shift into words."""
    around: Around = say.around
    shift = around.shifts[shift_id]
    start, end = around.calendar.to_moment(shift.start), around.calendar.to_moment(shift.end)
    hours = f"{moments.clock_time(start)} - {moments.clock_time(end)}"
    day = moments.short_day(to_local_date(start), say.t)
    return ShiftLine(day, hours, say.name_team(shift), in_the_way)


def to_ask(fit: Fit, say: Phrasing) -> Ask:
    """Put a suggestion into words."""
    token = to_token(fit) if is_ours(fit) else ""
    return Ask(say.write_question(fit), say.write_price(fit.price), token)
