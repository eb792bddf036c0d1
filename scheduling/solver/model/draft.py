"""The working plan: a route for each shift, feasible after every change."""

from collections.abc import Collection
from copy import copy

from scheduling.care.crews import busiest_week
from scheduling.care.wishes import Unmet, seconds_of
from scheduling.objective import is_moved
from scheduling.plan import Route, Stop, Values
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import NO_LEG, RouteSchedule, best_schedule
from scheduling.solver.model.stock import (
    NOTHING,
    Loads,
    Stockroom,
    compute_loads,
    compute_spare,
    count_doses,
    count_extra_doses,
)
from scheduling.standing import pause_between

NOWHERE = -1


class Draft:
    """Routes to which visits are added and from which they are removed; stock, cool boxes and values follow."""

    def __init__(self, indexed: IndexedProblem) -> None:
        self.indexed = indexed
        self.stockroom = Stockroom(indexed)
        self.routes: list[RouteSchedule | None] = [None] * len(indexed.shifts)
        self.where = [NOWHERE] * indexed.size
        self.loads: list[Loads] = [NOTHING] * len(indexed.shifts)  # in each cool box, by product
        self.used: list[int] = [0] * len(indexed.shifts)  # doses of all products in each cool box
        self.spare: list[dict[str, int]] = [
            {} for _ in indexed.shifts
        ]  # doses on board that reach nobody, by product
        self.filled: dict[int, bool] = {}  # answers of `fills_week`, until a shift opens or closes
        self._set_pinned(indexed.fixed_visits)
        self.stockroom.excuse_given()
        self._set_pinned(indexed.is_pinned)

    def _set_pinned(self, visits: Collection[int]) -> None:
        """The routes of the stops that no search touches, as far as they make these visits."""
        pinned = [row for row in self.indexed.pinned if row.visit in visits]
        for s in sorted({row.shift for row in pinned}):
            self.set_route(s, tuple(row.visit for row in pinned if row.shift == s))

    def copy(self) -> "Draft":
        """The same plan, to be changed independently."""
        twin = copy(self)
        twin.stockroom = self.stockroom.copy()
        twin.routes, twin.where, twin.used = list(self.routes), list(self.where), list(self.used)
        twin.loads, twin.spare = list(self.loads), list(self.spare)
        return twin

    def extended(self, indexed: IndexedProblem) -> "Draft":
        """The same plan of the same problem with further visits, which stand behind those that this one knows."""
        twin = self.copy()
        twin.indexed = indexed
        twin.stockroom.extend(indexed)
        twin.where += [NOWHERE] * (indexed.size - len(self.where))
        return twin

    def become(self, other: "Draft") -> None:
        """Take over the routes of another draft of the same problem, which must not be used any more."""
        self.stockroom, self.routes, self.where = other.stockroom, other.routes, other.where
        self.loads, self.used, self.spare = other.loads, other.used, other.spare
        self.filled = other.filled

    def visits(self, s: int) -> tuple[int, ...]:
        """The visits of a shift, in order."""
        schedule = self.routes[s]
        return schedule.sequence if schedule else ()

    def unassigned(self) -> list[int]:
        """The visits that are in no route."""
        return [v for v, s in enumerate(self.where) if s == NOWHERE]

    def set_route(self, s: int, visits: tuple[int, ...]) -> bool:
        """Replace the route of a shift; False, and nothing changes, when the new one is not feasible.

        Fixed stops are taken as they are, even when they break a rule: what is done or promised is not
        undone.
        """
        schedule = best_schedule(self.indexed, s, visits) if visits else None
        is_given = all(v in self.indexed.is_pinned for v in visits)
        if visits and schedule is None:
            if not is_given:
                return False
            schedule = RouteSchedule(self.indexed, s, visits).completed(self.indexed)
        loads = compute_loads(self.indexed, schedule)
        opens = bool(visits) and self.routes[s] is None
        fills = opens and self.fills_week(s)
        if not is_given and (fills or not self._is_stocked(s, visits, loads)):
            return False
        self._record_route(s, visits, loads)
        if opens or (not visits and self.routes[s] is not None):
            self.filled = {}  # a new one: copies share the old one
        self.routes[s] = schedule
        return True

    def _is_stocked(self, s: int, visits: tuple[int, ...], loads: Loads) -> bool:
        """Whether cool box, lots and reserved next doses allow a route these doses."""
        if count_doses(loads) > self.indexed.shifts[s].capacity:
            return False
        now = dict(self.loads[s])
        come = [v for v in visits if self.where[v] != s]
        for product, doses in loads:
            mine = [v for v in come if self.indexed.visits[v].product_id == product]
            more = doses - now.get(product, 0)
            if (mine or more > 0) and not self.stockroom.holds(s, product, more, mine):
                return False
        return True

    def _record_route(self, s: int, visits: tuple[int, ...], loads: Loads) -> None:
        """Note which visits the shift serves now, and what it takes from stock instead of what it took."""
        for v in self.visits(s):
            if v not in visits:
                self.stockroom.record_promise(v, s, -1)
                self.where[v] = NOWHERE
        for v in visits:
            if self.where[v] != s:
                self.stockroom.record_promise(v, s, 1)
                self.where[v] = s
        self.stockroom.draw(s, self.loads[s], loads)
        self.loads[s], self.used[s] = loads, count_doses(loads)
        self.spare[s] = compute_spare(self.indexed, visits, loads)

    def fits(self, v: int, s: int) -> bool:
        """Whether lots and reserved next doses may allow one more visit in a shift; only `set_route` is exact."""
        return self.stockroom.fits(v, s, count_extra_doses(self.indexed, v, self.spare[s]))

    def may_be_stocked(self, v: int, s: int) -> bool:
        """Whether the lots may suffice for a visit in a shift, now or when routes have got more stops."""
        product = self.indexed.product[v]
        # opened containers that travel are shared: another stop may leave it some
        return (product is not None and product.open_may_travel) or self.stockroom.fits(v, s)

    def may_get_some(self, v: int) -> bool:
        """Whether a shift that could make a visit has doses left for somebody there, whatever else it makes."""
        indexed, product = self.indexed, self.indexed.visits[v].product_id
        return any(
            product is None
            or self.stockroom.doses_left((indexed.shifts[s].depot_id, product), indexed.day[s]) > 0
            for s in indexed.possible_shifts[v]
            if self.routes[s] or self._may_open(s)
        )

    def insert(self, v: int, s: int, position: int) -> bool:
        """Insert a visit into a route at a position; False when that is not feasible."""
        visits = self.visits(s)
        return self.set_route(s, (*visits[:position], v, *visits[position:]))

    def exchange(self, v: int, instead: int) -> bool:
        """Put a visit into a route in the place of another; False, and nothing changes, when that is not feasible.

        The next doses that the other reserved are free for the one that comes.
        """
        s, old = self.where[v], self.visits(self.where[v])
        new = tuple(instead if u == v else u for u in old)
        if self.set_route(s, new):
            return True
        if self.stockroom.promise(v, self.indexed.day[s]) is None:
            return False
        if self.set_route(s, tuple(u for u in old if u != v)) and self.set_route(s, new):
            return True
        self.set_route(s, old)
        return False

    def remove(self, v: int) -> None:
        """Remove a visit, and with it the later visits of its series."""
        s = self.where[v]
        if s == NOWHERE or v in self.indexed.is_pinned:
            return
        # one stop less can be infeasible around fixed stops, or where travel times break the triangle
        # inequality: then the shift keeps its pinned stops only
        gone: tuple[int, ...] = (v,)
        if not self.set_route(s, tuple(u for u in self.visits(s) if u != v)):
            gone = tuple(u for u in self.visits(s) if u not in self.indexed.is_pinned)
            self.set_route(s, tuple(u for u in self.visits(s) if u in self.indexed.is_pinned))
        for follow in self.indexed.follows:
            if follow.before in gone:
                self.remove(follow.after)

    def allows(self, v: int, s: int) -> bool:
        """The rules between routes and those between stops of a route, without time and stock."""
        indexed = self.indexed
        room = indexed.shifts[s].capacity - self.used[s]
        if indexed.load[v] > room and count_extra_doses(indexed, v, self.spare[s]) > room:
            return False
        if self.routes[s] is None and not self._may_open(s):
            return False
        if indexed.must_be_last[v] and any(self.routes[t] for t in indexed.later_that_day[s]):
            return False
        if self.meets_residents_elsewhere(v, s):
            return False
        return not indexed.in_series[v] or self._keeps_interval(v, s)

    def _may_open(self, s: int) -> bool:
        """Whether a shift without stops may get one: rest of the crew, and no visit after an outbreak that day."""
        indexed = self.indexed
        if any(self.routes[t] for t in indexed.conflicts[s]):
            return False
        if self.fills_week(s):
            return False
        return not any(self.ends_with_outbreak(t) for t in indexed.earlier_that_day[s])

    def fills_week(self, s: int) -> bool:
        """Whether the team or somebody of its crew would be on duty for too long in some seven days."""
        if s not in self.filled:
            self.filled[s] = self._fills_week(s)
        return self.filled[s]

    def _fills_week(self, s: int) -> bool:
        indexed, most = self.indexed, self.indexed.problem.max_week_seconds
        if most is None:
            return False
        for mine, standing in indexed.duties[s]:
            used = [indexed.shifts[t] for t in mine if t == s or self.routes[t]]
            if busiest_week(indexed.problem, [*standing, *used], indexed.day[s]) > most:
                return True
        return False

    def ends_with_outbreak(self, s: int) -> bool:
        """Whether the last stop of a route is at a location with an outbreak."""
        visits = self.visits(s)
        return bool(visits) and self.indexed.must_be_last[visits[-1]]

    def meets_residents_elsewhere(self, v: int, s: int) -> bool:
        """Whether a resident of a visit would be visited by the team of a shift and by another at the same time."""
        return any(self._meets_resident_elsewhere(u, s) for u in self.indexed.clashes[v])

    def _meets_resident_elsewhere(self, u: int, s: int) -> bool:
        """Whether a resident of both visits would be visited by two teams at the same time."""
        t = self.where[u]
        if t in (NOWHERE, s):
            return False
        shifts = self.indexed.shifts
        return shifts[t].start < shifts[s].end and shifts[s].start < shifts[t].end

    def _keeps_interval(self, v: int, s: int) -> bool:
        for follow in self.indexed.follows:
            if v not in (follow.before, follow.after):
                continue
            before = s if v == follow.before else self.where[follow.before]
            after = s if v == follow.after else self.where[follow.after]
            if before == NOWHERE:
                return False
            if after != NOWHERE:
                gap = self.indexed.day[after] - self.indexed.day[before]
                if not follow.min_days <= gap <= follow.max_days:
                    return False
        return True

    def wasted(self) -> int:
        """Doses in opened containers that reach nobody."""
        return sum(doses for spare in self.spare for doses in spare.values())

    def values(self) -> Values:
        """The objective of this plan."""
        indexed, where = self.indexed, self.where
        unserved = late = moved = working = metres = 0
        for v in range(indexed.size):
            if where[v] == NOWHERE:
                unserved += indexed.weight[v]
                late += indexed.late[v]
        for schedule in self.routes:
            if schedule is not None:
                working += schedule.return_time - schedule.departure
                metres += schedule.metres
        for v in indexed.published:
            moved += self._is_moved(v)
        wishes = self._unmet()
        return Values(
            *(unserved, late, self.wasted(), moved, working, metres),
            seconds_of(indexed.problem, wishes),
            *wishes,
        )

    def _unmet(self) -> Unmet:
        """Wishes that the plan leaves unfulfilled: residents with another team, and days off the ideal day."""
        other = off = 0
        for v, by_shift in self.indexed.unmet.items():
            if self.where[v] != NOWHERE:
                other += by_shift[self.where[v]][0]
                off += by_shift[self.where[v]][1]
        return other, off

    def _is_moved(self, v: int) -> bool:
        s = self.where[v]
        schedule = self.routes[s] if s != NOWHERE else None
        if schedule is None:
            return True
        start = schedule.starts[schedule.sequence.index(v)]
        return is_moved(self.indexed.published[v], self.indexed.shifts[s].id, start)


