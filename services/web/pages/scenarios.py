"""What if: things that could happen on the planner's page, up to three beside the plan of now, and the way to a proposal."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import TypeAdapter, ValidationError

from events.local_time import to_local_date
from infra.postgres.database import Who
from infra.postgres.pages import supply
from services.web import moments
from services.web.access import allow
from services.web.forms import Form, read_signed_form, takes
from services.web.frame import find_wording, go, read_frame, render
from services.web.parts import Parts, get_parts
from services.web.plan_decisions import Busy, CannotStandAlone, NothingChosen
from services.web.plan_difference import write_call, write_line
from services.web.plan_words import write_refused
from services.web.planned import find_published
from services.web.proposing import PlanChanged, propose
from services.web.refusing import Refused
from services.web.scenario_changes import ChangeIn
from services.web.scenario_words import (
    Names,
    find_unknown,
    read_names,
    write_order,
    write_overtaken,
    write_state,
    write_table,
    write_title,
)
from services.web.scenarios import Scenario, State, wait_for_all
from services.web.wording import Wording

router = APIRouter(prefix="/planning", include_in_schema=False)
HOME: Final = "/planning/wat-als"
BESIDE: Final = 3  # plans beside the one of now: more columns than that nobody compares
WAIT_SECONDS: Final = 12.0  # a scenario takes some five seconds, three alternatives some ten
CHANGE: Final[TypeAdapter[ChangeIn]] = TypeAdapter(ChangeIn)
FAULTS: Final = ("form_wrong", "not_here", "too_many", "no_plan", "nothing", "busy")
# The fields of each kind of change, by the name that the form gives them.
FIELDS: Final[dict[str, dict[str, str]]] = {
    "team_away": {"team": "team", "van": "since", "tot": "until", "uitgeleend": "is_lent"},
    "team_extra": {"team": "like", "van": "since", "tot": "until"},
    "longer_shift": {"team": "team", "van": "since", "tot": "until", "minuten": "minutes"},
    "doses": {"vertrekpunt": "depot", "vaccin": "product", "doses": "doses", "van": "since"},
    "lot_quarantined": {"partij": "lot"},
    "delivery_late": {"levering": "delivery", "dagen": "days"},
    "location_closed": {"locatie": "location", "van": "since", "tot": "until"},
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A scenario in words."""

    id: UUID
    title: str
    state: str  # why there is no plan to see; empty once there is
    is_waiting: bool
    is_overtaken: bool
    may_be_proposed: bool
    lines: tuple[str, ...]
    calls: tuple[str, ...]


