"""The changes that somebody may agree to on the phone, and the problem as it is with them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from scheduling.care.lookup import HasId, NeedKey, key_of
from scheduling.problem import CrisisVisit, Location, Problem, Shift, StockLine, TimeWindow


@dataclass(frozen=True, slots=True)
class LetIn:
    """A location lets a team begin a visit outside its hours; seconds since the start of the horizon."""

    location_id: str
    earliest: int  # of the window that is wanted
    latest: int
    usual: TimeWindow | None  # the nearest of its windows; None where it is closed that day

    @property
    def whom(self) -> str:
        """Whom one phones for it."""
        return self.location_id

    def apply(self, problem: Problem) -> Problem:
        """The problem with the window made wider, or opened."""

        def widen(row: Location) -> Location:
            others = tuple(one for one in row.time_windows if one != self.usual)
            wider = TimeWindow(self.earliest, self.latest)
            windows = sorted((*others, wider), key=lambda one: one.earliest)
            return replace(row, time_windows=tuple(windows))

        return replace(problem, locations=_change(problem.locations, self.location_id, widen))


@dataclass(frozen=True, slots=True)
class Wait:
    """Who asked for a crisis visit lets it begin earlier or later; seconds since the start of the horizon."""

    visit_id: str
    location_id: str
    earliest: int
    latest: int

    @property
    def whom(self) -> str:
        """Whom one phones for it."""
        return self.location_id

    def apply(self, problem: Problem) -> Problem:
        """The problem with other times for the crisis visit."""

        def move(row: CrisisVisit) -> CrisisVisit:
            return replace(row, first_second=self.earliest, last_second=self.latest)

        crises = _change(problem.crisis_visits, self.visit_id, move)
        return replace(problem, crisis_visits=crises)


@dataclass(frozen=True, slots=True)
class WorkLonger:
    """A team begins earlier or comes home later; seconds since the start of the horizon."""

    shift_id: str
    start: int
    end: int
    usual_start: int
    usual_end: int

    @property
    def whom(self) -> str:
        """Whom one phones for it."""
        return self.shift_id

    def apply(self, problem: Problem) -> Problem:
        """The problem with the longer shift."""
        return _with_shift(
            problem, self.shift_id, lambda row: replace(row, start=self.start, end=self.end)
        )


@dataclass(frozen=True, slots=True)
class AddCrew:
    """Somebody with these skills, or who may inject the product, joins a team for a day."""

    shift_id: str
    skills: tuple[str, ...] = ()
    product_id: str | None = None  # that the newcomer may inject

    @property
    def whom(self) -> str:
        """Whom one phones for it."""
        return f"crew {self.shift_id}"

    def apply(self, problem: Problem) -> Problem:
        """The problem with the newcomer on board; a newcomer who injects needs nobody beside."""

        def join(row: Shift) -> Shift:
            row = replace(row, skills=row.skills | {*self.skills})
            if self.product_id is None:
                return row
            product = self.product_id
            numbers = dict(row.product_injectors)
            if product in numbers:
                numbers[product] += 1
            injecting = replace(
                row, injectors=row.injectors + 1, product_injectors=tuple(numbers.items())
            )
            return replace(injecting, assistants_only=False)

        return _with_shift(problem, self.shift_id, join)


@dataclass(frozen=True, slots=True)
class GiveOrder:
    """A doctor orders a product for a team on a day."""

    shift_id: str
    product_id: str

    @property
    def whom(self) -> str:
        """Whom one phones for it."""
        return self.shift_id

    def apply(self, problem: Problem) -> Problem:
        """The problem with the order."""
        return _with_shift(
            problem,
            self.shift_id,
            lambda row: replace(row, ordered_products=row.ordered_products | {self.product_id}),
        )


@dataclass(frozen=True, slots=True)
class BiggerBox:
    """A team takes room for more doses along."""

    shift_id: str
    doses: int  # more than its cool box holds

    @property
    def whom(self) -> str:
        """Whom one phones for it."""
        return self.shift_id

    def apply(self, problem: Problem) -> Problem:
        """The problem with the larger cool box."""
        return _with_shift(
            problem, self.shift_id, lambda row: replace(row, capacity=row.capacity + self.doses)
        )


@dataclass(frozen=True, slots=True)
class MoreStock:
    """Containers more in a depot, from a day on."""

    depot_id: str
    product_id: str
    day: int
    containers: int
    doses: int

    @property
    def whom(self) -> str:
        """Whom one phones for it."""
        return self.depot_id

    def apply(self, problem: Problem) -> Problem:
        """The problem with these containers, usable for the rest of the horizon."""
        last = max(problem.days, self.day)
        line = StockLine(self.depot_id, self.product_id, "more", self.day, last, self.doses)
        return replace(problem, stock=(*problem.stock, line))


@dataclass(frozen=True, slots=True)
class DeliverSooner:
    """A delivery comes sooner."""

    depot_id: str
    product_id: str
    lot: str
    day: int  # on which it is wanted
    usual_day: int

    @property
    def whom(self) -> str:
        """Whom one phones for it."""
        return self.depot_id

    def apply(self, problem: Problem) -> Problem:
        """The problem with the lot usable from the wanted day on."""
        lines = (
            replace(row, first_day=self.day)
            if (row.depot_id, row.product_id, row.lot, row.first_day)
            == (self.depot_id, self.product_id, self.lot, self.usual_day)
            else row
            for row in problem.stock
        )
        return replace(problem, stock=tuple(lines))


@dataclass(frozen=True, slots=True)
class MoveStock:
    """Doses go from one depot to another."""

    from_depot_id: str
    to_depot_id: str
    product_id: str
    lot: str
    day: int
    doses: int

    @property
    def whom(self) -> str:
        """Whom one phones for it."""
        return self.from_depot_id

    def apply(self, problem: Problem) -> Problem:
        """The problem with the doses at the other depot; their use-by goes along."""
        found: list[StockLine] = []
        left = self.doses
        for row in problem.stock:
            mine = (row.depot_id, row.product_id, row.lot)
            if left and mine == (self.from_depot_id, self.product_id, self.lot):
                taken = min(left, row.doses)
                left -= taken
                first = max(row.first_day, self.day)
                found += [
                    replace(row, doses=row.doses - taken),
                    replace(row, depot_id=self.to_depot_id, doses=taken, first_day=first),
                ]
            else:
                found.append(row)
        return replace(problem, stock=tuple(found))


@dataclass(frozen=True, slots=True)
class BendInterval:
    """A clinician lets these doses be given on a day outside the interval of the catalogue. Only ever a question."""

    location_id: str
    needs: tuple[NeedKey, ...]
    day: int
    days: int  # outside the interval: later, or earlier when negative

    @property
    def whom(self) -> str:
        """Whom one phones for it."""
        return "clinician"

    def apply(self, problem: Problem) -> Problem:
        """The problem in which the doses may be given that day too."""
        chosen = {*self.needs}
        rows = (
            replace(
                row,
                first_day=min(row.first_day, self.day),
                last_day=max(row.last_day, self.day),
            )
            if key_of(row) in chosen
            else row
            for row in problem.needs
        )
        return replace(problem, needs=tuple(rows))


# The one list of what may be asked: whom, the problem with it and the words (`services/web/phoning.py`) are derived from it.
Change: TypeAlias = (
    LetIn
    | Wait
    | WorkLonger
    | AddCrew
    | GiveOrder
    | BiggerBox
    | MoreStock
    | DeliverSooner
    | MoveStock
    | BendInterval
)


def apply_all(problem: Problem, changes: Iterable[Change]) -> Problem:
    """The problem with all of these changes."""
    for change in changes:
        problem = change.apply(problem)
    return problem


Row = TypeVar("Row", bound=HasId)


def _change(rows: tuple[Row, ...], name: str, by: Callable[[Row], Row]) -> tuple[Row, ...]:
    return tuple(by(row) if row.id == name else row for row in rows)


def _with_shift(problem: Problem, name: str, by: Callable[[Shift], Shift]) -> Problem:
    return replace(problem, shifts=_change(problem.shifts, name, by))
