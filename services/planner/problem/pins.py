"""Pins of planners, as far as they can hold together."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from events.plans import VisitAssigned
from events.teams import PinKind
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.rows import PinRow
from scheduling.pins import fault_of
from scheduling.plan import PinFault
from scheduling.problem import Asked, Fixed
from services.planner.problem.frozen import PublishedVisits


@dataclass(frozen=True, slots=True)
class Pin:
    """Where and when a planner wants a visit."""

    visit: UUID
    shift: UUID | None
    starts_at: datetime
    kind: PinKind = PinKind.VISIT
    not_before: datetime | None = None
    not_after: datetime | None = None
    behind: UUID | None = None

    @property
    def holds_place(self) -> bool:
        """Whether the search may not touch it: an order holds both of its stops where they stand."""
        return self.kind in (PinKind.VISIT, PinKind.ORDER)


def to_pins(rows: Iterable[PinRow]) -> list[Pin]:
    """Lists the pins, oldest first; of a pin and a move of one visit the later holds."""
    return [latest(row) for row in sorted(rows, key=lambda row: max(row.pinned_seq, row.moved_seq))]


def latest(row: PinRow) -> Pin:
    """Picks the pin or the move, whichever came later."""
    if row.moved_seq > row.pinned_seq:
        return Pin(row.visit, row.moved_shift, row.moved_to)  # type: ignore[arg-type]
    return Pin(
        row.visit,
        row.pinned_shift,
        row.pinned_to,  # type: ignore[arg-type]
        row.kind,
        row.not_before,
        row.not_after,
        row.behind,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What a pin has to do with: the visits as they stand, and why a shift can not be planned (a rule by name)."""

    visits: PublishedVisits
    teams: Mapping[str, str]  # by shift that is planned
    closed_shifts: Mapping[str, str]


def to_fixed_stops(
    pins: Iterable[Pin], standing: Standing, calendar: Calendar, now: datetime
) -> tuple[tuple[Fixed, ...], tuple[PinFault, ...]]:
    """Selects the pins that can hold together, and says of every other one which rule it breaks.

    Two pins that contradict each other must not leave the whole region without a plan: of two that overlap for one
    team the older holds. A pin of the past, or of a visit that was made, is history and no fault.
    """
    movable: dict[UUID, VisitAssigned] = {one.visit_id: one for one in standing.visits.movable}
    kept: dict[UUID, VisitAssigned] = {one.visit_id: one for one in standing.visits.kept}
    fixed: list[Fixed] = []
    faults: list[PinFault] = []
    pins = list(pins)
    pinned = {pin.visit for pin in pins}
    for pin in (*pins, *list_before(pins, movable, pinned)):
        if pin.visit in movable and not pin.holds_place:
            shift = str(pin.shift)
            closed = pin.kind is PinKind.TEAM and shift not in standing.teams
            rule = standing.closed_shifts.get(shift, "withdrawn")
            why = f"shift {shift} can not be planned"
            fault = name_fault(pin, rule, why, calendar) if closed else None
        elif pin.visit in movable:
            wanted = to_fixed(movable[pin.visit], pin, calendar)
            fault = judge_pin(wanted, fixed, standing)
            fixed += [] if fault else [wanted]
        elif pin.visit in kept and not pin.holds_place:
            fault = None  # it goes as it goes: nobody can plan it any more
        elif pin.visit in kept:
            fault = judge_pin_of_kept(kept[pin.visit], pin, calendar)
        elif str(pin.visit) in standing.visits.done or pin.starts_at < now:
            fault = None
        else:
            fault = name_fault(pin, "gone", "no such visit is planned any more", calendar)
        faults += [fault] if fault else []
    return tuple(fixed), tuple(faults)


def list_before(
    pins: Iterable[Pin], movable: Mapping[UUID, VisitAssigned], pinned: Collection[UUID]
) -> Iterator[Pin]:
    """The stops before those of which the order is pinned, held where they stand, unless they have a pin of their own."""
    for pin in pins:
        before = movable.get(pin.behind) if pin.behind and pin.behind not in pinned else None
        if before is not None:
            yield Pin(before.visit_id, before.shift_id, before.starts_at)


def to_asked(
    pins: Iterable[Pin], movable: Iterable[VisitAssigned], calendar: Calendar
) -> tuple[Asked, ...]:
    """What pins ask of visits that may still move: their shift, their moment, or moments between which they begin."""
    known = {one.visit_id for one in movable}
    found: list[Asked] = []
    for pin in pins:
        if pin.visit not in known or pin.holds_place:
            continue
        start = calendar.to_second(pin.starts_at)
        first = calendar.to_second(pin.not_before) if pin.not_before else None
        last = calendar.to_second(pin.not_after) if pin.not_after else None
        if pin.kind is PinKind.TIME:
            first = last = start
        shift = str(pin.shift) if pin.kind is PinKind.TEAM else None
        found.append(Asked(str(pin.visit), shift, first, last))
    return tuple(found)


def judge_pin(wanted: Fixed, others: Iterable[Fixed], standing: Standing) -> PinFault | None:
    """Why a pin of a movable visit can not be put to the search; the rules of care are asked later, by `release_pins`."""
    if wanted.shift_id not in standing.teams:
        rule = standing.closed_shifts.get(wanted.shift_id, "withdrawn")
        return fault_of(wanted, rule, f"shift {wanted.shift_id} can not be planned")
    team = standing.teams[wanted.shift_id]
    for row in others:
        if standing.teams[row.shift_id] == team and overlap(row, wanted):
            fault = fault_of(wanted, "overlap", f"the team is pinned to {row.visit_id} then")
            return replace(fault, beside=(row.visit_id,))
    return None


def judge_pin_of_kept(visit: VisitAssigned, pin: Pin, calendar: Calendar) -> PinFault | None:
    """Why a visit that a plan only repeats can not be pinned elsewhere; None where it stands there already."""
    if (visit.shift_id, visit.starts_at) == (pin.shift, pin.starts_at):
        return None
    return name_fault(pin, "frozen", "the visit is frozen, or its team has begun it", calendar)


def name_fault(pin: Pin, rule: str, detail: str, calendar: Calendar) -> PinFault:
    """A fault of a pin that is no stop of the problem."""
    start = calendar.to_second(pin.starts_at)
    return PinFault(str(pin.visit), rule, detail, str(pin.shift or ""), start)


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
