"""What keeps a visit out of a shift of a plan that stands: each rule that it would break there, and by how much.

The visit is put where it lacks the least, and the rules themselves are asked.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from types import ModuleType

from scheduling.care.doses import loaded
from scheduling.care.lookup import by_id
from scheduling.care.members import injectors_for
from scheduling.care.stock import allocate, lines_by_depot
from scheduling.care.visit_length import ServiceTimes
from scheduling.fitting.changes import Change
from scheduling.fitting.gaps import (
    NEVER,
    Trial,
    find_end,
    find_windows,
    list_gaps,
    list_trials,
    to_route,
)
from scheduling.fitting.held import Standing
from scheduling.limits import Limits
from scheduling.plan import Plan, Route, Violation, Visit
from scheduling.problem import Problem, Shift
from scheduling.rules import (
    dose_interval,
    duty,
    fairness,
    once,
    outbreak,
    reservation,
    rest,
    stock,
    together,
)
from scheduling.rules.promise import RULES_OF_STOPS
from scheduling.solve import try_repair


class ObstacleKind(StrEnum):
    """What stands in the way of a visit in one shift: a closed list."""

    SKILLS = "skills"  # the team lacks a skill
    ORDER = "order"  # no doctor ordered this product for the team
    INJECTOR = "injector"  # nobody on board may inject it
    OUTBREAK = "outbreak"
    CLOSED = "closed"  # the location is closed all day
    WINDOW = "window"  # it is open, but not when the team has time: seconds
    HOURS = "hours"  # the shift is too short: seconds
    FULL = "full"  # between two stops there is too little time: seconds
    BREAK = "break"  # there would be no room for the crew's break: seconds
    LONG_DUTY = "long_duty"  # the team would be on duty too long: seconds
    WEEK = "week"  # too many hours in seven days
    REST = "rest"  # too little rest beside another shift of the crew
    COOL_BOX = "cool_box"  # doses too many for the cool box
    TRANSPORT = "transport"  # doses would be in the cool box too long
    OPEN_CONTAINER = "open_container"  # an opened container would not be used up in time
    STOCK = "stock"  # doses that the depot lacks, the lots being given to others or not there
    NEXT_DOSE = "next_dose"  # next doses that no confirmed lot secures
    INTERVAL = "interval"  # too soon or too late: outside the due days, or after the dose before
    TWO_TEAMS = "two_teams"  # two teams must begin there at the same moment
    FAIR_SHARE = "fair_share"  # an area that lags behind goes first
    OTHER = "other"  # another rule, by its name


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One rule that the visit would break in the shift, and by how much: seconds or doses, 0 where nothing is counted."""

    kind: ObstacleKind
    rule: str  # the name of the rule that says so
    amount: int = 0
    what: tuple[str, ...] = ()  # skills that lack


@dataclass(frozen=True, slots=True)
class Tried:
    """A visit put into a shift where it lacks the least; without obstacles it fits."""

    visit: Visit
    shift_id: str
    trial: Trial
    obstacles: tuple[Obstacle, ...]


# Asked of the routes that a shift shares people with.
OF_ROUTES: tuple[ModuleType, ...] = tuple(
    rule for rule in RULES_OF_STOPS if rule not in (stock, reservation)
)
# Of these: which compare the routes of a crew with each other, which those of a person; the others judge a route by itself.
OF_CREWS: tuple[ModuleType, ...] = (outbreak, rest, duty)
OF_PEOPLE: tuple[ModuleType, ...] = (once, dose_interval)
OF_ONE: tuple[ModuleType, ...] = tuple(
    rule for rule in OF_ROUTES if rule not in OF_CREWS + OF_PEOPLE
)
# Asked of the whole plan, where nothing else stands in the way.
OF_PLANS: tuple[ModuleType, ...] = (together, fairness)
KINDS = {
    "outbreak": ObstacleKind.OUTBREAK,
    "rest": ObstacleKind.REST,
    "transport": ObstacleKind.TRANSPORT,
    "open_container": ObstacleKind.OPEN_CONTAINER,
    "dose_interval": ObstacleKind.INTERVAL,
    "due": ObstacleKind.INTERVAL,
    "together": ObstacleKind.TWO_TEAMS,
    "fairness": ObstacleKind.FAIR_SHARE,
}
MOST_SOLVED = 200  # plans that are kept, some hundred kB each where all stops stay
ORDER = {kind: n for n, kind in enumerate(ObstacleKind)}


