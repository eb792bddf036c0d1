"""A shift is closed, whole or from a time on: who falls out and where they go is read first."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from events.local_time import to_local_date
from infra.postgres.database import Who
from scheduling.problem import Shift
from scheduling.steering.edits import CloseShift
from services.web import moments
from services.web.access import Forbidden, allow
from services.web.actual import Looked
from services.web.forms import Word, read_signed_form, takes
from services.web.frame import find_wording, go
from services.web.pages.changing import Attempt, read_time, show_attempt, store_edit, try_edit
from services.web.pages.hand import find_date, look, read_names, render_framed

router = APIRouter(prefix="/planning/dienst/{shift}", include_in_schema=False)
Planner = Annotated[Who, Depends(allow("planner"))]


@router.get("/sluit")
async def show_closing(
    request: Request, who: Planner, shift: UUID, om: Word = "", hele: Word = ""
) -> Response:
    """A shift that may be closed, whole (`hele`) or from a time on (`om`), with what that does. Nothing is stored."""
    looked, attempt = await look(request, who), Attempt({"om": [om], "hele": [hele]})
    row = find_shift(looked, shift)
    if om or hele:
        await try_edit(request, looked, to_closing(looked, row, om), attempt)
    return await render_closing(request, who, looked, row, attempt)


@router.post("/sluit")
@takes("om", "hele", "gezien", "reden")
async def close(request: Request, who: Planner, shift: UUID) -> Response:
    """Close a shift as it was shown."""
    form = await read_signed_form(request, who)
    fields = {name: [form.get(name)] for name in ("om", "hele")}
    attempt, looked = Attempt(fields, form.get("reden").strip()), await look(request, who)
    row = find_shift(looked, shift)
    edit = to_closing(looked, row, form.get("om"))
    if await store_edit(request, who, edit, form.get("gezien"), attempt) is None:
        return await render_closing(request, who, looked, row, attempt)
    return go(f"/planning?dag={find_date(looked, row.start)}")


def find_shift(looked: Looked, shift: UUID) -> Shift:
    """A shift of the plan, on the road or not. Forbidden for one that it does not know."""
    problem = looked.actual.problem
    for row in (*problem.shifts, *problem.standing_shifts):
        if row.id == str(shift):
            return row
    raise Forbidden("forbidden.shift")


def to_closing(looked: Looked, shift: Shift, text: str) -> CloseShift:
    """The closing that was typed; without a time the whole shift."""
    at = read_time(text, "om")
    until = None if at is None else looked.calendar.to_local_second(shift.day, at)
    return CloseShift(shift.id, until)


async def render_closing(
    request: Request, who: Who, looked: Looked, shift: Shift, attempt: Attempt
) -> Response:
    """The page of a shift that may be closed."""
    t, names = find_wording(request), await read_names(request, who)
    begins, ends = (looked.calendar.to_moment(second) for second in (shift.start, shift.end))
    team = names.teams.get(UUID(shift.team_id), shift.team_id[:8])
    day = to_local_date(begins)
    visits = len(looked.actual.standing.get(shift.id, ()))
    visits += sum(row.shift_id == shift.id for row in looked.actual.problem.kept.stops)
    context = {
        "head": t("close.title", team=team),
        "stands": t(
            "close.stands",
            day=moments.short_day(day, t),
            start=moments.clock_time(begins),
            end=moments.clock_time(ends),
            visits=t.count("close.visits", visits),
        ),
        "back": f"/planning?dag={day}",
        "action": f"/planning/dienst/{shift.id}/sluit",
        "at": attempt.fields["om"][0],
        **show_attempt(looked, attempt, names, t),
    }
    return await render_framed(request, who, "close.html", context, code=attempt.code)
