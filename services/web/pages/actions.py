"""What planners did by hand lately: who, when, what and to which places; each is undone in one action."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from infra.postgres.database import Who
from infra.postgres.pages.edits import ActionRow, list_actions
from services.web import moments
from services.web.access import allow
from services.web.forms import read_signed_form, takes
from services.web.frame import find_wording, go, read_frame, render
from services.web.pages.effects import Line, write_refused
from services.web.parts import get_parts
from services.web.steering_errors import CannotHold, NoPlanYet, Stale
from services.web.wording import Wording

router = APIRouter(prefix="/planning", include_in_schema=False)
Planner = Annotated[Who, Depends(allow("planner"))]
SHOWN: Final = 30  # actions on the page
KINDS: Final = {
    "stop.released": "released",
    "stop.cancelled": "left",
    "stop.grouped": "grouped",
    "shift.withdrawn": "closed",
    "shift.changed": "closed",
    "location.changed": "hours",
}
NAMED: Final = 3  # places of an action that are named; more are counted


@dataclass(slots=True)
class Action:
    """One action: all its events, the newest first."""

    edit: UUID
    rows: list[ActionRow] = field(default_factory=list)
    is_changed: bool = False  # somebody changed one of its stops since


@dataclass(frozen=True, slots=True)
class Shown:
    """An action in words."""

    edit: UUID
    text: str
    is_changed: bool


@router.get("/handelingen")
async def show_actions(request: Request, who: Planner) -> Response:
    """The newest actions by hand, each with a button that undoes it."""
    return await render_actions(request, who, [])


@router.post("/handelingen/{edit}/ongedaan")
@takes()
async def undo_action(request: Request, who: Planner, edit: UUID) -> Response:
    """Undo one action; 409 in words where somebody changed its stops since, or a rule would break."""
    await read_signed_form(request, who)
    t = find_wording(request)
    try:
        await get_parts(request).steering.undo(who, edit)
    except (CannotHold, Stale) as refused:
        return await render_actions(request, who, write_refused(refused, t))
    except NoPlanYet:
        return await render_actions(request, who, [Line("danger", t("planner.no_plan"))])
    return go("/planning/handelingen")


async def render_actions(request: Request, who: Who, refusals: list[Line]) -> Response:
    """The page; with refusals nothing was stored."""
    t, now = find_wording(request), get_parts(request).clock.now()
    async with get_parts(request).reader.reading(who) as tx:
        rows = await list_actions(tx, who.region)
        around = await read_frame(tx, who, t)
    context = {
        "head": t("action.title"),
        "stands": t("action.intro"),
        "back": "/planning",
        "refusals": refusals,
        "actions": [to_shown(one, now, t) for one in group_actions(rows)[:SHOWN]],
    }
    code = 409 if refusals else 200
    return render(request, "actions.html", context, who=who, around=around, code=code)


def group_actions(rows: Iterable[ActionRow]) -> list[Action]:
    """The events by action, the newest first; one of which a stop was changed later says so."""
    found: dict[UUID, Action] = {}
    later: dict[UUID, UUID] = {}  # by visit, the newest action about it
    for row in rows:
        action = found.setdefault(row.edit, Action(row.edit))
        action.rows.append(row)
        if row.visit and later.setdefault(row.visit, row.edit) != row.edit:
            action.is_changed = True
    return list(found.values())


def to_shown(action: Action, now: datetime, t: Wording) -> Shown:
    """One line: when, what, where, by whom and why."""
    newest = action.rows[0]
    kinds = Counter(name_kind(row) for row in action.rows)
    what = ", ".join(t.count(f"action.{kind}", n) for kind, n in kinds.items())
    text = t(
        "action.line",
        when=write_when(newest.at, now, t),
        what=what,
        where=write_places(action.rows, t),
        who=newest.actor or t("decided.unknown"),
    )
    reason = next((row.reason for row in action.rows if row.reason), "")
    return Shown(action.edit, f"{text} {reason}".strip(), action.is_changed)


def name_kind(row: ActionRow) -> str:
    """What one event did: a pin that moves a stop is a move."""
    if row.kind in ("stop.pinned", "stop.moved"):
        return "moved" if row.moves else "held"
    return KINDS.get(row.kind, "crisis")


def write_places(rows: Iterable[ActionRow], t: Wording) -> str:
    """The places of an action: the first by name, the others counted."""
    names = list(
        dict.fromkeys(
            row.location or t("place.unknown") for row in rows if row.visit or row.location
        )
    )
    said = ", ".join(names[:NAMED])
    more = len(names) - NAMED
    return t.count("action.more", more, names=said) if more > 0 else said


def write_when(at: datetime, now: datetime, t: Wording) -> str:
    """`vandaag 9:05` or `di 16 feb 9:05`."""
    short = moments.short_moment(at, now, t)
    time = moments.clock_time(at)
    return short if time in short else f"{short} {time}"