class Trying:
    """Tries visits in the shifts of one plan."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.times = ServiceTimes(standing.made)
        self.products = by_id(standing.problem.products)
        self._gaps = {row.id: list_gaps(standing, row) for row in standing.problem.shifts}
        self._lines = lines_by_depot(standing.problem)
        self._taken = stock.taken(standing.problem, standing.plan)
        self._before: dict[tuple[object, ...], frozenset[Violation]] = {}
        self._secured: dict[tuple[object, ...], int] = {}
        self._solved: OrderedDict[tuple[Change, ...], Plan] = OrderedDict()

    def solve(self, changes: tuple[Change, ...], problem: Problem) -> Plan:
        """The plan of everybody with these changes: whoever asks for the same changes shares it."""
        if changes not in self._solved:
            self._solved[changes] = try_repair(problem, Limits(0.0))
            if len(self._solved) > MOST_SOLVED:
                self._solved.popitem(last=False)
        return self._solved[changes]

    def list_trials(self, visit: Visit, shift: Shift) -> Iterator[Trial]:
        """Every way to put a visit into a shift, by gap."""
        seconds = self.times.seconds(visit, shift)
        for gap in self._gaps[shift.id]:
            yield from list_trials(self.standing, visit, shift, seconds, gap)

    def find_obstacles(self, visit: Visit, shift: Shift) -> Tried | None:
        """What the visit lacks in the shift, where it lacks the least; None where the crew can never be there."""
        trials = sorted(self.list_trials(visit, shift), key=_lack)
        best: Tried | None = None
        for n, trial in enumerate(trials):
            if n and best is not None and (_lack(trial) > 0 or not best.obstacles):
                break
            tried = self.judge(visit, shift, trial)
            if best is None or len(tried.obstacles) < len(best.obstacles):
                best = tried
        return best

    def judge(self, visit: Visit, shift: Shift, trial: Trial) -> Tried:
        """Every rule that the visit breaks in this place, and by how much."""
        route = self.to_route(visit, shift, trial)
        broken = list(self._list_broken(shift, route))
        found: dict[ObstacleKind, Obstacle] = {}
        for row in broken:
            for one in self._to_obstacles(row, visit, shift, trial):
                found.setdefault(one.kind, one)
        for one in self._count_doses(visit, shift, route):
            found.setdefault(one.kind, one)
        if not found:
            for one in self._judge_plan(route):
                found.setdefault(one.kind, one)
        obstacles = tuple(sorted(found.values(), key=lambda one: ORDER[one.kind]))
        return Tried(visit, shift.id, trial, obstacles)

    def to_route(self, visit: Visit, shift: Shift, trial: Trial) -> Route:
        """The route of the shift with the visit in it as tried."""
        return to_route(self.standing, shift, visit, self.times.seconds(visit, shift), trial)

    def with_route(self, route: Route) -> Plan:
        """The plan with this route instead of the one that the shift has."""
        plan = self.standing.plan
        others = (row for row in plan.routes if row.shift_id != route.shift_id)
        return replace(plan, routes=(*others, route))

    def _list_broken(self, shift: Shift, route: Route) -> Iterator[Violation]:
        for rules, names in (
            (OF_ONE, set[str]()),
            (OF_CREWS, {*self.standing.beside[shift.id]}),
            (OF_PEOPLE, self._shifts_of_people(route)),
        ):
            others = [self.standing.routes[name] for name in sorted(names - {shift.id})]
            found = [*self._judge(shift, [route, *others], rules)]
            if found:
                before = self._judge_alone(shift, others, rules)
                yield from (row for row in found if row not in before)

    def _judge_alone(
        self, shift: Shift, others: list[Route], rules: tuple[ModuleType, ...]
    ) -> frozenset[Violation]:
        own = self.standing.routes.get(shift.id)
        key = (shift.id, rules, *(one.shift_id for one in others))
        if key not in self._before:
            routes = [own, *others] if own else others
            self._before[key] = frozenset(self._judge(shift, routes, rules))
        return self._before[key]

    def _judge(
        self, shift: Shift, routes: list[Route], rules: tuple[ModuleType, ...]
    ) -> Iterator[Violation]:
        shifts = {one.shift_id: self.standing.shifts[one.shift_id] for one in routes}
        shifts[shift.id] = shift
        problem = replace(self.standing.made, shifts=tuple(shifts.values()))
        plan = replace(self.standing.plan, routes=tuple(routes))
        for rule in rules:
            yield from rule.violations(problem, plan)

    def _shifts_of_people(self, route: Route) -> set[str]:
        """Shifts in which somebody of the route has another stop."""
        people = {person for stop in route.stops for person, _ in stop.visit.needs}
        return {name for one in people for name in self.standing.shifts_of.get(one, ())}

    def _to_obstacles(
        self, row: Violation, visit: Visit, shift: Shift, trial: Trial
    ) -> Iterator[Obstacle]:
        match row.rule:
            case "crew":
                if visit.product_id not in shift.ordered_products:
                    yield Obstacle(ObstacleKind.ORDER, row.rule)
                if injectors_for(shift, visit.product_id) < 1:
                    yield Obstacle(ObstacleKind.INJECTOR, row.rule)
            case "skills":
                lacking = tuple(sorted(visit.skills - shift.skills))
                yield Obstacle(ObstacleKind.SKILLS, row.rule, what=lacking)
            case "time_windows" | "shift_hours" | "duty" | "breaks":
                yield self._of_hours(row.rule, visit, shift, trial)
            case "cool_box":
                yield Obstacle(ObstacleKind.COOL_BOX, row.rule, self._too_many(visit, shift, trial))
            case name:
                yield Obstacle(KINDS.get(name, ObstacleKind.OTHER), name)

    def _too_many(self, visit: Visit, shift: Shift, trial: Trial) -> int:
        """Doses for which the cool box has no room."""
        stops = self.to_route(visit, shift, trial).stops
        return sum(loaded(one, stops) for one in self.products.values()) - shift.capacity

    def _of_hours(self, rule: str, visit: Visit, shift: Shift, trial: Trial) -> Obstacle:
        if rule == "time_windows":
            is_open = bool(find_windows(self.standing, visit, shift))
            kind = ObstacleKind.WINDOW if is_open else ObstacleKind.CLOSED
            return Obstacle(kind, rule, trial.outside if trial.outside < NEVER else 0)
        if rule == "duty":
            is_long = find_end(self.standing, shift) < shift.end and bool(trial.late)
            kind = ObstacleKind.LONG_DUTY if is_long else ObstacleKind.WEEK
            return Obstacle(kind, rule, trial.late if is_long else 0)
        if rule == "breaks":
            return Obstacle(ObstacleKind.BREAK, rule, trial.late)
        return Obstacle(*self._name_hours(shift, trial))

    def _name_hours(self, shift: Shift, trial: Trial) -> tuple[ObstacleKind, str, int]:
        is_last = trial.gap.position == len(self._gaps[shift.id]) - 1
        if trial.early:
            return ObstacleKind.HOURS, "shift_hours", trial.early
        if is_last:
            late = trial.late - shift.end + find_end(self.standing, shift)
            return ObstacleKind.HOURS, "shift_hours", late
        return ObstacleKind.FULL, "shift_hours", trial.late

    def _count_doses(self, visit: Visit, shift: Shift, route: Route) -> Iterator[Obstacle]:
        """Doses that the depot lacks, for the visit or for next doses."""
        product = self.products.get(visit.product_id or "")
        if product is None or not visit.needs:
            return
        plan = self.with_route(route)
        only = replace(plan, routes=(route,))
        own = self.standing.routes.get(shift.id)
        shelf = (shift.depot_id, product.id)
        extra = stock.taken(self.standing.problem, only).get(shelf, {}).get(shift.day, 0)
        if own:
            alone = replace(plan, routes=(own,))
            extra -= stock.taken(self.standing.problem, alone).get(shelf, {}).get(shift.day, 0)
        by_day = self._taken.get(shelf, {})
        wanted = {**by_day, shift.day: by_day.get(shift.day, 0) + extra}
        lines = self._lines.get(shelf, [])
        short = sum(allocate(lines, wanted)[0].values()) - sum(allocate(lines, by_day)[0].values())
        if short > 0:
            yield Obstacle(ObstacleKind.STOCK, "stock", short)
        key = (shelf, shift.day, extra, visit.campaign_id, tuple(d for _, d in visit.needs))
        if key not in self._secured:
            self._secured[key] = reservation.count_missing(self.standing.made, plan, product)
        if self._secured[key] > 0:
            yield Obstacle(ObstacleKind.NEXT_DOSE, "reservation", self._secured[key])

    def _judge_plan(self, route: Route) -> Iterator[Obstacle]:
        """What speaks against the visit in the whole plan, where nothing does in the shift."""
        plan = self.with_route(route)
        for rule in OF_PLANS:
            before = {*rule.violations(self.standing.made, self.standing.plan)}
            for row in rule.violations(self.standing.made, plan):
                if row not in before:
                    yield Obstacle(KINDS[row.rule], row.rule)


def _lack(trial: Trial) -> int:
    return trial.late + trial.early + min(trial.outside, 86400)
