"""What one plan changes of another, as typed lines: who moves, who is new, who loses the appointment, who must be phoned.

Compared by the dose and not by the visit: a plan may give the same people another visit at the same moment, and nobody
is phoned for that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from events.local_time import to_local_date
from events.plans import PlannedPerson, VisitAssigned
from scheduling.objective import A_MOVE_SECONDS

# Why somebody loses the appointment whom the new plan does not speak of at all: the need itself is gone.
NO_NEED: Final = "no_need"
OTHER_PLACE: Final = "other_place"  # lives somewhere else by now


class Kind(StrEnum):
    """What happens to people."""

    MOVED = "moved"
    NEW = "new"
    DROPPED = "dropped"


class Change(StrEnum):
    """What of an appointment is other than before."""

    DAY = "day"
    TIME = "time"
    TEAM = "team"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Slot:
    """Where in the plan an appointment stands."""

    visit_id: UUID
    team_id: UUID
    shift_id: UUID
    starts_at: datetime
    ends_at: datetime
    product_id: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """What changes for some people of one location; no people: a crisis visit."""

    kind: Kind
    location_id: UUID
    campaign_id: UUID | None
    persons: tuple[PlannedPerson, ...]
    before: Slot | None
    after: Slot | None
    joins: bool = False  # new people at a visit that stands as it was
    why: tuple[str, ...] = ()  # of who is dropped: reasons of the new plan, strongest first
    rule: str | None = (
        None  # of who is dropped or moved: the rule by which a fact took the appointment
    )

    @property
    def name(self) -> str:
        """The same for the same change, so that it can be chosen later."""
        slots = [str(slot.visit_id) for slot in (self.before, self.after) if slot]
        return ":".join([self.kind.value, *slots, *self.why[:1]])

    @property
    def changes(self) -> frozenset[Change]:
        """What is other for who moves; another moment on another day is another day only."""
        if self.before is None or self.after is None:
            return frozenset()
        return find_changes(self.before, self.after)

    @property
    def minutes(self) -> int:
        """By how many minutes the start shifts, within a day."""
        if self.before is None or self.after is None or Change.DAY in self.changes:
            return 0
        return abs(int((self.after.starts_at - self.before.starts_at).total_seconds())) // 60

    @property
    def asks_call(self) -> bool:
        """Whether people who go by the plan of before must hear of it: they lose the appointment, or it is elsewhere."""
        if self.kind is Kind.NEW:
            return False
        changed = self.changes - {Change.TIME}
        return self.kind is Kind.DROPPED or bool(changed) or self.minutes * 60 > A_MOVE_SECONDS


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a plan leaves people out, and what facts took of what was published."""

    of_doses: Mapping[tuple[UUID | None, UUID, int], tuple[str, ...]] = field(default_factory=dict)
    of_visits: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict)  # crisis visits
    taken: Mapping[UUID, str] = field(default_factory=dict)  # by published visit: the rule


@dataclass(frozen=True, slots=True)
class Call:
    """A location that must be phoned, with what to say; the soonest moment that it is about."""

    location_id: UUID
    lines: tuple[Line, ...]

    @property
    def soonest(self) -> datetime:
        """When the first of these appointments was."""
        return min(line.before.starts_at for line in self.lines if line.before)


Dose = tuple[UUID | None, UUID, int]  # campaign, person (of a crisis visit: the visit), dose number


