"""What a planner holds of a stop: its place, its team, its moment, the stop before it, or when it may begin (a wish from the phone)."""

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from events.local_time import to_local_date, to_moment
from events.teams import PinKind
from infra.postgres.database import Who
from infra.postgres.pages.edits import HeldRow, read_held
from services.web import moments
from services.web.access import Forbidden, allow
from services.web.actual import Looked
from services.web.forms import Word, read_signed_form, takes
from services.web.frame import find_wording
from services.web.hand_facts import name_clash
from services.web.pages.changing import Attempt, list_days, read_date, read_time
from services.web.pages.effects import Line, Names, write_held_by, write_refused, write_rule
from services.web.pages.hand import (
    Slot,
    go_back,
    list_slots,
    look,
    read_names,
    write_when,
)
from services.web.pages.swapping import find_place, render_change
from services.web.parts import get_parts
from services.web.refusing import FIELDS, Refused
from services.web.steering_errors import CannotHold, Pinning
from services.web.wording import Wording

router = APIRouter(prefix="/planning/bezoek/{visit}", include_in_schema=False)
Planner = Annotated[Who, Depends(allow("planner"))]
LAST: Final = time(23, 59)


@dataclass(slots=True)
class Wish:
    """A window as it was typed, and what it would do."""

    from_day: str = ""
    from_time: str = ""
    to_day: str = ""
    to_time: str = ""
    said: str = ""  # in words, once it was looked at
    stands: bool = False  # the stop stands in it already
    slots: list[Slot] = field(default_factory=list)

    @property
    def is_typed(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self.from_day or self.to_day)


@router.get("/houd")
async def show_held(
    request: Request,
    who: Planner,
    visit: UUID,
    vanaf_dag: Word = "",
    vanaf_tijd: Word = "",
    tot_dag: Word = "",
    tot_tijd: Word = "",
) -> Response:
    """What is held of a stop and what could be; with a window what that would do. Nothing is stored."""
    wish, attempt = Wish(vanaf_dag, vanaf_tijd, tot_dag, tot_tijd), Attempt()
    looked = await look(request, who)
    if wish.is_typed:
        await try_window(request, who, looked, visit, wish, attempt)
    return await render_held(request, who, looked, visit, wish, attempt)


@router.post("/houd")
@takes("wat", "vanaf_dag", "vanaf_tijd", "tot_dag", "tot_tijd")
async def hold(request: Request, who: Planner, visit: UUID) -> Response:
    """Hold one thing of a stop; 409 in words where nothing could keep it."""
    form = await read_signed_form(request, who)
    first, last = form.get("vanaf_dag"), form.get("tot_dag")
    wish = Wish(first, form.get("vanaf_tijd"), last, form.get("tot_tijd"))
    looked = await look(request, who)
    wanted = to_pinning(looked, visit, form.get("wat"), wish)
    try:
        stored = await get_parts(request).steering.pin(who, wanted)
    except CannotHold as refused:
        t, names = find_wording(request), await read_names(request, who)
        attempt = Attempt(refusals=write_refused(refused, t), code=409)
        attempt.refusals += write_held_by(looked, refused.held_by, names, t)
        return await render_held(request, who, looked, visit, wish, attempt)
    return go_back(stored, visit)


def to_pinning(looked: Looked, visit: UUID, what: str, wish: Wish) -> Pinning:
    """What was asked to be held. Refused by field for what is none of the kinds, or a window without a day."""
    try:
        kind = PinKind(what)
    except ValueError:
        raise Refused(FIELDS, fields=["wat"]) from None
    if kind is PinKind.WINDOW:
        return to_window(visit, wish)
    if kind is PinKind.ORDER:
        before = find_before(looked, visit)
        if before is None:
            raise Refused(FIELDS, fields=["wat"])
        return Pinning(str(visit), kind, behind=UUID(before))
    return Pinning(str(visit), kind)


def to_window(visit: UUID, wish: Wish) -> Pinning:
    """A window: a day without a time is that whole day. Refused by field."""
    first, last = read_date(wish.from_day, "vanaf_dag"), read_date(wish.to_day, "tot_dag")
    begins, ends = read_time(wish.from_time, "vanaf_tijd"), read_time(wish.to_time, "tot_tijd")
    wrong = [
        name
        for name, day, at in (("vanaf_dag", first, begins), ("tot_dag", last, ends))
        if day is None and at is not None
    ]
    if wrong or (first is None and last is None):
        raise Refused(FIELDS, fields=wrong or ["vanaf_dag"])
    not_before = to_moment(first, begins or time()) if first else None
    not_after = to_moment(last, ends or LAST) if last else None
    if not_before and not_after and not_after < not_before:
        raise Refused(FIELDS, fields=["tot_dag", "tot_tijd"])
    return Pinning(str(visit), PinKind.WINDOW, not_before, not_after)


