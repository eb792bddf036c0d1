"""A shift that was closed, whole or from a moment on, as facts; and what opens it again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from events.identifiers import EditId, Payload, ShiftId, VisitId
from events.teams import (
    ShiftChanged,
    ShiftOpened,
    ShiftWithdrawn,
    Stood,
    StopCancelled,
    StopMoved,
    StopPinned,
    StopReleased,
)
from infra.postgres.pages.decisions import EditRow, ShiftFacts
from scheduling.care.lookup import day_of
from scheduling.steering.breaches import Breach
from scheduling.steering.closing import Closing
from scheduling.steering.edits import CloseShift
from scheduling.steering.effect import Effect
from scheduling.steering.soft import Touched
from services.web.actual import Looked
from services.web.hand_facts import find_now, require_allowed
from services.web.steering_errors import CannotHold, WantsReason

OF_SHIFTS: Final[Mapping[str, type[ShiftChanged | ShiftWithdrawn]]] = {
    "shift.changed": ShiftChanged,
    "shift.withdrawn": ShiftWithdrawn,
}


def to_closing_events(
    looked: Looked,
    edit: CloseShift,
    closing: Closing,
    shift: ShiftFacts | None,
    by: tuple[str, EditId],
) -> list[Payload]:
    """The facts that close a shift: its end, and where each stop goes that has a place. Raises CannotHold or WantsReason.

    Who found no place keeps the visit until the next plan, which finds that the team is not there. The stops of a team on
    the road are cancelled: their people are planned again from today.
    """
    if shift is None or not shift.live:
        raise CannotHold([Breach("withdrawn", edit.shift_id, "the shift is closed already")])
    require_allowed(closing.effect, by[0])
    try:
        return [
            to_shift_event(looked, edit, shift.facts, by),
            *_list_stops(looked, edit, closing, by),
        ]
    except ValidationError:
        raise WantsReason(closing.effect.soft) from None


def to_shift_event(
    looked: Looked, edit: CloseShift, facts: ShiftOpened, by: tuple[str, EditId]
) -> Payload:
    """The shift that does not take place, or that ends sooner."""
    reason, number = by
    if edit.until is None:
        return ShiftWithdrawn(shift_id=facts.shift_id, edit_id=number, reason=reason or None)
    return ShiftChanged(
        **{name: getattr(facts, name) for name in ShiftOpened.model_fields}
        | {
            "ends_at": looked.calendar.to_moment(edit.until),
            "ended_at": facts.ends_at,
            "edit_id": number,
            "reason": reason or None,
        }
    )


def _list_stops(
    looked: Looked, edit: CloseShift, closing: Closing, by: tuple[str, EditId]
) -> Iterator[Payload]:
    reason, number = by
    cancels = closing.is_frozen and edit.until is not None
    for row in closing.effect.touched:
        visit = VisitId(UUID(row.visit_id))
        stood = _to_stood(looked, row)
        if cancels and row.visit_id in closing.fallen:
            today = looked.calendar.to_date(
                day_of(looked.actual.problem, looked.actual.problem.now)
            )
            yield StopCancelled(
                visit_id=visit, reason=reason, again_from=today, edit_id=number, stood=stood
            )
        elif row.new is not None:
            place = StopPinned(
                visit_id=visit,
                shift_id=ShiftId(UUID(row.new[0])),
                starts_at=looked.calendar.to_moment(row.new[1]),
                edit_id=number,
                stood=stood,
            )
            yield StopMoved(**dict(place), reason=reason) if reason else place


def _to_stood(looked: Looked, row: Touched) -> Stood | None:
    if row.old is None:
        return None
    return Stood(
        shift_id=ShiftId(UUID(row.old[0])),
        starts_at=looked.calendar.to_moment(row.old[1]),
        pinned=row.visit_id in looked.actual.pinned,
    )


@dataclass(frozen=True, slots=True)
class Reopening:
    """The facts that open a shift again, and what becomes of its stops."""

    said: tuple[Payload, ...]
    effect: Effect


def to_reopening(
    looked: Looked, rows: Sequence[EditRow], shift: ShiftFacts | None, number: EditId
) -> Reopening:
    """Opens a shift as it was, and puts back every stop that was moved when it was closed. Raises CannotHold.

    The plan that the change was checked on knew the shift as it was: what cannot hold any more is named by the next plan.
    """
    (row,) = (one for one in rows if one.kind in OF_SHIFTS)
    closed = OF_SHIFTS[row.kind].model_validate_json(row.body)
    if shift is None:
        raise CannotHold([Breach("withdrawn", str(closed.shift_id), "no such shift is known")])
    if shift.seq > row.seq:
        raise CannotHold([Breach("changed", str(closed.shift_id), "its post changed it since")])
    ends_at = shift.facts.ends_at
    if isinstance(closed, ShiftChanged):
        if closed.ended_at is None:
            raise CannotHold([Breach("gone", str(closed.shift_id), "opened again: close it anew")])
        ends_at = closed.ended_at
    facts = {name: getattr(shift.facts, name) for name in ShiftOpened.model_fields}
    said: list[Payload] = [ShiftChanged(**facts | {"ends_at": ends_at, "edit_id": number})]
    touched: list[Touched] = []
    for one in rows:
        if one.visit is not None:
            back = _put_back(looked, one, VisitId(one.visit), number)
            said.append(back)
            if isinstance(back, StopPinned):
                touched += _list_back(looked, back)
    return Reopening(tuple(said), Effect(tuple(touched), 0, 0, 0, (), 0, ()))


def _put_back(looked: Looked, row: EditRow, visit: VisitId, number: EditId) -> Payload:
    """A stop goes back to where it stood; of one that was cancelled the wait ends."""
    kind = StopCancelled if row.kind == "stop.cancelled" else StopPinned
    stood = kind.model_validate_json(row.body).stood
    now = find_now(looked, str(visit))
    if stood is None or kind is StopCancelled:
        return StopReleased(visit_id=visit, edit_id=number, stood=now)
    return StopPinned(
        visit_id=visit,
        shift_id=stood.shift_id,
        starts_at=stood.starts_at,
        edit_id=number,
        stood=now or stood,
    )


def _list_back(looked: Looked, back: StopPinned) -> Iterator[Touched]:
    """Where a stop goes back to, as long as it takes now."""
    found = looked.actual.find(str(back.visit_id))
    if found is None:
        return
    shift_id, stop = found
    start, seconds = stop.fixed.start, stop.fixed.service_seconds
    again = looked.calendar.to_second(back.starts_at)
    yield Touched(
        visit_id=str(back.visit_id),
        location_id=stop.fixed.location_id,
        people=len(stop.visit.needs),
        old=(shift_id, start, start + seconds),
        new=(str(back.shift_id), again, again + seconds),
        must_call=True,
        is_meant=True,
    )
