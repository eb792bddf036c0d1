"""What a planner sends to change the plan by hand, and what it means for the plan as it stands."""

from datetime import date, time
from typing import Annotated, Final, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from events.identifiers import ClockTime, Day, Moment, ProductId, Skill
from events.location import Urgency
from events.teams import PinKind
from infra.identity import new_id
from scheduling.care.eligibility import of_urgency
from scheduling.problem import CrisisVisit
from scheduling.steering.breaches import Breach
from scheduling.steering.edits import (
    AddCrisis,
    CloseShift,
    Edit,
    Move,
    MoveAll,
    Regroup,
    Spot,
    StartFrom,
    Swap,
    Unassign,
)
from scheduling.steering.places import Caller
from scheduling.steering.regrouping import Apart, to_join, to_split
from scheduling.steering.trials import Refused
from services.web.actual import Looked
from services.web.steering_errors import CannotHold, Locking, Pinning

MOST_PARTS: Final = 8  # visits that one is split into: as many as a day of one team has places for


class SpotIn(BaseModel):
    """A shift, or a team and a day; with a moment, a neighbour, or neither: then the cheapest gap."""

    shift: UUID | None = None
    team: UUID | None = None
    day: Day | None = None
    starts_at: Moment | None = None
    before: Annotated[UUID | None, Field(description="a visit of that shift")] = None
    after: UUID | None = None

    @model_validator(mode="after")
    def names_one_shift(self) -> "SpotIn":
        """Reject what names no shift, or two."""
        if (self.shift is None) == (self.team is None or self.day is None):
            raise ValueError("name a shift, or a team and a day")
        if sum(one is not None for one in (self.starts_at, self.before, self.after)) > 1:
            raise ValueError("name a moment or one neighbour")
        return self


class MoveIn(BaseModel):
    """A visit goes elsewhere."""

    kind: Literal["move"]
    visit: UUID
    to: SpotIn


class UnassignIn(BaseModel):
    """A visit leaves the plan; its people are planned again from the day after."""

    kind: Literal["unassign"]
    visit: UUID


class SwapIn(BaseModel):
    """Two visits take each other's place."""

    kind: Literal["swap"]
    visit: UUID
    other: UUID


class ApartIn(BaseModel):
    """Who goes to the new visit: these people, those of one dose or of one priority, so many, or at most so many at a time."""

    people: Annotated[frozenset[UUID], Field(max_length=500)] = frozenset()
    dose: Annotated[int | None, Field(ge=1, le=20)] = None
    priority: Annotated[int | None, Field(ge=0, le=100)] = None
    number: Annotated[int | None, Field(ge=1, le=500)] = None
    most: Annotated[int | None, Field(ge=1, le=500, description="makes up to eight visits")] = None

    @model_validator(mode="after")
    def says_one_thing(self) -> "ApartIn":
        """Reject what says nothing, or several things."""
        said = (self.dose, self.priority, self.number, self.most, self.people or None)
        if sum(one is not None for one in said) != 1:
            raise ValueError("name people, a dose, a priority, a number or the most at a time")
        return self


class SplitIn(BaseModel):
    """A visit becomes several: who goes is visited right behind it, or at a spot; plans keep them apart until it is undone.

    Who is registered there later joins the smallest part that a plan may still change and that has room.
    """

    kind: Literal["split"]
    visit: UUID
    apart: ApartIn
    to: SpotIn | None = None


class JoinIn(BaseModel):
    """Two visits of one location with one product become the first one, where it stands or at a spot; kept until it is undone."""

    kind: Literal["join"]
    visit: UUID
    other: UUID
    to: SpotIn | None = None


class CrisisIn(BaseModel):
    """A crisis visit that nobody asked for yet; without a spot by the team that it costs least."""

    kind: Literal["crisis"] = "crisis"
    visit: Annotated[UUID | None, Field(description="its id; without one a new one is given")] = (
        None
    )
    location: UUID
    urgency: Urgency
    skills: frozenset[Skill] = frozenset({Skill.CRISIS})
    minutes: Annotated[int, Field(ge=5, le=480)]
    earliest: Moment
    latest: Moment
    to: SpotIn | None = None


class CloseIn(BaseModel):
    """A team does not make a shift, or is back at its depot at a time of it; `undo` opens it again."""

    kind: Literal["close"]
    shift: UUID | None = None
    team: UUID | None = None
    day: Day | None = None
    at: Annotated[ClockTime | None, Field(description="without it: the whole shift")] = None

    @model_validator(mode="after")
    def names_one_shift(self) -> "CloseIn":
        """Reject what names no shift, or two."""
        if (self.shift is None) == (self.team is None or self.day is None):
            raise ValueError("name a shift, or a team and a day")
        return self


