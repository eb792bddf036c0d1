"""A team on several days at once: it begins later or earlier, or its stops are locked or unlocked; what that does is read first."""

from dataclasses import dataclass, field
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError

from infra.postgres.database import Who
from scheduling.steering.edits import Edit
from services.web import moments
from services.web.access import allow
from services.web.actual import Looked
from services.web.api.hand_edits import LockIn, StartIn, UnlockIn, to_edit
from services.web.forms import Form, Word, read_signed_form, takes
from services.web.frame import find_wording, go
from services.web.hand_facts import count_locked
from services.web.pages.changing import (
    Attempt,
    Choice,
    list_days,
    show_attempt,
    store_edit,
    try_edit,
)
from services.web.pages.effects import Line, Names, write_refused, write_rule
from services.web.pages.hand import read_names, render_framed
from services.web.parts import get_parts
from services.web.refusing import FIELDS, Refused
from services.web.steering_errors import CannotHold, Locking, NoPlanYet
from services.web.wording import Wording

router = APIRouter(prefix="/planning", include_in_schema=False)
Planner = Annotated[Who, Depends(allow("planner"))]
HOME: Final = "/planning/dagen"
NAMES: Final = ("team", "van", "tot", "dag", "wijziging", "om")  # the fields of the form
# What can be asked, by the name that the form gives it.
KINDS: Final[dict[str, type[StartIn | LockIn | UnlockIn]]] = {
    "later": StartIn,
    "vroeger": StartIn,
    "vast": LockIn,
    "los": UnlockIn,
}
NAMED: Final = {StartIn: "start", LockIn: "lock", UnlockIn: "unlock"}
# The fields of the form, by those of what is asked.
OF_FORM: Final = {
    "team": "team",
    "first": "van",
    "last": "tot",
    "weekdays": "dag",
    "at": "om",
}
Weekdays = Annotated[list[str], Query()]  # what is none is refused with the rest of the form


@dataclass(slots=True)
class Typed:
    """The form as it was filled in."""

    team: str = ""
    first: str = ""
    last: str = ""
    weekdays: list[str] = field(default_factory=list)
    what: str = ""
    at: str = ""

    @property
    def fields(self) -> dict[str, list[str]]:
        """By the names of the form."""
        rest = [[self.team], [self.first], [self.last], self.weekdays, [self.what], [self.at]]
        return dict(zip(NAMES, rest, strict=True))


@router.get("/dagen")
async def show_days(
    request: Request,
    who: Planner,
    team: Word = "",
    van: Word = "",
    tot: Word = "",
    dag: Weekdays = [],  # noqa: B006  (never changed)
    wijziging: Word = "",
    om: Word = "",
) -> Response:
    """The form, and what a change that is filled in would do. Nothing is stored."""
    typed = Typed(team, van, tot, [*dag], wijziging, om if KINDS.get(wijziging) is StartIn else "")
    attempt = Attempt(typed.fields)
    looked = await look_or_none(request, who)
    if looked is None or not wijziging:
        return await render_days(request, who, looked, typed, attempt)
    count = None
    try:
        edit = to_change(looked, typed)
        if isinstance(edit, Locking):
            count = count_locked(looked, edit)
        else:
            await try_edit(request, looked, edit, attempt)
    except CannotHold as refused:
        t = find_wording(request)
        attempt.refusals += [
            Line("danger", t("days.no_shift")) if row.rule == "withdrawn" else write_rule(row, t)
            for row in refused.breaches
        ]
    return await render_days(request, who, looked, typed, attempt, count)


