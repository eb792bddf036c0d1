"""What would help everybody whom the plan leaves out, as a list to phone from."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from infra.postgres.database import Who
from scheduling.fitting.fit import Fit
from services.web.access import allow
from services.web.api import region_fits
from services.web.forms import read_signed_form, takes
from services.web.frame import find_wording, go, read_frame, render
from services.web.parts import get_parts
from services.web.phoning import Phrasing, read_names
from services.web.refusing import Refused
from services.web.region_fits import GOING, Search, SearchState, gain
from services.web.wording import Wording

router = APIRouter(prefix="/planning", include_in_schema=False)
HOME = "/planning/passend"
FAULTS = ("busy", "no_plan")


@dataclass(frozen=True, slots=True)
class Row:
    """A group with its question, and who gets a visit for each phone call."""

    location: UUID
    place: str
    reason: str
    who: str
    question: str  # empty: no small change helps
    price: str
    gain: str


@router.get("/passend")
async def show(
    request: Request,
    who: Annotated[Who, Depends(allow("planner"))],
    zoek: UUID | None = None,
    fout: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show the search of this name, or the last one; says so where it is not kept any more."""
    parts, t = get_parts(request), find_wording(request)
    search = parts.region_fits.find(who.region, zoek)
    fault = t(f"region_fits.{fout}") if fout in FAULTS else ""
    if search is None and zoek is not None:
        fault = t("region_fits.not_kept")
    rows: list[Row] = []
    answer = await region_fits.to_answer(parts, who, search, 0) if search else None
    async with parts.reader.reading(who) as tx:
        names = await read_names(tx, who.region)
        around = await read_frame(tx, who, t)
    if search is not None and search.around is not None:
        rows = list_rows(search, Phrasing(t, names, search.around))
    context = {
        "fault": fault,
        "search": search,
        "text": answer.text[t.language] if answer else "",
        "is_going": search is not None and search.state in GOING,
        "is_old": answer is not None and (answer.newer_plan is not None or answer.stops_changed),
        "is_stopped": search is not None and search.state is SearchState.SUPERSEDED,
        "changed": answer.stops_changed if answer else 0,
        "barred": answer.decided_elsewhere if answer else 0,
        "rows": [row for row in rows if row.question],
        "without": [row for row in rows if not row.question],
    }
    return render(request, "region_fits.html", context, who=who, around=around)


@router.post("/passend")
@takes("doe", "zoek")
async def act(request: Request, who: Annotated[Who, Depends(allow("planner"))]) -> Response:
    """Begin a search, or stop the one that goes on."""
    form, parts = await read_signed_form(request, who), get_parts(request)
    if form.get("doe") == "stop":
        search = parts.region_fits.find(who.region)
        if search is not None and str(search.id) == form.get("zoek"):
            parts.region_fits.cancel(search)
        return go(HOME)
    try:
        begun = await region_fits.begin(parts, who)
    except Refused:
        return go(f"{HOME}?fout=busy")
    return go(f"{HOME}?zoek={begun.id}" if begun else f"{HOME}?fout=no_plan")


def list_rows(search: Search, say: Phrasing) -> list[Row]:
    """The groups in words, those first who gain the most people for each call."""
    t = say.t
    return [
        Row(
            UUID(target.location_id),
            say.name_place(target.location_id),
            target.reason.value,
            write_who(len(target.crisis_ids), target.people, t),
            say.write_question(fit) if fit else "",
            say.write_price(fit.price) if fit else "",
            write_gain(fit, t) if fit else "",
        )
        for target, fit in search.list_ranked()
    ]


def write_gain(fit: Fit, t: Wording) -> str:
    """Whom a yes helps: who is asked about here, others elsewhere who get in with them, and all of them for each call."""
    said = [t("region_fits.gain", n=t.number(round(gain(fit), 1)))]
    if fit.others:
        here = t.count("residents", fit.people)
        said.insert(0, t.count("region_fits.others", fit.others, here=here))
    return " ".join(said)


def write_who(crisis_visits: int, people: int, t: Wording) -> str:
    """How many wait."""
    return (
        t.count("crisis_visits", crisis_visits) if crisis_visits else t.count("residents", people)
    )
