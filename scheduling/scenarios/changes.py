"""What could happen, as changes to a copy of the problem. Days count from the start of the horizon, both ends included."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Final
from uuid import uuid5

from scheduling.care.lookup import day_of
from scheduling.problem import Problem, Shift, StockLine
from scheduling.visits.grouping import NAMESPACE

SUPPOSED: Final = "supposed"  # the lot of doses that nobody has announced


class NotInPlan(Exception):
    """A change names something that no plan of this problem has: a team without a shift, an unknown depot, lot or location."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"{what} {name}")
        self.what, self.name = what, name


@dataclass(frozen=True, slots=True)
class TeamAway:
    """A team does not work on these days: it is ill, or lent to another region."""

    team_id: str
    first_day: int
    last_day: int
    is_lent: bool = False


@dataclass(frozen=True, slots=True)
class TeamExtra:
    """A team more on these days, with hours, crew and depot of another team."""

    like_team_id: str
    first_day: int
    last_day: int


@dataclass(frozen=True, slots=True)
class LongerShift:
    """The shifts of a team on these days end later."""

    team_id: str
    first_day: int
    last_day: int
    seconds: int


@dataclass(frozen=True, slots=True)
class DosesChanged:
    """So many doses of a product more or fewer (negative) at a depot from a day on."""

    depot_id: str
    product_id: str
    doses: int
    from_day: int


@dataclass(frozen=True, slots=True)
class LotLost:
    """A lot is put in quarantine, in every depot."""

    lot: str


@dataclass(frozen=True, slots=True)
class DeliveryLate:
    """An announced delivery, by the lot under which the stock counts it, comes so many days later."""

    lot: str
    days: int


@dataclass(frozen=True, slots=True)
class LocationClosed:
    """No visit can begin at a location on these days."""

    location_id: str
    first_day: int
    last_day: int


Change = TeamAway | TeamExtra | LongerShift | DosesChanged | LotLost | DeliveryLate | LocationClosed


def change(problem: Problem, changes: Iterable[Change]) -> Problem:
    """A copy of the problem with the changes made in their order. Raises NotInPlan."""
    for one in changes:
        problem = _make(one, problem)
    return problem


@singledispatch
def _make(one: Change, problem: Problem) -> Problem:
    """One change to the problem, by its kind."""
    raise TypeError(f"{type(one).__name__} in {problem.region}")


@_make.register
def _lose_team(one: TeamAway, problem: Problem) -> Problem:
    gone = {row.id for row in _shifts_of(problem, one.team_id, one.first_day, one.last_day)}
    return replace(
        problem,
        shifts=tuple(row for row in problem.shifts if row.id not in gone),
        # a pin into a shift that is gone binds nobody: its people were published, and lose that
        fixed=tuple(row for row in problem.fixed if row.shift_id not in gone),
    )


@_make.register
def _gain_team(one: TeamExtra, problem: Problem) -> Problem:
    pattern = [row for row in problem.shifts if row.team_id == one.like_team_id]
    days = range(max(0, one.first_day), min(one.last_day, problem.days - 1) + 1)
    if not pattern or not days:
        raise NotInPlan("team", one.like_team_id)
    extra = [_to_day(problem, _nearest(pattern, day), day) for day in days]
    awake = (row for row in extra if row.start >= problem.now)
    return replace(problem, shifts=(*problem.shifts, *awake))


def _nearest(shifts: Sequence[Shift], day: int) -> Shift:
    return min(shifts, key=lambda row: (abs(row.day - day), row.start))


def _to_day(problem: Problem, shift: Shift, day: int) -> Shift:
    """The same shift on another day, of a team that has no name yet."""
    later = problem.day_starts[day] - problem.day_starts[shift.day]
    pause = shift.pause and replace(
        shift.pause, earliest=shift.pause.earliest + later, latest=shift.pause.latest + later
    )
    return replace(
        shift,
        id=str(uuid5(NAMESPACE, f"extra {shift.team_id} {day}")),
        team_id=str(uuid5(NAMESPACE, f"extra {shift.team_id}")),
        day=day,
        start=shift.start + later,
        end=shift.end + later,
        pause=pause,
        members=frozenset(),  # other people: they work no second shift that day
    )


