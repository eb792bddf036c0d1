"""One stop under a planner's hand: move it with the effect shown first, pin and release it, other places with their price, and a place for who is on the phone."""

from dataclasses import dataclass, field
from datetime import date, time
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from events.local_time import AMSTERDAM, to_local_date, to_moment
from events.teams import PinKind
from infra.postgres.database import Who
from infra.postgres.pages import places, planner
from infra.postgres.pages.edits import read_held
from scheduling.steering.edits import Move, Spot
from scheduling.steering.effect import Effect
from scheduling.steering.places import Caller, Places
from services.web import moments
from services.web.access import Forbidden, allow
from services.web.actual import Looked
from services.web.forms import Word, read_signed_form, takes
from services.web.frame import find_wording, go, read_frame, render
from services.web.pages.effects import Line, Names, write_effect, write_refused, write_rule
from services.web.parts import get_parts
from services.web.refusing import FIELDS, Refused
from services.web.steering import Stored
from services.web.steering_errors import CannotHold, NoPlanYet, Pinning, Stale, WantsReason
from services.web.wording import Wording

router = APIRouter(prefix="/planning", include_in_schema=False)
Planner = Annotated[Who, Depends(allow("planner"))]
MOST_PEOPLE: Final = 200
LONGEST_NUMBER: Final = 18  # digits of a line of the ledger


@dataclass(frozen=True, slots=True)
class ShiftChoice:
    """A shift that a visit may go to."""

    id: str
    name: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """Another place for a visit, with its price in words and what the form of a move needs."""

    shift_id: str
    time: str
    name: str
    price: list[Line]


@dataclass(slots=True)
class Tried:
    """A move that a planner wants to see, as it was typed, and what came of it."""

    shift_id: str = ""
    time: str = ""
    reason: str = ""
    effect: Effect | None = None
    refusals: list[Line] = field(default_factory=list)
    code: int = 200


@router.get("/bezoek/{visit}/hand")
async def show_stop(
    request: Request,
    who: Planner,
    visit: UUID,
    dienst: Word = "",
    om: Word = "",
    waarom: Word = "",
) -> Response:
    """A stop with a move to look at (`dienst`, `om`), and where else it could go (`waarom`); nothing is stored."""
    looked = await look(request, who)
    tried = Tried(dienst, om)
    if dienst:
        await try_move(request, looked, visit, tried)
    return await render_stop(request, who, looked, visit, tried, asks_why=bool(waarom))


@router.post("/bezoek/{visit}/hand")
@takes("dienst", "om", "gezien", "reden")
async def save_move(request: Request, who: Planner, visit: UUID) -> Response:
    """Store a move that was looked at; what changed meanwhile, or breaks a rule, is shown and nothing is stored."""
    form = await read_signed_form(request, who)
    tried = Tried(form.get("dienst"), form.get("om"), form.get("reden").strip())
    seen = form.get("gezien")
    number = int(seen) if seen.isdecimal() and len(seen) <= LONGEST_NUMBER else 0  # 0: never looked
    looked, t = await look(request, who), find_wording(request)
    move = to_move(looked, visit, tried)
    try:
        stored = await get_parts(request).steering.save(who, move, number, tried.reason)
    except (CannotHold, Stale, WantsReason) as refused:
        tried.code = 409
        tried.refusals = write_refused(refused, t)
        return await render_stop(request, who, looked, visit, tried)
    return go_back(stored, visit)


@router.post("/bezoek/{visit}/vast")
@takes()
async def pin(request: Request, who: Planner, visit: UUID) -> Response:
    """Pin a stop where it stands."""
    await read_signed_form(request, who)
    steering = get_parts(request).steering
    try:
        stored = await steering.pin(who, Pinning(str(visit), PinKind.VISIT))
    except (CannotHold, NoPlanYet):
        raise Forbidden("forbidden.visit") from None
    return go_back(stored, visit)


