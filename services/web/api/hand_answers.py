"""What a planner's hand is answered with: effects, rules, places and changes, in moments and whole minutes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from events.identifiers import Day
from infra.postgres.findings import Rival
from infra.postgres.pages.decisions import ChangeRow
from scheduling.steering.breaches import Breach, Unit
from scheduling.steering.effect import Effect
from scheduling.steering.places import NotThere, Place, Places
from services.web.actual import Looked


class When(BaseModel):
    """Where a stop stands."""

    shift: UUID
    team: UUID | None
    starts_at: datetime
    ends_at: datetime


class TouchedStop(BaseModel):
    """A stop that is otherwise after the change: `old` is null for a new visit, `new` for one that leaves the plan."""

    visit: UUID
    location: UUID
    people: int
    old: When | None
    new: When | None
    minutes_later: Annotated[int, Field(description="below zero: earlier")]
    call: Annotated[bool, Field(description="the location must be phoned")]
    meant: Annotated[bool, Field(description="false: it gives way to the change")]


class BrokenRule(BaseModel):
    """A rule that the change breaks and that was not broken before; `hard` ones are refused, others ask for a reason."""

    rule: str
    hard: bool
    where: Annotated[str, Field(description="a visit, a shift, or a depot and product")]
    amount: Annotated[int | None, Field(description="by how much, rounded up")] = None
    unit: Annotated[
        str | None, Field(description="minutes, days, doses or people", examples=["minutes"])
    ] = None
    detail: str


class MovedDoses(BaseModel):
    """Doses, in whole containers, that a depot gives more on a day; below zero: fewer."""

    depot: UUID
    product: str
    day: Day
    doses: int


class HeldBy(BaseModel):
    """A pin with which a change cannot hold together; `by` is null where nobody said who placed it."""

    visit: UUID
    place: str | None
    starts_at: datetime | None
    by: str | None


class EffectOut(BaseModel):
    """What a change does to the plan as it stands."""

    number: Annotated[int, Field(description="of the state that was looked at: send it as `seen`")]
    allowed: Annotated[bool, Field(description="no hard rule is broken")]
    needs_reason: bool
    stops: list[TouchedStop]
    calls: Annotated[int, Field(description="locations that must be phoned")]
    people_to_call: Annotated[
        int, Field(description="who was told what is no longer so, or comes anew")
    ]
    drive_minutes: Annotated[int, Field(description="more; below zero: less")]
    work_minutes: int
    metres: int
    doses: list[MovedDoses]
    doses_wasted: int
    margin_minutes: Annotated[
        int | None, Field(description="by which the visit may run late before a rule is at risk")
    ]
    breaches: list[BrokenRule]
    held_by: Annotated[
        list[HeldBy],
        Field(
            default_factory=list,
            description="the fewest pins without which no hard rule would be broken",
        ),
    ]


class PlaceOut(BaseModel):
    """A slot that breaks no hard rule, and what it costs; to take it, send an edit with this shift and moment."""

    shift: UUID
    team: UUID | None
    starts_at: datetime
    effect: EffectOut


class NotThereOut(BaseModel):
    """A shift that cannot make the visit, and the rule that says so."""

    shift: UUID
    team: UUID | None
    day: Day
    breach: BrokenRule


class PlacesOut(BaseModel):
    """The cheapest slots first."""

    people: int
    places: list[PlaceOut]
    not_there: list[NotThereOut]


class SavedEdit(BaseModel):
    """A change that is stored; `numbers` are those of its events in the region's ledger."""

    edit: Annotated[UUID, Field(description="undoes it, at `/plan/edits/{edit}/undo`")]
    numbers: list[int]
    effect: EffectOut


class ChangedStop(BaseModel):
    """What happened to a stop since the caller looked; `by` is null where a plan moved it, or nobody said who."""

    visit: UUID
    what: str
    by: str | None
    at: datetime | None
    reason: str | None


def to_changed(row: ChangeRow) -> ChangedStop:
    """A change as it is answered."""
    return ChangedStop(visit=row.visit, what=row.kind, by=row.actor, at=row.at, reason=row.reason)


def write_changed(row: ChangeRow) -> str:
    """Who did what to which stop, as words."""
    by = f" by {row.actor}" if row.actor else " by a newer plan" if row.at is None else ""
    return f"{row.kind} of visit {row.visit}{by}"


