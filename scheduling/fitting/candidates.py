"""From what a visit lacks in a shift to the changes that would give it, the smallest first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product as every

from scheduling.care.doses import in_containers
from scheduling.care.lookup import by_id, key_of, needs_by_key
from scheduling.care.stock import allocate, lines_by_depot
from scheduling.fitting.changes import (
    AddCrew,
    BendInterval,
    BiggerBox,
    Change,
    DeliverSooner,
    GiveOrder,
    LetIn,
    MoreStock,
    MoveStock,
    Wait,
    WorkLonger,
)
from scheduling.fitting.gaps import find_windows
from scheduling.fitting.obstacles import Obstacle, ObstacleKind, Tried, Trying
from scheduling.fitting.params import FittingParams
from scheduling.plan import Visit
from scheduling.problem import Need, Shift
from scheduling.rules import stock

Weighed = tuple[int, Change]  # minutes of somebody's day, and the change
Way = Callable[[Obstacle, Tried, Shift], Iterable[Weighed]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Changes that should let a visit into a shift, before anything was solved again."""

    tried: Tried
    changes: tuple[Change, ...]
    minutes: int  # how large the changes are together

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is asked, without how much."""
        return tuple(type(change).__name__ for change in self.changes)

    @property
    def size(self) -> float:
        """Minutes for each resident served, so that a quarter of an hour for twelve goes before one for one."""
        return self.minutes / max(1, len(self.tried.visit.needs))


class Candidates:
    """What could be changed in one plan."""

    def __init__(self, trying: Trying, params: FittingParams) -> None:
        self._trying, self._params = trying, params
        self._standing, self._problem = trying.standing, trying.standing.problem
        self._lines = lines_by_depot(self._problem)
        self._taken = stock.taken(self._problem, self._standing.plan)
        self.ways: dict[
            ObstacleKind, Way
        ] = {  # what they give is typed: a test compares it with `Change`
            ObstacleKind.WINDOW: self._open,
            ObstacleKind.CLOSED: self._open,
            ObstacleKind.HOURS: self._work_longer,
            ObstacleKind.BREAK: self._work_longer,
            ObstacleKind.SKILLS: self._join,
            ObstacleKind.INJECTOR: self._join,
            ObstacleKind.ORDER: self._order,
            ObstacleKind.COOL_BOX: self._enlarge_box,
            ObstacleKind.STOCK: self._find_stock,
            ObstacleKind.NEXT_DOSE: self._add_stock,
            ObstacleKind.INTERVAL: self._bend,
        }

    def list_for(self, tried: Tried) -> Iterator[Candidate]:
        """Ways to remove every obstacle of a visit in a shift; none where a law or a rule of care is in the way."""
        if len(tried.obstacles) > self._params.most_changes:
            return
        shift = self._standing.shifts[tried.shift_id]
        ways = [list(self._list_ways(one, tried, shift)) for one in tried.obstacles]
        for chosen in every(*ways):
            changes = tuple(change for _, change in chosen)
            yield Candidate(tried, changes, sum(minutes for minutes, _ in chosen))

    def _list_ways(self, one: Obstacle, tried: Tried, shift: Shift) -> Iterable[Weighed]:
        by = self.ways.get(one.kind)
        return by(one, tried, shift) if by else ()

    def _join(self, one: Obstacle, tried: Tried, shift: Shift) -> Iterator[tuple[int, AddCrew]]:
        """Somebody with the skills that lack, or who may inject."""
        is_skill = one.kind is ObstacleKind.SKILLS
        product = None if is_skill else tried.visit.product_id
        yield self._params.crew_minutes, AddCrew(shift.id, one.what, product)

    def _order(self, _: Obstacle, tried: Tried, shift: Shift) -> Iterator[tuple[int, GiveOrder]]:
        yield self._params.order_minutes, GiveOrder(shift.id, tried.visit.product_id or "")

    def _enlarge_box(
        self, one: Obstacle, _: Tried, shift: Shift
    ) -> Iterator[tuple[int, BiggerBox]]:
        yield self._params.box_minutes, BiggerBox(shift.id, one.amount)

    def _open(self, _: Obstacle, tried: Tried, shift: Shift) -> Iterator[tuple[int, LetIn | Wait]]:
        """The nearest window made wider, up to the start and to the next quarter of an hour."""
        start, step, visit = tried.trial.start, self._params.step_seconds, tried.visit
        windows = find_windows(self._standing, visit, shift)
        if not windows:
            minutes, latest = self._params.closed_day_minutes, -(-start // step) * step
            earliest = min(start, start // step * step)
            yield minutes, LetIn(visit.location_id, earliest, latest, None)
            return
        near = min(windows, key=lambda one: max(one.earliest - start, start - one.latest))
        earliest, latest = near.earliest, near.latest
        if start < earliest:
            earliest = start // step * step
        else:
            latest = -(-start // step) * step
        minutes = (near.earliest - earliest + latest - near.latest) // 60
        if minutes * 60 > self._params.window_seconds:
            return
        if visit.product_id is None:
            yield minutes, Wait(visit.id, visit.location_id, earliest, latest)
        else:
            yield minutes, LetIn(visit.location_id, earliest, latest, near)

    def _work_longer(
        self, _: Obstacle, tried: Tried, shift: Shift
    ) -> Iterator[tuple[int, WorkLonger]]:
        """The shift longer at its end, or earlier at its begin, by whole quarters of an hour."""
        step, trial = self._params.step_seconds, tried.trial
        gaps = (
            len(self._standing.routes[shift.id].stops) if shift.id in self._standing.routes else 0
        )
        more = -(-(trial.early or trial.late) // step) * step
        is_at_end = trial.gap.position == gaps
        if more > self._params.shift_seconds or not (trial.early or is_at_end):
            return
        begin, end = shift.start, shift.end
        if trial.early:
            begin -= more
        else:
            end += more
        yield more // 60, WorkLonger(shift.id, begin, end, shift.start, shift.end)

    def _find_stock(
        self, one: Obstacle, tried: Tried, shift: Shift
    ) -> Iterator[tuple[int, MoveStock | DeliverSooner | MoreStock]]:
        """Doses from another depot, from a delivery that comes sooner, or of containers more."""
        params, visit, short = self._params, tried.visit, one.amount
        yield from self._move_stock(visit, shift, short)
        for line in self._lines.get((shift.depot_id, visit.product_id or ""), []):
            days = line.first_day - shift.day
            if 0 < days <= params.delivery_days and line.doses >= short:
                change = DeliverSooner(
                    shift.depot_id, line.product_id, line.lot, shift.day, line.first_day
                )
                yield days * params.sooner_minutes, change
                break
        yield from self._add_stock(one, tried, shift)

    def _move_stock(
        self, visit: Visit, shift: Shift, short: int
    ) -> Iterator[tuple[int, MoveStock]]:
        product = by_id(self._problem.products)[visit.product_id or ""]
        wanted = in_containers(product, short)
        for (depot, name), lines in sorted(self._lines.items()):
            if name != product.id or depot == shift.depot_id:
                continue
            _, left = allocate(lines, self._taken.get((depot, name), {}))
            for line, doses in zip(lines, left, strict=True):
                may = line.first_day <= shift.day <= line.last_day and doses >= wanted
                if may and self._is_alone(line.lot, depot, name):
                    change = MoveStock(depot, shift.depot_id, name, line.lot, shift.day, wanted)
                    yield self._params.move_minutes, change
                    break

    def _is_alone(self, lot: str, depot: str, product: str) -> bool:
        """Whether the lot is one line of the depot: then it is clear which doses go."""
        return sum(line.lot == lot for line in self._lines[depot, product]) == 1

    def _add_stock(
        self, one: Obstacle, tried: Tried, shift: Shift
    ) -> Iterator[tuple[int, MoreStock]]:
        product = by_id(self._problem.products)[tried.visit.product_id or ""]
        doses = in_containers(product, one.amount)
        containers = doses // product.doses_per_container
        if containers <= self._params.containers:
            change = MoreStock(shift.depot_id, product.id, shift.day, containers, doses)
            yield containers * self._params.container_minutes, change

    def _bend(
        self, one: Obstacle, tried: Tried, shift: Shift
    ) -> Iterator[tuple[int, BendInterval]]:
        """The question to a clinician: the day of the shift is outside the interval of somebody's next dose."""
        visit = tried.visit
        if one.rule != "due":  # after a dose of this same plan the plan itself decides
            return
        off = [(need, days_off(need, shift.day)) for need in _needs_of(self._trying, visit)]
        late = max((days for _, days in off), key=abs)
        if late and abs(late) <= self._params.interval_days:
            keys = tuple(key_of(need) for need, days in off if days)
            change = BendInterval(visit.location_id, keys, shift.day, late)
            yield self._params.interval_minutes + abs(late) * 60, change


def days_off(need: Need, day: int) -> int:
    """Days by which a day is after the interval of a dose, or before it (negative)."""
    return max(0, day - need.last_day) or min(0, day - need.first_day)


def may_bend(need: Need) -> bool:
    """Whether a clinician may be asked: a next dose whose interval runs from a dose that was given."""
    return need.dose_no > 1 and need.since_dose is None


def _needs_of(trying: Trying, visit: Visit) -> Sequence[Need]:
    needs = needs_by_key(trying.standing.problem)
    return [needs[person, visit.campaign_id or "", dose] for person, dose in visit.needs]
