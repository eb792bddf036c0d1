"""A change by hand as facts: what is said of every stop that it touches, and what puts it back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from events.identifiers import EditId, Payload, ShiftId, VisitId
from events.location import Urgency, VisitRequested, VisitWithdrawn
from events.teams import ByHand, Stood, StopCancelled, StopMoved, StopPinned, StopReleased
from infra.identity import new_id
from infra.postgres.pages.decisions import EditRow
from scheduling.care.eligibility import OF_URGENCY
from scheduling.clashes import find_clash
from scheduling.problem import Asked, Fixed
from scheduling.steering.actual import Actual, to_actual
from scheduling.steering.breaches import Breach
from scheduling.steering.edits import (
    AddCrisis,
    CloseShift,
    Edit,
    MoveAll,
    OfStops,
    Regroup,
    StartFrom,
    Swap,
)
from scheduling.steering.effect import Effect
from scheduling.steering.places import Places
from scheduling.steering.soft import Touched
from services.web.actual import Looked
from services.web.grouping_facts import list_regrouped
from services.web.steering_errors import CannotHold, Locking, Pinning, WantsReason

REQUESTED: Final = "visit.requested"
OF_STOPS: Final[Mapping[str, type[ByHand]]] = {
    "stop.pinned": StopPinned,
    "stop.moved": StopMoved,
    "stop.released": StopReleased,
    "stop.cancelled": StopCancelled,
}


def list_named(edit: Edit) -> list[UUID]:
    """The visits that a change names; a shift that is closed names none."""
    if isinstance(edit, CloseShift):
        return []
    if isinstance(edit, AddCrisis):
        return [UUID(edit.crisis.id)]
    if isinstance(edit, StartFrom):
        return []
    if isinstance(edit, MoveAll):
        return [UUID(row[0]) for row in edit.places]
    if isinstance(edit, Regroup):
        return [UUID(name) for name in edit.of]
    named = (edit.visit_id, edit.other_id) if isinstance(edit, Swap) else (edit.visit_id,)
    return [UUID(name) for name in named]


def to_events(
    looked: Looked, edit: OfStops | Regroup, effect: Effect, by: tuple[str, EditId]
) -> list[Payload]:
    """The facts that a change is made of: of every stop that moves where it goes. Raises CannotHold or WantsReason.

    `by` are the reason and the number of the action.
    """
    require_allowed(effect, by[0])
    try:
        if isinstance(edit, Regroup):
            return list(list_regrouped(looked, edit, effect, by))
        return list(_list_events(looked, edit, effect, by))
    except ValidationError:
        raise WantsReason(effect.soft) from None


def require_allowed(effect: Effect, reason: str) -> None:
    """Raises CannotHold for a hard rule, and WantsReason where people lose something and nobody says why."""
    if effect.hard:
        raise CannotHold(effect.hard, effect.held_by)
    if effect.soft and not reason:
        raise WantsReason(effect.soft)


def _list_events(
    looked: Looked, edit: OfStops, effect: Effect, by: tuple[str, EditId]
) -> Iterable[Payload]:
    reason, number = by
    for row in effect.touched:
        if row.new is None:
            visit = VisitId(UUID(row.visit_id))
            yield StopCancelled(
                visit_id=visit, reason=reason, edit_id=number, stood=find_stood(looked, row)
            )
        elif isinstance(edit, AddCrisis) and row.visit_id == edit.crisis.id:
            yield to_request(edit, looked.calendar.to_moment(row.new[1]), number)
        else:
            visit, shift = VisitId(UUID(row.visit_id)), ShiftId(UUID(row.new[0]))
            at = looked.calendar.to_moment(row.new[1])
            stood = find_stood(looked, row)
            place = StopPinned(
                visit_id=visit, shift_id=shift, starts_at=at, edit_id=number, stood=stood
            )
            yield StopMoved(**dict(place), reason=reason) if reason else place


def to_request(edit: AddCrisis, start: datetime, number: EditId) -> VisitRequested:
    """A crisis visit that is asked for at this very moment."""
    crisis = edit.crisis
    urgency = next(name for name, rank in OF_URGENCY.items() if rank == crisis.priority)
    return VisitRequested.model_validate(
        {
            "visit_id": crisis.id,
            "location_id": crisis.location_id,
            "urgency": Urgency(urgency),
            "skills": crisis.skills,
            "minutes": crisis.service_seconds // 60,
            "earliest": start,
            "latest": start,
            "edit_id": number,
        }
    )


def find_stood(looked: Looked, row: Touched) -> Stood | None:
    """Where a stop stands before a change; None for one that stands nowhere."""
    if row.old is None:
        return None
    return to_stood(looked, row.visit_id, (row.old[0], row.old[1]))


def to_stood(looked: Looked, visit_id: str, place: tuple[str, int]) -> Stood:
    """A place of a stop, by shift and second."""
    return Stood(
        shift_id=ShiftId(UUID(place[0])),
        starts_at=looked.calendar.to_moment(place[1]),
        pinned=visit_id in looked.actual.pinned,
    )


def list_pins(looked: Looked, locking: Locking, number: EditId) -> Iterator[Payload]:
    """The facts that pin or release every stop of some shifts, where that changes something. Raises CannotHold."""
    for shift_id in locking.shifts:
        if shift_id in looked.actual.frozen_shifts:
            raise CannotHold(
                [Breach("frozen", shift_id, "the team is on the road, or about to leave")]
            )
        for stop in looked.actual.standing.get(shift_id, ()):
            if (stop.fixed.visit_id in looked.actual.pinned) != locking.pins:
                yield pin_or_release(looked, stop.fixed, number, pins=locking.pins)


def count_locked(looked: Looked, locking: Locking) -> int:
    """How many stops locking or releasing some shifts would change. Raises CannotHold."""
    return sum(1 for _ in list_pins(looked, locking, EditId(new_id())))


def pin_or_release(looked: Looked, fixed: Fixed, number: EditId, *, pins: bool) -> Payload:
    """The fact that pins a stop where it stands, or releases it."""
    visit = VisitId(UUID(fixed.visit_id))
    stood = to_stood(looked, fixed.visit_id, (fixed.shift_id, fixed.start))
    if not pins:
        return StopReleased(visit_id=visit, edit_id=number, stood=stood)
    return StopPinned(
        visit_id=visit,
        shift_id=stood.shift_id,
        starts_at=stood.starts_at,
        edit_id=number,
        stood=stood,
    )


def to_pin(looked: Looked, fixed: Fixed, wanted: Pinning, number: EditId) -> Payload:
    """The fact that holds one thing of a stop, or releases it."""
    if wanted.kind is None:
        return pin_or_release(looked, fixed, number, pins=False)
    stood = to_stood(looked, fixed.visit_id, (fixed.shift_id, fixed.start))
    return StopPinned(
        visit_id=VisitId(UUID(fixed.visit_id)),
        shift_id=stood.shift_id,
        starts_at=stood.starts_at,
        kind=wanted.kind,
        not_before=wanted.not_before,
        not_after=wanted.not_after,
        behind=VisitId(wanted.behind) if wanted.behind else None,
        edit_id=number,
        stood=stood,
    )


def with_asked(looked: Looked, wanted: Pinning) -> Actual:
    """The plan as it stands, of whose problem this window is a part."""
    to_second, problem = looked.calendar.to_second, looked.actual.problem
    first = to_second(wanted.not_before) if wanted.not_before else None
    last = to_second(wanted.not_after) if wanted.not_after else None
    others = tuple(row for row in problem.asked if row.visit_id != wanted.visit_id)
    asked = (*others, Asked(wanted.visit_id, None, first, last))
    return replace(looked.actual, problem=replace(problem, asked=asked))


def name_clash(looked: Looked, wanted: Pinning, found: Places) -> CannotHold:
    """Why no place is in a window: the hours or the pins that stand in its way, else the rules of the teams that were tried."""
    actual = with_asked(looked, wanted)
    pins = [
        replace(stop.fixed, why="pinned")
        for stops in actual.standing.values()
        for stop in stops
        if stop.fixed.visit_id in actual.pinned
    ]
    shifts = [row for row in actual.problem.shifts if row.id not in actual.frozen_shifts]
    problem = replace(actual.problem, fixed=tuple(pins), shifts=tuple(shifts))
    stop = next(row for row in problem.published if row.visit_id == wanted.visit_id)
    asked = Breach("asked", wanted.visit_id, "no place in that window breaks no rule")
    clash = find_clash(problem, problem.asked[-1], stop)
    if clash is not None:
        return CannotHold([asked, Breach(clash.rule, clash.visit_id, clash.detail)], clash.beside)
    rules = {row.breach.rule: row.breach for row in found.not_there}
    return CannotHold([asked, *(row for rule, row in rules.items() if rule != asked.rule)])


def check_order(looked: Looked, wanted: Pinning, shift_id: str) -> None:
    """Whether a stop comes right behind the one that an order names. Raises CannotHold."""
    if wanted.behind is None:
        return
    names = [row.fixed.visit_id for row in looked.actual.standing.get(shift_id, ())]
    before = names[: names.index(wanted.visit_id)]
    if not before or before[-1] != str(wanted.behind):
        raise CannotHold(
            [
                Breach(
                    "asked",
                    wanted.visit_id,
                    "it does not come right behind that stop: move it first",
                )
            ]
        )


def list_undone(
    looked: Looked, rows: Sequence[EditRow], number: EditId
) -> tuple[list[Payload], MoveAll]:
    """The facts that put back what an action changed, and the moves among them, which are judged first.

    A stop that moved goes back to its place and stays pinned there; one that was taken off may be planned again; a
    crisis visit is asked for no longer.
    """
    said: list[Payload] = []
    back: list[tuple[str, str, int]] = []
    for row in rows:
        if row.kind == REQUESTED:
            asked = VisitRequested.model_validate_json(row.body)
            said.append(VisitWithdrawn(visit_id=asked.visit_id, location_id=asked.location_id))
            continue
        done = OF_STOPS[row.kind].model_validate_json(row.body) if row.kind in OF_STOPS else None
        if row.visit is None:
            continue
        visit = VisitId(row.visit)
        if done is None or done.stood is None:
            said += [] if done is None else [StopReleased(visit_id=visit, edit_id=number)]
            continue
        stood = done.stood
        moved = isinstance(done, StopPinned | StopMoved)
        stays = moved and (done.shift_id, done.starts_at) == (stood.shift_id, stood.starts_at)  # type: ignore[attr-defined]
        if isinstance(done, StopCancelled) or (stays and not stood.pinned):
            said.append(StopReleased(visit_id=visit, edit_id=number, stood=stood))
            continue
        if moved and not stays:
            start = looked.calendar.to_second(stood.starts_at)
            back.append((str(visit), str(stood.shift_id), start))
        now = find_now(looked, str(visit))
        said.append(
            StopPinned(
                visit_id=visit,
                shift_id=stood.shift_id,
                starts_at=stood.starts_at,
                edit_id=number,
                stood=now or stood,
            )
        )
    return said, MoveAll(tuple(back))


def find_now(looked: Looked, visit_id: str) -> Stood | None:
    """Where a stop stands at this moment."""
    found = looked.actual.find(visit_id)
    return to_stood(looked, visit_id, (found[0], found[1].fixed.start)) if found else None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The plan without crisis visits that are undone, and the stops that they were."""

    looked: Looked
    touched: tuple[Touched, ...]