def to_held_by(pins: Mapping[UUID, Rival]) -> list[HeldBy]:
    """Pins as they are answered, in order of their moments."""
    rows = sorted(pins.items(), key=lambda row: (str(row[1].starts_at), str(row[0])))
    return [
        HeldBy(visit=visit, place=one.location, starts_at=one.starts_at, by=one.by)
        for visit, one in rows
    ]


def to_effect(
    looked: Looked, effect: Effect, pins: Mapping[UUID, Rival] | None = None
) -> EffectOut:
    """An effect with moments and whole minutes."""
    return EffectOut(
        number=looked.number,
        allowed=not effect.hard,
        needs_reason=bool(effect.soft),
        stops=[
            TouchedStop(
                visit=UUID(row.visit_id),
                location=UUID(row.location_id),
                people=row.people,
                old=to_when(looked, row.old),
                new=to_when(looked, row.new),
                minutes_later=to_minutes(row.later),
                call=row.must_call,
                meant=row.is_meant,
            )
            for row in effect.touched
        ],
        calls=effect.calls,
        people_to_call=effect.people_called,
        drive_minutes=to_minutes(effect.drive_seconds),
        work_minutes=to_minutes(effect.work_seconds),
        metres=effect.metres,
        doses=[
            MovedDoses(
                depot=UUID(row.depot_id),
                product=row.product_id,
                day=looked.calendar.to_date(row.day),
                doses=row.doses,
            )
            for row in effect.doses
        ],
        doses_wasted=effect.doses_wasted,
        margin_minutes=None if effect.margin_seconds is None else effect.margin_seconds // 60,
        breaches=to_brokens(effect.breaches),
        held_by=to_held_by(pins or {}),
    )


def to_when(looked: Looked, place: tuple[str, int, int] | None) -> When | None:
    """A place in the plan with its moments."""
    if place is None:
        return None
    shift_id, start, departure = place
    return When(
        shift=UUID(shift_id),
        team=find_team(looked, shift_id),
        starts_at=looked.calendar.to_moment(start),
        ends_at=looked.calendar.to_moment(departure),
    )


def find_team(looked: Looked, shift_id: str) -> UUID | None:
    """The team of a shift."""
    shift = looked.actual.shifts.get(shift_id)
    return UUID(shift.team_id) if shift else None


def to_minutes(seconds: int) -> int:
    """Whole minutes, away from zero: less than a minute is not nothing."""
    minutes = -(-abs(seconds) // 60)
    return minutes if seconds > 0 else -minutes


def to_brokens(rows: Iterable[Breach]) -> list[BrokenRule]:
    """Hard ones first."""
    return [to_broken(row) for row in sorted(rows, key=lambda row: not row.is_hard)]


def to_broken(row: Breach) -> BrokenRule:
    """A rule by name, with the amount in what people count in."""
    amount, unit = row.amount, row.unit.value if row.unit else None
    if row.unit is Unit.SECONDS:
        amount, unit = None if amount is None else -(-amount // 60), "minutes"
    return BrokenRule(
        rule=str(row.rule),
        hard=row.is_hard,
        where=row.where,
        amount=amount,
        unit=unit if amount is not None else None,
        detail=row.detail,
    )


def to_places(looked: Looked, found: Places) -> PlacesOut:
    """Slots with their price, and the rule that keeps the visit from each other team."""
    return PlacesOut(
        people=len(found.visit.needs),
        places=[to_place(looked, row) for row in found.places],
        not_there=[to_not_there(looked, row) for row in found.not_there],
    )


def to_place(looked: Looked, row: Place) -> PlaceOut:
    """A slot with its price."""
    return PlaceOut(
        shift=UUID(row.shift_id),
        team=find_team(looked, row.shift_id),
        starts_at=looked.calendar.to_moment(row.start),
        effect=to_effect(looked, row.effect),
    )


def to_not_there(looked: Looked, row: NotThere) -> NotThereOut:
    """A shift without a slot."""
    shift = looked.actual.shifts[row.shift_id]
    return NotThereOut(
        shift=UUID(row.shift_id),
        team=UUID(shift.team_id),
        day=looked.calendar.to_date(shift.day),
        breach=to_broken(row.breach),
    )