def compare(
    before: Iterable[VisitAssigned], after: Iterable[VisitAssigned], reasons: Reasons
) -> tuple[Line, ...]:
    """The lines from one plan to another, in the order of their days and moments; nothing for what stands as it was."""
    then, now = _index(before), _index(after)
    pairs: dict[tuple[UUID | None, UUID | None, tuple[str, ...]], list[Dose]] = {}
    for dose in sorted({*then, *now}, key=str):
        was, is_ = then.get(dose), now.get(dose)
        if was and is_ and was.location_id != is_.location_id:
            pairs.setdefault((was.visit_id, None, (OTHER_PLACE,)), []).append(dose)
            was = None
        why = () if is_ else _why(dose, reasons)
        key = (was.visit_id if was else None, is_.visit_id if is_ else None, why)
        pairs.setdefault(key, []).append(dose)
    visits_then: dict[UUID, VisitAssigned] = {visit.visit_id: visit for visit in then.values()}
    visits_now: dict[UUID, VisitAssigned] = {visit.visit_id: visit for visit in now.values()}
    lines = [
        _line(
            visits_then[a] if a else None,
            visits_now[b] if b else None,
            doses,
            why,
            stands=b is not None and _stands(visits_then.get(b), visits_now[b]),
            rule=reasons.taken.get(a) if a else None,
        )
        for (a, b, why), doses in pairs.items()
    ]
    changed = (line for line in lines if line.kind is not Kind.MOVED or line.changes)
    return tuple(sorted(changed, key=_order))


def _order(line: Line) -> tuple[datetime, str]:
    slot = line.before or line.after
    assert slot is not None
    return slot.starts_at, line.name


def list_calls(lines: Iterable[Line]) -> tuple[Call, ...]:
    """Who must be phoned, a location once; the soonest appointment first."""
    of_place: dict[UUID, list[Line]] = {}
    for line in lines:
        if line.asks_call:
            of_place.setdefault(line.location_id, []).append(line)
    calls = (Call(place, tuple(found)) for place, found in of_place.items())
    return tuple(sorted(calls, key=lambda call: (call.soonest, str(call.location_id))))


def to_slot(visit: VisitAssigned) -> Slot:
    """The slot of an assignment."""
    return Slot(
        visit.visit_id,
        visit.team_id,
        visit.shift_id,
        visit.starts_at,
        visit.ends_at,
        visit.product_id,
    )


def find_changes(before: Slot, after: Slot) -> frozenset[Change]:
    """What is other between two slots."""
    found = set()
    if to_local_date(before.starts_at) != to_local_date(after.starts_at):
        found.add(Change.DAY)
    elif before.starts_at != after.starts_at:
        found.add(Change.TIME)
    if before.team_id != after.team_id:
        found.add(Change.TEAM)
    if before.product_id != after.product_id:
        found.add(Change.PRODUCT)
    return frozenset(found)


def list_doses(visit: VisitAssigned) -> list[Dose]:
    """The doses of a visit; a crisis visit stands for itself."""
    if not visit.persons:
        return [(None, visit.visit_id, 0)] if visit.campaign_id is None else []
    return [(visit.campaign_id, one.person_id, one.dose_no) for one in visit.persons]


def _index(visits: Iterable[VisitAssigned]) -> dict[Dose, VisitAssigned]:
    return {dose: visit for visit in visits for dose in list_doses(visit)}


def _stands(was: VisitAssigned | None, is_: VisitAssigned) -> bool:
    return was is not None and not find_changes(to_slot(was), to_slot(is_))


def _why(dose: Dose, reasons: Reasons) -> tuple[str, ...]:
    campaign, name, _ = dose
    found = reasons.of_visits.get(name) if campaign is None else reasons.of_doses.get(dose)
    return found or (NO_NEED,)


def _line(
    was: VisitAssigned | None,
    is_: VisitAssigned | None,
    doses: list[Dose],
    why: tuple[str, ...],
    *,
    stands: bool,
    rule: str | None,
) -> Line:
    visit = is_ or was
    assert visit is not None
    kind = Kind.NEW if was is None else Kind.DROPPED if is_ is None else Kind.MOVED
    people = () if visit.campaign_id is None else doses
    return Line(
        kind=kind,
        location_id=visit.location_id,
        campaign_id=visit.campaign_id,
        persons=tuple(
            PlannedPerson.model_validate({"person_id": person, "dose_no": dose_no})
            for _, person, dose_no in people
        ),
        before=to_slot(was) if was else None,
        after=to_slot(is_) if is_ else None,
        joins=kind is Kind.NEW and stands,
        why=why,
        rule=rule,
    )