async def try_window(
    request: Request, who: Who, looked: Looked, visit: UUID, wish: Wish, attempt: Attempt
) -> None:
    """Look where the stop could go so that it keeps a window."""
    t, names = find_wording(request), await read_names(request, who)
    wanted = to_window(visit, wish)
    wish.said = write_window(wanted.not_before, wanted.not_after, t)
    try:
        found = await get_parts(request).steering.find_in_window(looked, wanted)
    except CannotHold as refused:
        attempt.refusals += [write_rule(row, t) for row in refused.breaches]
        wish.said = ""
        return
    wish.stands = found is None
    wish.slots = list_slots(looked, found, names, t) if found else []
    if found is not None and not found.places:
        clash = name_clash(looked, wanted, found)
        attempt.refusals.append(Line("danger", t("hold.window.none", window=wish.said)))
        attempt.refusals += write_clash(looked, clash, names, t)
        wish.said = ""


def write_clash(looked: Looked, clash: CannotHold, names: Names, t: Wording) -> list[Line]:
    """With what a wish cannot hold together: hours, rules, and every pin."""
    rules = [write_rule(row, t) for row in clash.breaches if row.rule != "asked"]
    return [*rules, *write_held_by(looked, clash.held_by, names, t)]


def find_before(looked: Looked, visit: UUID) -> str | None:
    """The stop right before this one; None for the first of its shift."""
    found = looked.actual.find(str(visit))
    if found is None:
        raise Forbidden("forbidden.visit")
    names = [row.fixed.visit_id for row in looked.actual.standing[found[0]]]
    at = names.index(str(visit))
    return names[at - 1] if at else None


async def render_held(
    request: Request, who: Who, looked: Looked, visit: UUID, wish: Wish, attempt: Attempt
) -> Response:
    """The page of what is held of a stop."""
    t, names = find_wording(request), await read_names(request, who)
    async with get_parts(request).reader.reading(who) as tx:
        held = await read_held(tx, who.region, visit)
    before = find_before(looked, visit)
    found = looked.actual.find(str(visit))
    assert found is not None, "the stop before it was found"
    context = {
        "head": t("hold.title", place=names.location(find_place(looked, visit), t)),
        "action": f"/planning/bezoek/{visit}/houd",
        "held": write_held(looked, held, names, t) if held else "",
        "kinds": list_kinds(looked, found[0], found[1].fixed.start, before, names, t),
        "wish": wish,
        "days_from": list_days(looked, wish.from_day, t),
        "days_to": list_days(looked, wish.to_day, t),
        "attempt": attempt,
    }
    return await render_change(request, who, looked, visit, "hold.html", context)


def list_kinds(
    looked: Looked, shift_id: str, start: int, before: str | None, names: Names, t: Wording
) -> list[tuple[str, str]]:
    """What can be held as the stop stands now, each in words."""
    team, when = names.team(looked, shift_id), write_when(looked, start, t)
    kinds = [
        ("visit", t("hold.visit", team=team, when=when)),
        ("team", t("hold.team", team=team)),
        ("time", t("hold.time", when=when)),
    ]
    if before is not None:
        kinds.append(("order", t("hold.order", place=name_stop(looked, before, names, t))))
    return kinds


def name_stop(looked: Looked, visit: str, names: Names, t: Wording) -> str:
    """The location of another stop; `onbekend` for one that is not in the plan any more."""
    found = looked.actual.find(visit)
    return names.location(found[1].fixed.location_id, t) if found else t("place.unknown")


def write_held(looked: Looked, held: HeldRow, names: Names, t: Wording) -> str:
    """What is held of a stop now, as a sentence."""
    if held.kind is PinKind.WINDOW:
        return t("held.window", window=write_window(held.not_before, held.not_after, t))
    if held.kind is PinKind.ORDER:
        return t("held.order", place=name_stop(looked, str(held.behind), names, t))
    return t(f"held.{held.kind.value}")


def write_window(first: datetime | None, last: datetime | None, t: Wording) -> str:
    """`niet voor di 16 feb 14:00, niet na di 16 feb 23:59`."""
    said = []
    for key, moment in (("hold.not_before", first), ("hold.not_after", last)):
        if moment is not None:
            day = moments.short_day(to_local_date(moment), t)
            said.append(t(key, when=f"{day} {moments.clock_time(moment)}"))
    return ", ".join(said)