def leave_out_crises(looked: Looked, rows: Sequence[EditRow]) -> LeftOut:
    """The plan without the crisis visits that an action added. Raises CannotHold where a team has left for one, or made it."""
    actual, touched = looked.actual, list[Touched]()
    for row in rows:
        if row.kind != REQUESTED or row.visit is None:
            continue
        name = str(row.visit)
        kept = any(one.visit_id == name for one in actual.problem.kept.stops)
        if kept or name in actual.problem.done_visits or name in actual.begun:
            raise CannotHold([Breach("frozen", name, "its team is on the road, or was there")])
        if (found := actual.find(name)) is None:
            continue
        shift_id, stop = found
        if shift_id in actual.frozen_shifts:
            raise CannotHold([Breach("frozen", name, "its team is on the road, or about to leave")])
        start, seconds = stop.fixed.start, stop.fixed.service_seconds
        place = (shift_id, start, start + seconds)
        touched.append(
            Touched(name, stop.fixed.location_id, 0, place, None, must_call=True, is_meant=True)
        )
        published = [one for one in actual.problem.published if one.visit_id != name]
        actual = to_actual(
            actual.problem, published, actual.pinned, actual.frozen_shifts, actual.begun
        )
    return LeftOut(replace(looked, actual=actual), tuple(touched))