class PinIn(BaseModel):
    """One thing of a stop is held where it stands: its place, team or moment, the stop before it, or when it may begin.

    A wish from the phone ("Tuesday after 14:00") is a window; the plan moves the visit where it does not keep it.
    """

    kind: Literal["pin"]
    visit: UUID
    holds: PinKind
    not_before: Annotated[Moment | None, Field(description="of a window")] = None
    not_after: Annotated[Moment | None, Field(description="of a window")] = None
    behind: Annotated[UUID | None, Field(description="of an order: the stop before it")] = None

    @model_validator(mode="after")
    def says_what_it_holds(self) -> "PinIn":
        """Reject a window without moments or that ends before it begins, and an order without a stop."""
        moments = [one for one in (self.not_before, self.not_after) if one is not None]
        if (self.holds is PinKind.WINDOW) != bool(moments) or moments != sorted(moments):
            raise ValueError("a window, and nothing else, has moments, the first one first")
        if (self.holds is PinKind.ORDER) != (self.behind is not None):
            raise ValueError("an order, and nothing else, names the stop before it")
        return self


class ReleaseIn(BaseModel):
    """Whatever is held of a stop is released."""

    kind: Literal["release"]
    visit: UUID


class DaysOfTeam(BaseModel):
    """A team on some days: from the first to the last, both included, of those weekdays (0 is Monday) or all."""

    team: UUID
    first: Day
    last: Day
    weekdays: Annotated[frozenset[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1)] = (
        frozenset(range(7))
    )


class StartIn(DaysOfTeam):
    """A team makes no stop before a time of those days; what stands earlier begins then, the rest gives way.

    With `earlier` a day on which the first stop stands later moves forward as a whole, until the first begins then.
    """

    kind: Literal["start"]
    at: ClockTime
    earlier: bool = False


class LockIn(DaysOfTeam):
    """Every stop of a team on those days is pinned where it stands."""

    kind: Literal["lock"]


class UnlockIn(DaysOfTeam):
    """Every pin of a team on those days is released."""

    kind: Literal["unlock"]


EditIn: TypeAlias = Annotated[
    MoveIn
    | UnassignIn
    | SwapIn
    | SplitIn
    | JoinIn
    | CloseIn
    | CrisisIn
    | PinIn
    | ReleaseIn
    | StartIn
    | LockIn
    | UnlockIn,
    Field(discriminator="kind"),
]


class PlacesIn(BaseModel):
    """Who is on the phone: registered people of a location, a number of people who are not yet, or a crisis visit."""

    location: UUID | None = None
    campaign: UUID | None = None
    product: ProductId | None = None
    people: Annotated[int | None, Field(ge=1, le=200)] = None
    crisis: CrisisIn | None = None

    @model_validator(mode="after")
    def asks_one_thing(self) -> "PlacesIn":
        """Reject what asks for a location and for a crisis visit, or for neither."""
        if (self.location is None) == (self.crisis is None):
            raise ValueError("name a location or a crisis visit")
        return self


def to_edit(looked: Looked, said: EditIn) -> Edit | Locking | Pinning:
    """The change, in seconds of the plan. CannotHold for a team that works no shift that day."""
    if isinstance(said, PinIn | ReleaseIn | LockIn | UnlockIn):
        return to_holding(looked, said)
    if isinstance(said, SplitIn | JoinIn | CloseIn):
        return to_closing(looked, said) if isinstance(said, CloseIn) else to_regroup(looked, said)
    if isinstance(said, MoveIn):
        return Move(str(said.visit), to_spot(looked, said.to))
    if isinstance(said, StartIn):
        return to_start(looked, said)
    if isinstance(said, UnassignIn | SwapIn):
        name = str(said.visit)
        return Swap(name, str(said.other)) if isinstance(said, SwapIn) else Unassign(name)
    return AddCrisis(to_crisis(looked, said), to_spot(looked, said.to) if said.to else None)


def to_start(looked: Looked, said: StartIn) -> StartFrom | MoveAll:
    """The days on which a team begins at another time. CannotHold where nothing stands that this would change."""
    moments = [(name, to_second(looked, name, said.at)) for name in list_shifts(looked, said)]
    if not said.earlier:
        return StartFrom(tuple(moments))
    sooner: list[tuple[str, str, int]] = []
    for shift_id, second in moments:
        stops = looked.actual.standing.get(shift_id, ())
        gain = min((row.fixed.start for row in stops), default=second) - second
        sooner += [
            (row.fixed.visit_id, shift_id, row.fixed.start - gain) for row in stops if gain > 0
        ]
    if held := sorted({row[0] for row in sooner} & looked.actual.pinned):
        raise CannotHold([Breach("fixed", one, "is pinned at a later moment") for one in held])
    if not sooner:
        raise CannotHold([Breach("gone", str(said.team), "no first stop stands later than that")])
    return MoveAll(tuple(sooner))


