"""A suggestion to which somebody said yes, as the facts that a planner may say: a longer shift, a larger cool box, hours of one day."""

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from events.identifiers import EditId, Payload
from events.local_time import AMSTERDAM
from events.location import LocationChanged, OpenOn
from events.teams import ShiftChanged
from infra.postgres.pages.places import read_room
from infra.postgres.pages.shifts import read_worked
from scheduling.fitting.changes import BiggerBox, LetIn, WorkLonger
from scheduling.fitting.fit import Fit
from services.web.fitting_apart import Around

if TYPE_CHECKING:
    from infra.postgres.database import Connection

LEAST = timedelta(minutes=1)  # hours that are open take some time


def is_ours(fit: Fit) -> bool:
    """Whether a planner may say all of it; the rest is said by the GGD or a clinician, or would go to others first."""
    said = all(isinstance(change, WorkLonger | BiggerBox | LetIn) for change in fit.changes)
    return bool(fit.changes) and said and not fit.alone


def to_token(fit: Fit) -> str:
    """Names what was suggested, so that nothing else is stored."""
    return hashlib.sha256(repr(fit.changes).encode()).hexdigest()[:16]


async def to_facts(
    tx: "Connection", region: str, fit: Fit, around: Around, number: EditId
) -> list[Payload] | None:
    """The shifts and hours as they would be, as one action; None where one is not of this region any more."""
    shifts: dict[str, dict[str, Any]] = {}
    rooms: dict[str, LocationChanged] = {}
    for change in fit.changes:
        if isinstance(change, LetIn):
            name = change.location_id
            room = rooms.get(name) or await read_room(tx, region, UUID(name))
            if room is None:
                return None
            rooms[name] = with_hours(room, change, around, number)
            continue
        assert isinstance(change, WorkLonger | BiggerBox), "asked of `is_ours` before"
        worked = shifts.get(change.shift_id) or await read_worked(tx, region, UUID(change.shift_id))
        if worked is None:
            return None
        shifts[change.shift_id] = with_change(worked, change, around)
    return [
        *(ShiftChanged.model_validate({**row, "shift_id": name}) for name, row in shifts.items()),
        *rooms.values(),
    ]


def with_hours(
    room: LocationChanged, change: LetIn, around: Around, number: EditId
) -> LocationChanged:
    """A location that lets a team in on one day, outside its usual hours; what it said before stays."""
    first = around.calendar.to_moment(change.earliest).astimezone(AMSTERDAM)
    last = around.calendar.to_moment(change.latest).astimezone(AMSTERDAM)
    last = max(last, first + LEAST)
    hours = OpenOn(day=first.date(), begins=first.time(), ends=last.time(), edit_id=number)
    return room.model_copy(update={"open_on": (*room.open_on, hours), "edit_id": number})


def without_hours(room: LocationChanged, edit: UUID, number: EditId) -> LocationChanged | None:
    """The location without the hours that an action agreed; None where it said others since."""
    kept = tuple(one for one in room.open_on if one.edit_id != edit)
    if len(kept) == len(room.open_on):
        return None
    return room.model_copy(update={"open_on": kept, "edit_id": number})


def with_change(
    worked: dict[str, Any], change: WorkLonger | BiggerBox, around: Around
) -> dict[str, Any]:
    """A shift with a change; what it has already stays."""
    if isinstance(change, BiggerBox):
        return {**worked, "capacity": worked["capacity"] + change.doses}
    to_moment = around.calendar.to_moment
    starts, ends = (datetime.fromisoformat(worked[name]) for name in ("starts_at", "ends_at"))
    return {
        **worked,
        "starts_at": min(starts, to_moment(change.start)).isoformat(),
        "ends_at": max(ends, to_moment(change.end)).isoformat(),
    }
