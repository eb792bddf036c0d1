"""A crisis visit that somebody asks for by phone: which team could make it, what that does to the others, and then it is stored."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import ValidationError

from events.identifiers import Skill
from events.local_time import AMSTERDAM, to_local_date
from events.location import Urgency
from infra.postgres.database import Who
from scheduling.steering.edits import Edit
from services.web.access import allow
from services.web.actual import Looked
from services.web.api.hand_edits import CrisisIn, to_edit
from services.web.forms import Word, read_signed_form, takes
from services.web.frame import find_wording, go
from services.web.pages.changing import Attempt, Choice, show_attempt, store_edit, try_edit
from services.web.pages.days import look_or_none
from services.web.pages.effects import Line, Names, write_refused, write_rule
from services.web.pages.hand import list_shifts, read_names, render_framed
from services.web.refusing import FIELDS, Refused
from services.web.steering_errors import CannotHold

router = APIRouter(prefix="/planning", include_in_schema=False)
Planner = Annotated[Who, Depends(allow("planner"))]
HOME: Final = "/planning/crisisbezoek"
NAMES: Final = ("locatie", "spoed", "minuten", "van", "tot", "kunde", "dienst")
# The fields of the form, by those of what is asked.
OF_FORM: Final = {
    "location": "locatie",
    "urgency": "spoed",
    "minutes": "minuten",
    "earliest": "van",
    "latest": "tot",
    "skills": "kunde",
    "to": "dienst",
}
USUAL: Final = {"spoed": "U2", "minuten": "30", "kunde": Skill.CRISIS.value}


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was filled in, by its own names."""

    values: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


@router.get("/crisisbezoek")
async def show_crisis(
    request: Request,
    who: Planner,
    locatie: Word = "",
    spoed: Word = USUAL["spoed"],
    minuten: Word = USUAL["minuten"],
    van: Word = "",
    tot: Word = "",
    kunde: Word = USUAL["kunde"],
    dienst: Word = "",
) -> Response:
    """The form, and what a crisis visit that is filled in would do. Nothing is stored."""
    given = (locatie, spoed, minuten, van, tot, kunde, dienst)
    typed = Typed(dict(zip(NAMES, given, strict=True)))
    attempt = Attempt({name: [value] for name, value in typed.values.items()})
    looked = await look_or_none(request, who)
    if looked is not None and locatie and van and tot:
        try:
            await try_edit(request, looked, to_change(looked, typed), attempt)
        except CannotHold as refused:
            t = find_wording(request)
            attempt.refusals += [write_rule(row, t) for row in refused.breaches]
    return await render_crisis(request, who, looked, typed, attempt)


@router.post("/crisisbezoek")
@takes(*NAMES, "gezien", "reden")
async def ask_crisis(request: Request, who: Planner) -> Response:
    """Store a crisis visit as it was shown."""
    form = await read_signed_form(request, who)
    typed = Typed({name: form.get(name) for name in NAMES})
    attempt = Attempt(
        {name: [value] for name, value in typed.values.items()}, form.get("reden").strip()
    )
    looked, stored = await look_or_none(request, who), None
    if looked is not None:
        try:
            edit = to_change(looked, typed)
        except CannotHold as refused:
            attempt.code = 409
            attempt.refusals += write_refused(refused, find_wording(request))
        else:
            stored = await store_edit(request, who, edit, form.get("gezien"), attempt)
    if stored is None:
        return await render_crisis(request, who, looked, typed, attempt)
    (new,) = [row.new for row in stored.effect.touched if row.old is None and row.new]
    day = to_local_date(stored.looked.calendar.to_moment(new[1]))
    return go(f"/planning?dag={day}#tijdlijn")


def to_change(looked: Looked, typed: Typed) -> Edit:
    """What was asked, as the API takes it. Refused by the fields of the form; CannotHold at a place that no plan knows."""
    said: dict[str, Any] = {
        "location": typed["locatie"],
        "urgency": typed["spoed"],
        "minutes": typed["minuten"],
        "earliest": to_moment_of(typed["van"]),
        "latest": to_moment_of(typed["tot"]),
        "skills": [typed["kunde"]],
    }
    if typed["dienst"]:
        said["to"] = {"shift": typed["dienst"]}
    try:
        wanted = CrisisIn.model_validate(said)
    except ValidationError as error:
        wrong = {str(line["loc"][0]) for line in error.errors(include_input=False) if line["loc"]}
        raise Refused(FIELDS, fields=[OF_FORM.get(one, one) for one in wrong]) from None
    if wanted.latest < wanted.earliest:
        raise Refused(FIELDS, fields=["van", "tot"])
    return to_edit(looked, wanted)  # type: ignore[return-value]  # no pin


def to_moment_of(text: str) -> datetime | None:
    """A day and a time as a browser sends them, in Amsterdam; None for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None or not 2000 <= moment.year <= 2100:
        return None
    return moment.replace(tzinfo=AMSTERDAM)


async def render_crisis(
    request: Request, who: Who, looked: Looked | None, typed: Typed, attempt: Attempt
) -> Response:
    """The page."""
    t, names = find_wording(request), await read_names(request, who)
    if looked is None:
        attempt.refusals.append(Line("danger", t("planner.no_plan")))
    context = {
        "head": t("crisis_stop.title"),
        "stands": t("crisis_stop.intro"),
        "back": "/planning",
        "action": HOME,
        "typed": typed,
        "locations": list_locations(looked, typed, names) if looked else [],
        "urgencies": [
            Choice(one.value, t(f"crisis_stop.{one.value}"), one.value == typed["spoed"])
            for one in Urgency
        ],
        "skills": [
            Choice(one.value, t(f"skill.{one.value}"), one.value == typed["kunde"]) for one in Skill
        ],
        "shifts": list_shifts(looked, typed["dienst"], names, t) if looked else [],
        **show_attempt(looked, attempt, names, t),
    }
    return await render_framed(request, who, "crisis_stop.html", context, code=attempt.code)


def list_locations(looked: Looked, typed: Typed, names: Names) -> list[Choice]:
    """The places that the plan knows, by name."""
    rows = [
        (names.locations[UUID(row.id)], row.id)
        for row in looked.actual.problem.locations
        if row.known and UUID(row.id) in names.locations
    ]
    ordered = sorted(rows, key=lambda row: (row[0].casefold(), row[1]))
    return [Choice(one, name, one == typed["locatie"]) for name, one in ordered]