def to_routes(draft: Draft) -> tuple[Route, ...]:
    """The routes that have stops, by day and shift."""
    return tuple(to_route(draft.indexed, schedule) for schedule in draft.routes if schedule)


def to_route(indexed: IndexedProblem, schedule: RouteSchedule) -> Route:
    """The route with arrival, start and departure of every stop, and the break of the crew."""
    s = schedule.shift
    shift = indexed.shifts[s]
    stops: list[Stop] = []
    pause_start: int | None = None
    ready = schedule.departure
    for k, v in enumerate(schedule.sequence):
        start, arrival = schedule.starts[k], ready + schedule.drive_seconds(indexed, k)
        crew_break = schedule.break_on(indexed, k)
        if crew_break is not None:
            pause_start = _break_start(indexed, schedule, k, ready)
            if ready < pause_start + crew_break.seconds and pause_start < arrival:
                arrival += crew_break.seconds
        departure = start + indexed.service[v][s]
        stops.append(Stop(indexed.visits[v], min(arrival, start), start, departure))
        ready = max(departure, indexed.opens[s])
    last = len(schedule.sequence)
    if shift.pause is not None and schedule.break_leg == last:
        pause_start = max(ready, shift.pause.earliest)
    if shift.pause is not None and schedule.break_leg == last + 1:
        pause_start = max(schedule.return_time, shift.pause.earliest)
    if (
        shift.pause is not None and schedule.break_leg == NO_LEG
    ):  # fixed stops leave no leg for the break
        pause_start = pause_between(
            shift, shift.pause, stops, (schedule.departure, schedule.return_time)
        )
    return Route(shift.id, tuple(stops), schedule.departure, schedule.return_time, pause_start)


def _break_start(indexed: IndexedProblem, schedule: RouteSchedule, leg: int, ready: int) -> int:
    """The earliest start of the break; before leaving the depot when it can end there, as that delays nobody."""
    crew_break = indexed.shifts[schedule.shift].pause
    assert crew_break is not None
    if leg == 0:
        first = max(indexed.opens[schedule.shift], crew_break.earliest)
        if first + crew_break.seconds <= schedule.departure:
            return first
    return max(ready, crew_break.earliest)
