"""Pins of planners, as far as they can hold together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events.plans import VisitAssigned
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.rows import PinRow
from scheduling.problem import Fixed


@dataclass(frozen=True, slots=True)
class Pin:
    """Where and when a planner wants a visit."""

    visit: UUID
    shift: UUID | None
    starts_at: datetime


def to_pins(rows: Iterable[PinRow]) -> list[Pin]:
    """Lists the pins, oldest first; of a pin and a move of one visit the later holds."""
    return [latest(row) for row in sorted(rows, key=lambda row: max(row.pinned_seq, row.moved_seq))]


def latest(row: PinRow) -> Pin:
    """Picks the pin or the move, whichever came later."""
    if row.moved_seq > row.pinned_seq:
        return Pin(row.visit, row.moved_shift, row.moved_to)  # type: ignore[arg-type]
    return Pin(row.visit, row.pinned_shift, row.pinned_to)  # type: ignore[arg-type]


def to_fixed_stops(
    pins: Iterable[Pin],
    movable: Iterable[VisitAssigned],
    teams: Mapping[str, str],
    calendar: Calendar,
) -> tuple[Fixed, ...]:
    """Selects the pins that can hold together: of two that overlap for one team the older; `teams` is by shift.

    Two pins that contradict each other must not leave the whole region without a plan. Pins of visits that are not
    movable, or in shifts that are not planned, do not concern a new plan.
    """
    visits: dict[UUID, VisitAssigned] = {visit.visit_id: visit for visit in movable}
    kept: list[Fixed] = []
    for pin in pins:
        if pin.visit not in visits or str(pin.shift) not in teams:
            continue
        wanted = to_fixed(visits[pin.visit], pin, calendar)
        team = teams[wanted.shift_id]
        if not any(teams[row.shift_id] == team and overlap(row, wanted) for row in kept):
            kept.append(wanted)
    return tuple(kept)


def overlap(one: Fixed, other: Fixed) -> bool:
    """Whether two stops overlap; one may begin at the second at which the other ends."""
    return (
        one.start < other.start + other.service_seconds
        and other.start < one.start + one.service_seconds
    )


def to_fixed(visit: VisitAssigned, pin: Pin, calendar: Calendar) -> Fixed:
    """Converts to the scheduler's fixed stop: where and when the pin says, as long as published."""
    numbers = {person.dose_no for person in visit.persons}
    return Fixed(
        visit_id=str(visit.visit_id),
        shift_id=str(pin.shift),
        start=calendar.to_second(pin.starts_at),
        person_ids=frozenset(str(person.person_id) for person in visit.persons),
        why="pinned",
        location_id=str(visit.location_id),
        campaign_id=str(visit.campaign_id) if visit.campaign_id else None,
        product_id=visit.product_id,
        service_seconds=int((visit.ends_at - visit.starts_at).total_seconds()),
        dose_no=numbers.pop() if len(numbers) == 1 else None,
    )