@router.get("/wat-als")
async def show(
    request: Request,
    who: Annotated[Who, Depends(allow("planner"))],
    fout: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show what is supposed beside the plan of now, and the forms to suppose something."""
    t = find_wording(request)
    return await _render(request, who, t(f"scenario.{fout}") if fout in FAULTS else "")


@router.post("/wat-als")
@takes(
    "soort",
    "team",
    "van",
    "tot",
    "uitgeleend",
    "minuten",
    "doses",
    "vertrekpunt",
    "vaccin",
    "partij",
    "levering",
    "dagen",
    "locatie",
)
async def suppose(request: Request, who: Annotated[Who, Depends(allow("planner"))]) -> Response:
    """Ask what comes of what the form says; shows it when it is answered, or that it is being worked out."""
    form, parts = await read_signed_form(request, who), get_parts(request)
    try:
        change = read_change(form)
    except ValidationError:
        return go(f"{HOME}?fout=form_wrong#vorm")
    async with parts.reader.reading(who) as tx:
        names = await read_names(tx, who.region)
        published = await find_published(tx, who.region)
    if published is None or find_unknown([change], names):
        return go(f"{HOME}?fout={'not_here' if published else 'no_plan'}#vorm")
    try:
        made = parts.scenarios.suppose(who, [change])
    except Refused:
        return go(f"{HOME}?fout=too_many#vorm")
    await wait_for_all([made], WAIT_SECONDS)
    return go(f"{HOME}#naast")


@router.post("/wat-als/andere")
@takes()
async def ask_alternatives(
    request: Request, who: Annotated[Who, Depends(allow("planner"))]
) -> Response:
    """Ask for the three other plans."""
    await read_signed_form(request, who)
    parts = get_parts(request)
    async with parts.reader.reading(who) as tx:
        published = await find_published(tx, who.region)
    if published is None:
        return go(f"{HOME}?fout=no_plan#vorm")
    try:
        made = parts.scenarios.ask_alternatives(who)
    except Refused:
        return go(f"{HOME}?fout=too_many#vorm")
    await wait_for_all(made, WAIT_SECONDS)
    return go(f"{HOME}#naast")


@router.post("/wat-als/{scenario}")
@takes("doe")
async def act(
    request: Request, who: Annotated[Who, Depends(allow("planner"))], scenario: UUID
) -> Response:
    """Throw a scenario away, ask it again, or propose it; says why where that cannot be."""
    form, parts = await read_signed_form(request, who), get_parts(request)
    found = parts.scenarios.find(who.region, scenario)
    if found is None:
        return go(f"{HOME}?fout=not_here")
    what = form.get("doe")
    if what == "weg":
        parts.scenarios.discard(found)
        return go(HOME)
    if what == "opnieuw":
        return await _ask_again(parts, who, found)
    return await _propose(request, who, found, fitting=what == "passend")


async def _ask_again(parts: Parts, who: Who, found: Scenario) -> Response:
    try:
        if found.aim is not None:
            made = parts.scenarios.ask_alternatives(who)
        else:
            made = [parts.scenarios.suppose(who, found.changes, found.name)]
    except Refused:
        return go(f"{HOME}?fout=too_many#vorm")
    parts.scenarios.discard(found)
    await wait_for_all(made, WAIT_SECONDS)
    return go(f"{HOME}#naast")


async def _propose(request: Request, who: Who, found: Scenario, *, fitting: bool) -> Response:
    parts, t = get_parts(request), find_wording(request)
    if found.column is None:
        return go(f"{HOME}?fout=not_here")
    try:
        made, _ = await propose(parts, who, found, fitting=fitting)
    except PlanChanged as error:
        return await _render(request, who, write_overtaken(error.lines, error.names, t))
    except CannotStandAlone as error:
        said = " ".join((t("scenario.cannot"), *write_refused(error, t)))
        return await _render(request, who, said, half=found.id)
    except NothingChosen:
        return go(f"{HOME}?fout=nothing")
    except Busy:
        return go(f"{HOME}?fout=busy")
    return go(f"/planning/voorstel/{made.plan}")


def read_change(form: Form) -> ChangeIn:
    """What the form supposes. Raises ValidationError."""
    kind = form.get("soort")
    fields = FIELDS.get(kind, {})
    said = {name: form.get(field) for field, name in fields.items() if form.get(field)}
    return CHANGE.validate_python({"kind": kind, **said})


async def _render(
    request: Request, who: Who, fault: str = "", *, half: UUID | None = None
) -> Response:
    """The page; `half` is a scenario of which only some can be proposed."""
    parts, t = get_parts(request), find_wording(request)
    scenarios = parts.scenarios.list_of(who.region)[:BESIDE][::-1]
    async with parts.reader.reading(who) as tx:
        names = await read_names(tx, who.region)
        published = await find_published(tx, who.region)
        lots = await supply.lots(tx, who.region)
        around = await read_frame(tx, who, t)
    plan = published.plan if published else None
    now = next((one.now for one in reversed(scenarios) if one.now), None)
    figures = [one.column.figures if one.column else None for one in scenarios]
    context: dict[str, Any] = {
        "fault": fault,
        "half": half,
        "published": published,
        "today": to_local_date(parts.clock.now()),
        "names": names.known,
        "coming": list(names.deliveries.values()),
        "lots": sorted({row.lot for row in lots}),
        "scenarios": [to_shown(one, names, plan, t) for one in scenarios],
        "table": write_table([now, *figures], t) if now else [],
        "order": write_order(t),
        "moments": moments,
    }
    return render(request, "scenarios.html", context, who=who, around=around)


def to_shown(one: Scenario, names: Names, plan: UUID | None, t: Wording) -> Shown:
    """A scenario in words; `plan` is the one that people go by now."""
    column, known = one.column, names.of_lines
    calls = column.calls if column else ()
    return Shown(
        one.id,
        write_title(one, names, t),
        write_state(one, t),
        one.state is State.WAITING,
        one.thought is not None and one.thought.base != plan,
        bool(column and column.lines),
        tuple(write_line(line, known, t) for line in column.lines) if column else (),
        tuple(
            " ".join(
                (write_call(call, known, t), *(write_line(row, known, t) for row in call.lines))
            )
            for call in calls
        ),
    )