def to_holding(looked: Looked, said: PinIn | ReleaseIn | LockIn | UnlockIn) -> Locking | Pinning:
    """What is held or released. CannotHold for a team that works no shift then."""
    if isinstance(said, PinIn):
        return Pinning(str(said.visit), said.holds, said.not_before, said.not_after, said.behind)
    if isinstance(said, ReleaseIn):
        return Pinning(str(said.visit), None)
    return Locking(tuple(list_shifts(looked, said)), pins=isinstance(said, LockIn))


def to_closing(looked: Looked, said: CloseIn) -> CloseShift:
    """The shift and the second of it. CannotHold for a shift that is not planned."""
    problem = looked.actual.problem
    shifts = [*problem.shifts, *(row for row in problem.standing_shifts if row.team_id)]
    found = [
        row
        for row in shifts
        if (
            row.id == str(said.shift)
            if said.shift
            else (row.team_id, looked.calendar.to_date(row.day)) == (str(said.team), said.day)
        )
    ]
    if not found:
        where = str(said.shift or said.team)
        raise CannotHold([Breach("withdrawn", where, "the team works no such shift")])
    until = None if said.at is None else looked.calendar.to_local_second(found[0].day, said.at)
    return CloseShift(found[0].id, until)


def to_regroup(looked: Looked, said: SplitIn | JoinIn) -> Regroup:
    """A split or a join. Raises CannotHold for what cannot even be tried."""
    spot = to_spot(looked, said.to) if said.to else None
    try:
        if isinstance(said, JoinIn):
            return to_join(looked.actual, str(said.visit), str(said.other), spot)
        apart = Apart(
            frozenset(str(one) for one in said.apart.people),
            said.apart.dose,
            said.apart.priority,
            said.apart.number,
            said.apart.most,
        )
        names = [str(new_id()) for _ in range(MOST_PARTS - 1)]
        return to_split(looked.actual, str(said.visit), apart, names, spot)
    except Refused as refused:
        raise CannotHold(refused.breaches) from None


def list_shifts(looked: Looked, said: DaysOfTeam) -> list[str]:
    """The shifts of a team on those days, as far as they are planned. Raises CannotHold without any."""
    found = [
        shift.id
        for shift in looked.actual.problem.shifts
        if shift.team_id == str(said.team)
        and said.first <= (day := looked.calendar.to_date(shift.day)) <= said.last
        and day.weekday() in said.weekdays
    ]
    if not found:
        raise CannotHold([Breach("withdrawn", str(said.team), "the team works no shift then")])
    return found


def to_second(looked: Looked, shift_id: str, at: time) -> int:
    """A time on the day of a shift, in seconds of the plan."""
    return looked.calendar.to_local_second(looked.actual.shifts[shift_id].day, at)


def to_spot(looked: Looked, said: SpotIn) -> Spot:
    """A place in the plan."""
    shift_id = str(said.shift) if said.shift else find_shift(looked, said.team, said.day)
    return Spot(
        shift_id,
        None if said.starts_at is None else looked.calendar.to_second(said.starts_at),
        str(said.before) if said.before else None,
        str(said.after) if said.after else None,
    )


def find_shift(looked: Looked, team: UUID | None, day: date | None) -> str:
    """The shift of a team on a day. Raises CannotHold."""
    found = looked.to_shift(team, day) if team and day else None
    if found is None:
        raise CannotHold([Breach("withdrawn", str(team), "the team works no shift that day")])
    return found


def to_crisis(looked: Looked, said: CrisisIn) -> CrisisVisit:
    """A crisis visit of the problem. CannotHold at a place that the plan does not know."""
    if str(said.location) not in {row.id for row in looked.actual.problem.locations}:
        raise CannotHold([Breach("time_windows", str(said.location), "location unknown")])
    return CrisisVisit(
        id=str(said.visit or new_id()),
        location_id=str(said.location),
        first_second=looked.calendar.to_second(said.earliest),
        last_second=looked.calendar.to_second(said.latest),
        service_seconds=said.minutes * 60,
        skills=frozenset(skill.value for skill in said.skills),
        priority=of_urgency(said.urgency.value),
    )


def to_asked(looked: Looked, said: PlacesIn) -> Caller | CrisisVisit:
    """Whom a place is looked for."""
    if said.crisis is not None:
        return to_crisis(looked, said.crisis)
    return Caller(
        str(said.location), str(said.campaign) if said.campaign else None, said.product, said.people
    )
