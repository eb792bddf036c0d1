"""A visit that was split, and visits that were joined, as facts: who is visited together; and what puts that back."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from events.identifiers import (
    CampaignId,
    EditId,
    LocationId,
    Payload,
    PersonId,
    ShiftId,
    TeamId,
    VisitId,
)
from events.plans import PlannedPerson
from events.teams import Stood, StopGrouped, StopMoved, StopPinned
from infra.postgres.pages.decisions import EditRow
from scheduling.steering.edits import Part, Regroup, Spot
from scheduling.steering.effect import Effect
from scheduling.steering.regrouping import list_beside
from scheduling.steering.soft import Touched
from scheduling.steering.timetable import StandingStop
from scheduling.steering.trials import Refused, find_stop
from services.web.actual import Looked

GROUPED = "stop.grouped"
Doses = frozenset[tuple[str, int]]


def list_regrouped(
    looked: Looked, edit: Regroup, effect: Effect, by: tuple[str, EditId], *, holds: bool = True
) -> Iterator[Payload]:
    """Who is in each part, where and when; and of every stop that moves where it goes, so that the next plan makes that."""
    reason, number = by
    touched = {row.visit_id: row for row in effect.touched}
    parts = {part.visit_id for part in edit.parts}
    for part in edit.parts:
        yield to_grouped(looked, edit, part, touched, (reason, number), holds=holds)
    for name in edit.of:
        if name not in parts:
            gone = Part(name, frozenset())
            yield to_grouped(looked, edit, gone, touched, (reason, number), holds=holds)
    for row in effect.touched:
        is_new = bool(row.of)
        moves = is_new or row.old is None or row.new is None or row.old[:2] != row.new[:2]
        if row.new is None or not moves or (row.visit_id in edit.of and row.visit_id not in parts):
            continue
        place = StopPinned(
            visit_id=VisitId(UUID(row.visit_id)),
            shift_id=ShiftId(UUID(row.new[0])),
            starts_at=looked.calendar.to_moment(row.new[1]),
            edit_id=number,
            stood=None if is_new else to_stood(looked, row.visit_id),
        )
        yield StopMoved(**dict(place), reason=reason) if reason else place


def to_grouped(
    looked: Looked,
    edit: Regroup,
    part: Part,
    touched: dict[str, Touched],
    by: tuple[str, EditId],
    *,
    holds: bool,
) -> StopGrouped:
    """A visit and its people from now on; one without people stood where it says."""
    reason, number = by
    _, source = find_stop(looked.actual, edit.of[0])
    was = looked.actual.find(part.visit_id)
    shift_id, starts, ends = _find_place(looked, part, touched)
    return StopGrouped(
        visit_id=VisitId(UUID(part.visit_id)),
        location_id=LocationId(UUID(source.fixed.location_id)),
        campaign_id=CampaignId(UUID(source.fixed.campaign_id)),
        product_id=source.fixed.product_id or "",
        persons=to_people(part.doses),
        were=to_people(frozenset(was[1].visit.needs)) if was else (),
        team_id=TeamId(UUID(looked.actual.shifts[shift_id].team_id)),
        shift_id=ShiftId(UUID(shift_id)),
        starts_at=looked.calendar.to_moment(starts),
        ends_at=looked.calendar.to_moment(ends),
        most=edit.most,
        beside=tuple(VisitId(UUID(name)) for name in list_beside(looked.actual, edit)),
        holds=holds,
        reason=reason or None,
        edit_id=number,
        stood=to_stood(looked, part.visit_id),
    )


def _find_place(looked: Looked, part: Part, touched: dict[str, Touched]) -> tuple[str, int, int]:
    row, was = touched.get(part.visit_id), looked.actual.find(part.visit_id)
    if part.doses and row is not None and row.new is not None:
        return row.new
    assert was is not None, "what does not stand comes somewhere"
    shift_id, stop = was
    return shift_id, stop.fixed.start, stop.fixed.start + stop.fixed.service_seconds


def to_people(doses: Doses) -> tuple[PlannedPerson, ...]:
    """Doses as an event names them."""
    return tuple(
        PlannedPerson(person_id=PersonId(UUID(person)), dose_no=dose)
        for person, dose in sorted(doses)
    )


def to_doses(people: Sequence[PlannedPerson]) -> Doses:
    """Doses as the plan names them."""
    return frozenset((str(one.person_id), one.dose_no) for one in people)


def to_stood(looked: Looked, visit_id: str) -> Stood | None:
    """Where a stop stands now, and whether it is pinned there; None for one that stands nowhere."""
    found = looked.actual.find(visit_id)
    if found is None:
        return None
    return Stood(
        shift_id=ShiftId(UUID(found[0])),
        starts_at=looked.calendar.to_moment(found[1].fixed.start),
        pinned=visit_id in looked.actual.pinned,
    )


def to_regroup_back(looked: Looked, rows: Sequence[EditRow]) -> Regroup:
    """The change that puts back what a split or a join changed. Raises Refused where none of its visits stands any more.

    Who came to a visit since stays in it; who left the plan does not come back by this.
    """
    said = [StopGrouped.model_validate_json(row.body) for row in rows if row.kind == GROUPED]
    moved = {
        str(row.visit): StopPinned.model_validate_json(row.body).stood
        for row in rows
        if row.kind in ("stop.pinned", "stop.moved")
    }
    stands: dict[str, StandingStop] = {}
    for one in said:
        if (found := looked.actual.find(str(one.visit_id))) is not None:
            stands[str(one.visit_id)] = found[1]
    if not stands:
        name = str(said[0].visit_id)
        find_stop(looked.actual, name)
        raise Refused("gone", name, "no such visit stands any more")
    for name in stands:
        find_stop(looked.actual, name)  # a frozen one is said so
    now = frozenset(dose for stop in stands.values() for dose in stop.visit.needs)
    parts: list[Part] = []
    for one in said:
        name = str(one.visit_id)
        stop = stands.get(name)
        since = frozenset(stop.visit.needs) - to_doses(one.persons) if stop else frozenset()
        if doses := (to_doses(one.were) & now) | since:
            stood = moved.get(name) if stop else one.stood
            parts.append(Part(name, doses, to_spot(looked, stood)))
    grouped = {str(one.visit_id) for one in said}
    also = tuple(
        (name, str(stood.shift_id), looked.calendar.to_second(stood.starts_at))
        for name, stood in moved.items()
        if stood is not None and name not in grouped and looked.actual.find(name) is not None
    )
    return Regroup(tuple(parts), tuple(stands), also=also)


def to_spot(looked: Looked, stood: Stood | None) -> Spot | None:
    """The place where a stop stood, as one that it goes back to."""
    if stood is None:
        return None
    return Spot(str(stood.shift_id), looked.calendar.to_second(stood.starts_at))