@router.post("/dagen")
@takes(*NAMES, "gezien", "reden")
async def change_days(request: Request, who: Planner) -> Response:
    """Store a change over days that was looked at: one action, which one undoes as one."""
    form = await read_signed_form(request, who)
    typed = read_typed(form)
    attempt = Attempt(typed.fields, form.get("reden").strip())
    looked = await look_or_none(request, who)
    if looked is None:
        return await render_days(request, who, looked, typed, attempt)
    try:
        edit = to_change(looked, typed)
        if isinstance(edit, Locking):
            await get_parts(request).steering.lock(who, edit)
            return go("/planning/handelingen")
    except CannotHold as refused:
        attempt.code = 409
        attempt.refusals += write_refused(refused, find_wording(request))
        return await render_days(request, who, looked, typed, attempt)
    if await store_edit(request, who, edit, form.get("gezien"), attempt) is None:
        return await render_days(request, who, looked, typed, attempt)
    return go("/planning/handelingen")


async def look_or_none(request: Request, who: Who) -> Looked | None:
    """The plan as it stands; None where there is none."""
    try:
        return await get_parts(request).steering.look(who.region)
    except NoPlanYet:
        return None


def read_typed(form: Form) -> Typed:
    """What was sent."""
    what = form.get("wijziging")
    at = form.get("om") if KINDS.get(what) is StartIn else ""
    days = [one for one in form.get_all("dag") if one]
    return Typed(form.get("team"), form.get("van"), form.get("tot"), days, what, at)


def to_change(looked: Looked, typed: Typed) -> Edit | Locking:
    """What was asked, as the API takes it. Refused by the fields of the form; CannotHold for a team without shifts."""
    kind = KINDS.get(typed.what)
    if kind is None:
        raise Refused(FIELDS, fields=["wijziging"])
    said: dict[str, object] = {
        "kind": NAMED[kind],
        "team": typed.team,
        "first": typed.first,
        "last": typed.last,
    }
    if typed.weekdays:
        said["weekdays"] = [int(one) if one.isdecimal() else one for one in typed.weekdays]
    if kind is StartIn:
        said |= {"at": typed.at, "earlier": typed.what == "vroeger"}
    try:
        edit = to_edit(looked, kind.model_validate(said))
    except ValidationError as error:
        wrong = {str(line["loc"][0]) for line in error.errors(include_input=False) if line["loc"]}
        raise Refused(FIELDS, fields=[OF_FORM.get(one, one) for one in wrong]) from None
    return edit  # type: ignore[return-value]  # none of these kinds is a pin


async def render_days(
    request: Request,
    who: Who,
    looked: Looked | None,
    typed: Typed,
    attempt: Attempt,
    count: int | None = None,
) -> Response:
    """The page; `count` is how many stops would be locked or unlocked."""
    t, names = find_wording(request), await read_names(request, who)
    if looked is None:
        attempt.refusals.append(Line("danger", t("planner.no_plan")))
    context = {
        "head": t("days.title"),
        "stands": t("days.intro"),
        "back": "/planning",
        "action": HOME,
        "typed": typed,
        "teams": list_teams(looked, typed.team, names) if looked else [],
        "days_from": list_days(looked, typed.first, t) if looked else [],
        "days_to": list_days(looked, typed.last, t) if looked else [],
        "weekdays": list_weekdays(looked, typed, t) if looked else [],
        "count": count,
        "counted": t.count(f"days.{typed.what}.effect", count) if count is not None else "",
        **show_attempt(looked, attempt, names, t),
    }
    return await render_framed(request, who, "days.html", context, code=attempt.code)


def list_teams(looked: Looked, chosen: str, names: Names) -> list[Choice]:
    """The teams that work in the plan, by name."""
    teams = {row.team_id for row in looked.actual.problem.shifts}
    rows = [(names.teams.get(UUID(one), one[:8]), one) for one in teams]
    return [Choice(one, name, one == chosen) for name, one in sorted(rows)]


def list_weekdays(looked: Looked, typed: Typed, t: Wording) -> list[Choice]:
    """Monday to Sunday; none ticked means all of them."""
    days = {looked.calendar.to_date(n) for n in range(7)}
    return [
        Choice(f"{day.weekday()}", moments.weekday(day, t), f"{day.weekday()}" in typed.weekdays)
        for day in sorted(days, key=lambda day: day.weekday())
    ]