@_make.register
def _lengthen(one: LongerShift, problem: Problem) -> Problem:
    longer = {row.id for row in _shifts_of(problem, one.team_id, one.first_day, one.last_day)}
    return replace(
        problem,
        shifts=tuple(
            replace(row, end=row.end + one.seconds) if row.id in longer else row
            for row in problem.shifts
        ),
    )


def _shifts_of(problem: Problem, team_id: str, first_day: int, last_day: int) -> list[Shift]:
    """The shifts of a team that a plan may use on these days. Raises NotInPlan when there are none."""
    found = [
        row for row in problem.shifts if row.team_id == team_id and first_day <= row.day <= last_day
    ]
    if not found:
        raise NotInPlan("team", team_id)
    return found


@_make.register
def _change_doses(one: DosesChanged, problem: Problem) -> Problem:
    if one.depot_id not in {row.id for row in problem.depots}:
        raise NotInPlan("depot", one.depot_id)
    if one.product_id not in {row.id for row in problem.products}:
        raise NotInPlan("product", one.product_id)
    if one.doses < 0:
        return replace(problem, stock=tuple(_take(problem.stock, one)))
    lines = [row for row in problem.stock if row.product_id == one.product_id]
    # they keep as long as the freshest lot that is known; of a product without any, to the end of the horizon
    until = max((row.last_day for row in lines), default=problem.days - 1)
    extra = StockLine(
        one.depot_id, one.product_id, SUPPOSED, one.from_day, max(until, one.from_day), one.doses
    )
    return replace(problem, stock=(*problem.stock, extra))


def _take(lines: Sequence[StockLine], one: DosesChanged) -> Iterable[StockLine]:
    """The lines without the doses, taken of the newest lot that is there on the day, then of older and later ones.

    Up to that day they can still be used: a lot that loses some is two lines.
    """
    missing = -one.doses
    here = [
        row
        for row in lines
        if (row.depot_id, row.product_id) == (one.depot_id, one.product_id)
        and row.last_day >= one.from_day
    ]
    here.sort(key=lambda row: (row.first_day > one.from_day, -row.first_day, row.lot))
    lost: dict[int, int] = {}
    for row in here:
        lost[id(row)] = min(missing, row.doses)
        missing -= lost[id(row)]
    for row in lines:
        taken = lost.get(id(row), 0)
        if row.doses > taken or not taken:
            yield replace(row, doses=row.doses - taken)
        if taken and row.first_day < one.from_day:
            yield replace(row, doses=taken, last_day=one.from_day - 1)


@_make.register
def _lose_lot(one: LotLost, problem: Problem) -> Problem:
    return replace(
        problem,
        stock=tuple(row for row in problem.stock if row not in _lines_of(problem, one.lot)),
    )


@_make.register
def _delay(one: DeliveryLate, problem: Problem) -> Problem:
    late = _lines_of(problem, one.lot)
    moved = (
        replace(row, first_day=row.first_day + one.days) if row in late else row
        for row in problem.stock
    )
    return replace(problem, stock=tuple(row for row in moved if row.first_day <= row.last_day))


def _lines_of(problem: Problem, lot: str) -> list[StockLine]:
    found = [row for row in problem.stock if row.lot == lot]
    if not found:
        raise NotInPlan("lot", lot)
    return found


@_make.register
def _close(one: LocationClosed, problem: Problem) -> Problem:
    if one.location_id not in {row.id for row in problem.locations}:
        raise NotInPlan("location", one.location_id)
    locations = (
        replace(
            row,
            time_windows=tuple(
                window
                for window in row.time_windows
                if not one.first_day <= day_of(problem, window.earliest) <= one.last_day
            ),
        )
        if row.id == one.location_id
        else row
        for row in problem.locations
    )
    return replace(problem, locations=tuple(locations))