@router.post("/bezoek/{visit}/los")
@takes()
async def release(request: Request, who: Planner, visit: UUID) -> Response:
    """Release a stop: a later plan may move it again."""
    await read_signed_form(request, who)
    steering = get_parts(request).steering
    try:
        stored = await steering.pin(who, Pinning(str(visit), None))
    except (CannotHold, NoPlanYet):
        raise Forbidden("forbidden.visit") from None
    return go_back(stored, visit)


@router.get("/plek")
async def find_place(
    request: Request,
    who: Planner,
    locatie: UUID | None = None,
    mensen: Annotated[str, Query(max_length=3, pattern=r"^[0-9]*$")] = "",
) -> Response:
    """Five slots for who is on the phone: for those registered at a location, or for a number of people."""
    t, names = find_wording(request), await read_names(request, who)
    slots: list[Slot] = []
    refusals: list[Line] = []
    people = 0
    if locatie is not None:
        try:
            looked = await get_parts(request).steering.look(who.region)
            number = min(int(mensen), MOST_PEOPLE) if mensen else None
            caller = Caller(str(locatie), people=number or None)
            found = await get_parts(request).steering.find_places(looked, caller)
            slots, people = list_slots(looked, found, names, t), len(found.visit.needs)
        except CannotHold as refused:
            refusals = [write_rule(row, t) for row in refused.breaches]
        except NoPlanYet:
            refusals = [Line("danger", t("planner.no_plan"))]
    context = {
        "slots": slots,
        "refusals": refusals,
        "people": people,
        "wanted": locatie,
        "number": mensen,
        "locations": sorted(names.locations.items(), key=lambda row: row[1].casefold()),
    }
    return await render_framed(request, who, "place.html", context)


async def look(request: Request, who: Who) -> Looked:
    """The plan as it stands. Forbidden without one."""
    try:
        return await get_parts(request).steering.look(who.region)
    except NoPlanYet:
        raise Forbidden("forbidden.visit") from None


async def read_names(request: Request, who: Who) -> Names:
    """What teams and locations are called."""
    async with get_parts(request).reader.reading(who) as tx:
        teams = await planner.team_names(tx, who.region)
        registered = await places.locations(tx, who.region)
    return Names(teams, {row.location_id: row.name for row in registered})


def to_move(looked: Looked, visit: UUID, tried: Tried) -> Move:
    """The move that was typed. Refused by field for a shift or a time that is none."""
    start = None
    if tried.time:
        shift = looked.actual.shifts.get(tried.shift_id)
        try:
            at = time.fromisoformat(tried.time)
        except ValueError:
            raise Refused(FIELDS, fields=["om"]) from None
        if at.tzinfo is not None:
            raise Refused(FIELDS, fields=["om"])
        if shift is not None:
            day = to_local_date(looked.calendar.to_moment(shift.start))
            start = looked.calendar.to_second(to_moment(day, at))
    return Move(str(visit), Spot(tried.shift_id, start))


async def try_move(request: Request, looked: Looked, visit: UUID, tried: Tried) -> None:
    """Look at what a move would do."""
    move, t = to_move(looked, visit, tried), find_wording(request)
    try:
        tried.effect = await get_parts(request).steering.check(looked, move)
    except CannotHold as refused:
        tried.refusals = [write_rule(row, t) for row in refused.breaches]


async def render_stop(
    request: Request,
    who: Who,
    looked: Looked,
    visit: UUID,
    tried: Tried,
    *,
    asks_why: bool = False,
) -> Response:
    """The page of one stop. Forbidden for one that is not in the plan any more, or that nobody may move."""
    found = looked.actual.find(str(visit))
    if found is None:
        raise Forbidden("forbidden.visit")
    shift_id, stop = found
    t, names = find_wording(request), await read_names(request, who)
    async with get_parts(request).reader.reading(who) as tx:
        held = await read_held(tx, who.region, visit)
    slots: list[Slot] = []
    not_there: list[str] = []
    if asks_why:
        try:
            others = await get_parts(request).steering.find_alternatives(looked, str(visit))
            slots, not_there = (
                list_slots(looked, others, names, t),
                list_why(looked, others, names, t),
            )
        except CannotHold as refused:
            tried.refusals += [write_rule(row, t) for row in refused.breaches]
    begins = looked.calendar.to_moment(stop.fixed.start)
    context = {
        "visit": visit,
        "shift": shift_id,
        "place": names.location(stop.fixed.location_id, t),
        "day": to_local_date(begins),
        "stands": t(
            "hand.stands",
            when=write_when(looked, stop.fixed.start, t),
            team=names.team(looked, shift_id),
            people=t.count("residents", len(stop.visit.needs)),
        ),
        "held": t(f"held.{held.kind.value}.short") if held else "",
        "tried": tried,
        "shifts": list_shifts(looked, tried.shift_id or shift_id, names, t),
        "lines": write_effect(looked, tried.effect, names, t) if tried.effect else [],
        "seen": looked.number,
        "asks_why": asks_why,
        "slots": slots,
        "not_there": not_there,
    }
    return await render_framed(request, who, "hand.html", context, code=tried.code)


