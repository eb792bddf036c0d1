"""`/api/v1/plan/checks`, `/edits`, `/places` and `/visits/{visit}/alternatives`: a planner's hand on every stop.

A check stores nothing. An edit is stored as events after the same check, all of them or none.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from events.identifiers import Day
from infra.postgres.database import Who
from infra.postgres.pages.decisions import ChangeRow
from scheduling.steering.breaches import Breach, Unit
from scheduling.steering.effect import Effect
from scheduling.steering.places import NotThere, Place, Places
from services.web.access import allow
from services.web.actual import Looked
from services.web.api import problems
from services.web.api.description import may_answer
from services.web.api.hand_edits import EditIn, PlacesIn, to_asked, to_edit
from services.web.api.problems import Problem
from services.web.parts import get_parts
from services.web.refusing import Kind
from services.web.steering import NOTHING_DONE, Stored
from services.web.steering_errors import CannotHold, Locking, NoPlanYet, Pinning, Stale, WantsReason

router = APIRouter(tags=["plan"])
Planner = Annotated[Who, Depends(allow("planner"))]

CANNOT_BE: Final = Kind(
    "cannot_hold", 409, "Cannot hold", "The change breaks rules and was not stored; see breaches."
)
STALE: Final = Kind(
    "stale", 409, "Changed meanwhile", "Nothing was stored: look at what changed, and check again."
)
REASON: Final = Kind(
    "reason_wanted",
    409,
    "Reason wanted",
    "Nothing was stored: the change costs people something; say why, without numbers or addresses of people.",
)
NO_PLAN: Final = Kind("no_plan", 409, "No plan", "The region has no plan that can be changed.")


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


class EffectOut(BaseModel):
    """What a change does to the plan as it stands."""

    number: Annotated[int, Field(description="of the state that was looked at: send it as `seen`")]
    allowed: Annotated[bool, Field(description="no hard rule is broken")]
    needs_reason: bool
    stops: list[TouchedStop]
    calls: Annotated[int, Field(description="locations that must be phoned")]
    drive_minutes: Annotated[int, Field(description="more; below zero: less")]
    work_minutes: int
    metres: int
    doses: list[MovedDoses]
    doses_wasted: int
    margin_minutes: Annotated[
        int | None, Field(description="by which the visit may run late before a rule is at risk")
    ]
    breaches: list[BrokenRule]


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


class EditRefused(Problem):
    """Why a change was not stored: rules that it breaks, or what changed meanwhile."""

    breaches: Annotated[list[BrokenRule], Field(default_factory=list)]
    changes: Annotated[list[ChangedStop], Field(default_factory=list)]


class EditWanted(BaseModel):
    """A change to store: `seen` is the number of the check that the planner looked at."""

    edit: EditIn
    seen: Annotated[int, Field(ge=0, le=2**62)]
    reason: Annotated[str, Field(max_length=280)] = ""


class CheckWanted(BaseModel):
    """A change to look at."""

    edit: EditIn


KINDS: Final = ((CANNOT_BE, EditRefused), (STALE, EditRefused), (REASON, EditRefused))
REFUSALS: Final = may_answer(*KINDS, (NO_PLAN, Problem))


@router.post("/plan/checks", responses=REFUSALS, response_model=EffectOut)
async def check_edit(
    request: Request, who: Planner, wanted: CheckWanted
) -> EffectOut | JSONResponse:
    """What a change would do to the plan as it stands; nothing is stored. 409 when it cannot even be tried."""
    steering = get_parts(request).steering
    try:
        looked = await steering.look(who.region)
        edit = to_edit(looked, wanted.edit)
        if isinstance(edit, Locking | Pinning):
            return to_effect(looked, NOTHING_DONE)
        effect = await steering.check(looked, edit)
    except (CannotHold, NoPlanYet) as refused:
        return answer_refused(refused)
    return to_effect(looked, effect)


@router.post("/plan/edits", status_code=201, responses=REFUSALS, response_model=SavedEdit)
async def save_edit(request: Request, who: Planner, wanted: EditWanted) -> SavedEdit | JSONResponse:
    """Stores a change after the same check: all its events, or none and the reason why."""
    steering = get_parts(request).steering
    try:
        looked = await steering.look(who.region)
        edit = to_edit(looked, wanted.edit)
        if isinstance(edit, Locking):
            return to_saved(await steering.lock(who, edit))
        if isinstance(edit, Pinning):
            return to_saved(await steering.pin(who, edit))
        return to_saved(await steering.save(who, edit, wanted.seen, wanted.reason.strip()))
    except (CannotHold, NoPlanYet, Stale, WantsReason) as refused:
        return answer_refused(refused)


@router.post(
    "/plan/edits/{edit}/undo", status_code=201, responses=REFUSALS, response_model=SavedEdit
)
async def undo_edit(request: Request, who: Planner, edit: UUID) -> SavedEdit | JSONResponse:
    """Puts back what one action changed, unless somebody changed its stops since: then 409 says who."""
    try:
        return to_saved(await get_parts(request).steering.undo(who, edit))
    except (CannotHold, NoPlanYet, Stale) as refused:
        return answer_refused(refused)


@router.post("/plan/places", responses=REFUSALS, response_model=PlacesOut)
async def find_a_place(
    request: Request, who: Planner, wanted: PlacesIn
) -> PlacesOut | JSONResponse:
    """Five slots with their price, for people at a location or for a crisis visit; nothing is stored."""
    steering = get_parts(request).steering
    try:
        looked = await steering.look(who.region)
        found = await steering.find_places(looked, to_asked(looked, wanted))
    except (CannotHold, NoPlanYet) as refused:
        return answer_refused(refused)
    return to_places(looked, found)


@router.get("/plan/visits/{visit}/alternatives", responses=REFUSALS, response_model=PlacesOut)
async def list_alternatives(
    request: Request, who: Planner, visit: UUID
) -> PlacesOut | JSONResponse:
    """Why here and not there: the next best three slots of a visit with their price, and the rule that keeps it from each other team."""
    steering = get_parts(request).steering
    try:
        looked = await steering.look(who.region)
        found = await steering.find_alternatives(looked, str(visit))
    except (CannotHold, NoPlanYet) as refused:
        return answer_refused(refused)
    return to_places(looked, found)


def to_saved(stored: Stored) -> SavedEdit:
    """A stored change as it is answered."""
    return SavedEdit(
        edit=stored.edit,
        numbers=list(stored.numbers),
        effect=to_effect(stored.looked, stored.effect),
    )


def answer_refused(refused: CannotHold | NoPlanYet | Stale | WantsReason) -> JSONResponse:
    """A refusal in words, with the rules by name or who changed what."""
    if isinstance(refused, NoPlanYet):
        return problems.answer(NO_PLAN)
    if isinstance(refused, Stale):
        changes = [to_changed(row).model_dump(mode="json") for row in refused.changes]
        said = [write_changed(row) for row in refused.changes]
        detail = "Nothing was stored. Changed since you looked: " + "; ".join(said) + "."
        return problems.answer(STALE, detail=detail, changes=changes)
    kind = REASON if isinstance(refused, WantsReason) else CANNOT_BE
    return problems.answer(
        kind, breaches=[to_broken(row).model_dump(mode="json") for row in refused.breaches]
    )


def to_changed(row: ChangeRow) -> ChangedStop:
    """A change as it is answered."""
    return ChangedStop(visit=row.visit, what=row.kind, by=row.actor, at=row.at, reason=row.reason)


def write_changed(row: ChangeRow) -> str:
    """Who did what to which stop, as words."""
    by = f" by {row.actor}" if row.actor else " by a newer plan" if row.at is None else ""
    return f"{row.kind} of visit {row.visit}{by}"


def to_effect(looked: Looked, effect: Effect) -> EffectOut:
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
