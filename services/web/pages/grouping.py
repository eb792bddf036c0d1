"""A visit becomes several, or takes in another one of its place: the effect is read first."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from infra.identity import new_id
from infra.postgres.database import Who
from scheduling.steering.edits import Regroup, Spot
from scheduling.steering.regrouping import Apart, list_partners, to_join, to_split
from scheduling.steering.trials import Refused as CannotTry
from services.web.access import allow
from services.web.actual import Looked
from services.web.api.hand_edits import MOST_PARTS
from services.web.forms import Word, read_signed_form, takes
from services.web.frame import find_wording
from services.web.pages.changing import (
    Attempt,
    Choice,
    read_id,
    show_attempt,
    store_edit,
    try_edit,
)
from services.web.pages.effects import write_rule
from services.web.pages.hand import go_back, list_shifts, look, read_names, write_when
from services.web.pages.swapping import find_place, render_change
from services.web.refusing import FIELDS, Refused

router = APIRouter(prefix="/planning/bezoek/{visit}", include_in_schema=False)
Planner = Annotated[Who, Depends(allow("planner"))]
WAYS: Final = ("aantal", "hooguit")
MOST_PEOPLE: Final = 500


@router.get("/splits")
async def show_split(
    request: Request, who: Planner, visit: UUID, hoe: Word = "", n: Word = "", dienst: Word = ""
) -> Response:
    """How a visit may be split; with a number what that does. Nothing is stored."""
    looked, attempt = (
        await look(request, who),
        Attempt({"hoe": [hoe], "n": [n], "dienst": [dienst]}),
    )
    find_place(looked, visit)
    if n:
        edit = read_split(request, looked, visit, attempt)
        if edit is not None:
            await try_edit(request, looked, edit, attempt)
    return await render_split(request, who, looked, visit, attempt)


@router.post("/splits")
@takes("hoe", "n", "dienst", "gezien", "reden")
async def split(request: Request, who: Planner, visit: UUID) -> Response:
    """Store a split that was looked at."""
    form = await read_signed_form(request, who)
    fields = {name: [form.get(name)] for name in ("hoe", "n", "dienst")}
    attempt, looked = Attempt(fields, form.get("reden").strip()), await look(request, who)
    find_place(looked, visit)
    edit = read_split(request, looked, visit, attempt)
    stored = await store_edit(request, who, edit, form.get("gezien"), attempt) if edit else None
    if stored is None:
        return await render_split(request, who, looked, visit, attempt)
    return go_back(stored, visit)


@router.get("/samen")
async def show_join(request: Request, who: Planner, visit: UUID, met: Word = "") -> Response:
    """Other visits of the place with the same vaccine; with `met` what joining them does. Nothing is stored."""
    looked, attempt = await look(request, who), Attempt({"met": [met]})
    find_place(looked, visit)
    if met:
        edit = read_join(request, looked, visit, attempt)
        if edit is not None:
            await try_edit(request, looked, edit, attempt)
    return await render_join(request, who, looked, visit, attempt)


@router.post("/samen")
@takes("met", "gezien", "reden")
async def join(request: Request, who: Planner, visit: UUID) -> Response:
    """Store a join that was looked at."""
    form = await read_signed_form(request, who)
    attempt = Attempt({"met": [form.get("met")]}, form.get("reden").strip())
    looked = await look(request, who)
    find_place(looked, visit)
    edit = read_join(request, looked, visit, attempt)
    stored = await store_edit(request, who, edit, form.get("gezien"), attempt) if edit else None
    if stored is None:
        return await render_join(request, who, looked, visit, attempt)
    return go_back(stored, visit)


def read_split(request: Request, looked: Looked, visit: UUID, attempt: Attempt) -> Regroup | None:
    """The split that was typed; None where it cannot be tried: the attempt says why. Refused by field."""
    (how,), (n,), (shift,) = (attempt.fields[name] for name in ("hoe", "n", "dienst"))
    if how not in WAYS:
        raise Refused(FIELDS, fields=["hoe"])
    if not n.isdecimal() or len(n) > 3 or not 0 < int(n) <= MOST_PEOPLE:
        raise Refused(FIELDS, fields=["n"])
    apart = Apart(number=int(n)) if how == "aantal" else Apart(most=int(n))
    spot = Spot(str(read_id(shift, "dienst"))) if shift else None
    names = [str(new_id()) for _ in range(MOST_PARTS - 1)]
    try:
        return to_split(looked.actual, str(visit), apart, names, spot)
    except CannotTry as refused:
        note_refused(request, refused, attempt)
        return None


def read_join(request: Request, looked: Looked, visit: UUID, attempt: Attempt) -> Regroup | None:
    """The join that was chosen; None where it cannot be tried: the attempt says why. Refused by field."""
    other = str(read_id(attempt.fields["met"][0], "met"))
    try:
        return to_join(looked.actual, str(visit), other)
    except CannotTry as refused:
        note_refused(request, refused, attempt)
        return None


def note_refused(request: Request, refused: CannotTry, attempt: Attempt) -> None:
    """Says in the attempt why it cannot even be tried."""
    attempt.code = 409
    attempt.refusals += [write_rule(row, find_wording(request)) for row in refused.breaches]


async def render_split(
    request: Request, who: Who, looked: Looked, visit: UUID, attempt: Attempt
) -> Response:
    """The page of a split."""
    t, names = find_wording(request), await read_names(request, who)
    (how,), (n,), (shift,) = (attempt.fields[name] for name in ("hoe", "n", "dienst"))
    context = {
        "head": t("split.title", place=names.location(find_place(looked, visit), t)),
        "action": f"/planning/bezoek/{visit}/splits",
        "how": how or WAYS[0],
        "number": n,
        "shifts": list_shifts(looked, shift, names, t),
        **show_attempt(looked, attempt, names, t),
    }
    return await render_change(request, who, looked, visit, "split.html", context)


async def render_join(
    request: Request, who: Who, looked: Looked, visit: UUID, attempt: Attempt
) -> Response:
    """The page of a join."""
    t, names = find_wording(request), await read_names(request, who)
    chosen = attempt.fields["met"][0]
    others = [
        Choice(
            stop.visit.id,
            t(
                "join.stop",
                when=write_when(looked, stop.fixed.start, t),
                team=names.team(looked, shift_id),
                people=t.count("residents", len(stop.visit.needs)),
            ),
            stop.visit.id == chosen,
        )
        for shift_id, stop in list_partners(looked.actual, str(visit))
    ]
    context = {
        "head": t("join.title", place=names.location(find_place(looked, visit), t)),
        "action": f"/planning/bezoek/{visit}/samen",
        "others": others,
        **show_attempt(looked, attempt, names, t),
    }
    return await render_change(request, who, looked, visit, "join.html", context)