async def render_framed(
    request: Request, who: Who, template: str, context: dict[str, Any], code: int = 200
) -> Response:
    """A page of the planner with its frame."""
    async with get_parts(request).reader.reading(who) as tx:
        around = await read_frame(tx, who, find_wording(request))
    return render(request, template, context, who=who, around=around, code=code)


def list_shifts(looked: Looked, chosen: str, names: Names, t: Wording) -> list[ShiftChoice]:
    """The shifts that may still be changed, by day and name."""
    rows = [
        (row.day, names.team(looked, row.id), row)
        for row in looked.actual.problem.shifts
        if row.id not in looked.actual.frozen_shifts
    ]
    return [
        ShiftChoice(
            row.id,
            t(
                "hand.shift.name",
                day=moments.short_day(find_date(looked, row.start), t),
                team=name,
                start=moments.clock_time(looked.calendar.to_moment(row.start)),
                end=moments.clock_time(looked.calendar.to_moment(row.end)),
            ),
            row.id == chosen,
        )
        for _, name, row in sorted(rows, key=lambda row: (row[0], row[1], row[2].id))
    ]


def list_slots(looked: Looked, found: Places, names: Names, t: Wording) -> list[Slot]:
    """Each slot with what it costs, without the visit itself."""
    return [
        Slot(
            row.shift_id,
            f"{looked.calendar.to_moment(row.start).astimezone(AMSTERDAM):%H:%M}",
            t(
                "hand.slot",
                when=write_when(looked, row.start, t),
                team=names.team(looked, row.shift_id),
            ),
            [
                line
                for line in write_effect(looked, row.effect, names, t)
                if line.about != str(found.visit.id)
            ],
        )
        for row in found.places
    ]


def list_why(looked: Looked, found: Places, names: Names, t: Wording) -> list[str]:
    """Of every other shift why it cannot make the visit, by day; the same reason of one day in one line."""
    lines: dict[tuple[int, str], list[str]] = {}
    for row in found.not_there:
        shift = looked.actual.shifts[row.shift_id]
        key = (shift.day, write_rule(row.breach, t).text)
        lines.setdefault(key, []).append(names.team(looked, row.shift_id))
    return [
        t(
            "hand.not_there",
            day=moments.short_day(looked.calendar.to_date(day), t),
            teams=", ".join(sorted(teams)),
            why=why,
        )
        for (day, why), teams in sorted(lines.items())
    ]


def write_when(looked: Looked, second: int, t: Wording) -> str:
    """`wo 17 feb 12:00`."""
    moment = looked.calendar.to_moment(second)
    return f"{moments.short_day(to_local_date(moment), t)} {moments.clock_time(moment)}"


def find_date(looked: Looked, second: int) -> date:
    """The day of a moment."""
    return to_local_date(looked.calendar.to_moment(second))


def go_back(stored: Stored, visit: UUID) -> Response:
    """To the visit on the day where it stands now."""
    new = {row.visit_id: row.new[1] for row in stored.effect.touched if row.new}
    found = stored.looked.actual.find(str(visit))
    assert found is not None, "only what stands is changed"
    day = find_date(stored.looked, new.get(str(visit), found[1].fixed.start))
    return go(f"/planning?dag={day}&bezoek={visit}#bezoek")
