"""Where a visit fits into routes and what that costs, and the insertion of whatever still fits."""

from itertools import pairwise

from scheduling.care.wishes import seconds_of
from scheduling.problem import Break
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import (
    NEVER,
    RouteSchedule,
    can_be_alone,
    can_be_driven,
    count_solo_seconds,
    earliest_arrival,
    earliest_start,
)
from scheduling.solver.model.stock import count_extra_doses
from scheduling.solver.params import DEFAULT, SearchParams

Insertion = tuple[int, int]  # insertion cost in seconds of work, position in the route


class InsertionCosts:
    """The cheapest insertion of each visit into each route, remembered until that route changes."""

    def __init__(self, indexed: IndexedProblem, params: SearchParams = DEFAULT) -> None:
        self.params = params
        self._indexed = indexed
        self._known: dict[tuple[int, int], tuple[RouteSchedule | None, Insertion | None]] = {}
        self._exact: dict[tuple[int, int], tuple[RouteSchedule | None, int | None]] = {}
        self._loose: dict[int, tuple[tuple[int, ...], RouteSchedule | None]] = {}

    def find_cheapest(self, draft: Draft, v: int, s: int) -> Insertion | None:
        """The cheapest insertion into a shift with its break on the leg where it is; None when there is none."""
        if not draft.allows(v, s):
            return None
        schedule = draft.routes[s]
        # schedules are replaced and never changed: the same object is the same route
        known = self._known.get((v, s))
        if known is not None and known[0] is schedule:
            return known[1]
        insertion = (
            self._insert_in_idle(v, s) if schedule is None else self._insert_in_route(v, schedule)
        )
        if insertion and v in self._indexed.published and self._indexed.published_shift[v] != s:
            insertion = (insertion[0] + self.params.weights.moved, insertion[1])
        if insertion and v in self._indexed.unmet:
            wishes = seconds_of(self._indexed.problem, self._indexed.unmet[v][s])
            insertion = (insertion[0] + wishes, insertion[1])
        if insertion and self._indexed.product[v] is not None:
            wasted = (
                count_extra_doses(self._indexed, v, draft.spare[s]) - self._indexed.visits[v].doses
            )
            insertion = (insertion[0] + self.params.weights.wasted * wasted, insertion[1])
        self._known[v, s] = (schedule, insertion)
        return insertion

    def find_feasible_position(self, draft: Draft, v: int, s: int) -> int | None:
        """A position at which a visit can be inserted, with the break on any leg; None when there is none."""
        if not self._indexed.windows[v][s] or not draft.allows(v, s):
            return None
        schedule = draft.routes[s]
        if schedule is None:
            return 0 if can_be_alone(self._indexed, v, s) else None
        known = self._exact.get((v, s))
        if known is None or known[0] is not schedule:
            known = (
                schedule,
                self._search_position(v, s, draft.visits(s), self.find_cheapest(draft, v, s)),
            )
            self._exact[v, s] = known
        return known[1]

    def _search_position(
        self, v: int, s: int, visits: tuple[int, ...], likely: Insertion | None
    ) -> int | None:
        """Try the likely position first, then all; each is scheduled anew with the break on every leg."""
        positions = list(range(len(visits) + 1))
        if likely is not None:
            positions.insert(0, likely[1])
        elif self._is_exact(s, visits):
            return None
        free = self._free_seconds(s, visits) - self._indexed.service[v][s]
        loose = self._without_break(s, visits)
        for position in positions:
            if count_detour(self._indexed, v, s, visits, position) > free:
                continue
            if not self._has_gap(v, s, visits, position):
                continue
            if loose is not None and self._waiting_at(v, loose, position, (None, None)) is None:
                continue
            trial = (*visits[:position], v, *visits[position:])
            if keeps_last(self._indexed, trial) and can_be_driven(self._indexed, s, trial):
                return position
        return None

    def _without_break(self, s: int, visits: tuple[int, ...]) -> RouteSchedule | None:
        """The route if the crew had no break: what does not fit it fits on no leg. None around fixed stops."""
        known = self._loose.get(s)
        if known is None or known[0] != visits:
            schedule = None
            if self._indexed.is_pinned.isdisjoint(visits):
                schedule = RouteSchedule(self._indexed, s, visits).completed(self._indexed)
            known = visits, schedule if schedule and schedule.feasible else None
            self._loose[s] = known
        return known[1]

    def _free_seconds(self, s: int, visits: tuple[int, ...]) -> int:
        """Seconds of a shift that its stops, the drives between them and the break leave; no limit around fixed stops."""
        indexed, shift = self._indexed, self._indexed.shifts[s]
        if not indexed.is_pinned.isdisjoint(visits):
            return NEVER
        pause, opens = shift.pause, indexed.opens[s]
        inside = pause and opens <= pause.earliest and pause.latest + pause.seconds <= shift.end
        busy = count_busy(indexed, s, visits)
        return shift.end - opens - busy - (pause.seconds if pause and inside else 0)

    def _has_gap(self, v: int, s: int, visits: tuple[int, ...], position: int) -> bool:
        """Whether a visit may fit in its hours between its neighbours, which stay where they are when they are fixed."""
        indexed = self._indexed
        begin, end = indexed.opens[s], indexed.shifts[s].end
        before = after = indexed.home[s]
        if position:
            before = indexed.place[visits[position - 1]]
            begin = indexed.fixed_departure.get(visits[position - 1], begin)
        if position < len(visits):
            after = indexed.place[visits[position]]
            end = indexed.fixed_start.get(visits[position], end)
        place, travel = indexed.place[v], indexed.travel
        start = earliest_start(indexed.windows[v][s], begin + travel[before][place])
        return start + indexed.service[v][s] + travel[place][after] <= end

    def _is_exact(self, s: int, visits: tuple[int, ...]) -> bool:
        """Whether `find_cheapest` misses nothing: there is no break that could move, and no fixed stop."""
        indexed = self._indexed
        return indexed.shifts[s].pause is None and indexed.is_pinned.isdisjoint(visits)

    def _insert_in_idle(self, v: int, s: int) -> Insertion | None:
        seconds = count_solo_seconds(self._indexed, v, s)
        return None if seconds is None else (seconds, 0)

    def _insert_in_route(self, v: int, schedule: RouteSchedule) -> Insertion | None:
        indexed, s = self._indexed, schedule.shift
        travel, stay, place = indexed.travel, indexed.service[v][s], indexed.place[v]
        best: Insertion | None = None
        for k in _list_positions(indexed, v, schedule):
            there, here = travel[schedule.places[k]][place], travel[place][schedule.places[k + 1]]
            crew_break = schedule.break_on(indexed, k)
            wait = self._waiting_at(v, schedule, k, (crew_break, None))
            if wait is None and crew_break is not None:
                wait = self._waiting_at(v, schedule, k, (None, crew_break))
            if wait is None:
                continue
            cost = (
                there
                + here
                - schedule.drive_seconds(indexed, k)
                + stay
                + wait // self.params.insertion.waiting_divisor
            )
            if best is None or cost < best[0]:
                best = (cost, k)
        return best

    def _waiting_at(
        self, v: int, schedule: RouteSchedule, k: int, breaks: tuple[Break | None, Break | None]
    ) -> int | None:
        """Seconds of waiting at a visit inserted on leg `k`, the break before or after it; None when infeasible."""
        indexed, s = self._indexed, schedule.shift
        place = indexed.place[v]
        there = indexed.travel[schedule.places[k]][place]
        onward = indexed.travel[place][schedule.places[k + 1]]
        arrival = earliest_arrival(schedule.earliest_departures[k], there, breaks[0])
        start = earliest_start(indexed.windows[v][s], arrival)
        if start == NEVER:
            return None
        fits = (
            earliest_arrival(start + indexed.service[v][s], onward, breaks[1])
            <= schedule.latest_arrivals[k]
        )
        return start - arrival if fits else None


def _list_positions(indexed: IndexedProblem, v: int, schedule: RouteSchedule) -> range:
    """The positions that the rule of outbreaks allows: at the end, or before the stops that must be last."""
    last, must = len(schedule.sequence), indexed.must_be_last
    closed = next((k for k, u in enumerate(schedule.sequence) if must[u]), None)
    if must[v]:
        same = closed is None or indexed.place[schedule.sequence[closed]] == indexed.place[v]
        return range(last, last + 1) if same else range(0)
    return range(last + 1) if closed is None else range(closed + 1)


def count_busy(indexed: IndexedProblem, s: int, visits: tuple[int, ...]) -> int:
    """Seconds of a shift that these stops and the drives between them and the depot take."""
    places = [indexed.home[s], *(indexed.place[u] for u in visits), indexed.home[s]]
    drives = sum(indexed.travel[a][b] for a, b in pairwise(places))
    return drives + sum(indexed.service[u][s] for u in visits)


def count_detour(
    indexed: IndexedProblem, v: int, s: int, visits: tuple[int, ...], position: int
) -> int:
    """Seconds of driving more with visit `v` at a position among these of a shift."""
    travel, place = indexed.travel, indexed.place[v]
    before = indexed.place[visits[position - 1]] if position else indexed.home[s]
    after = indexed.place[visits[position]] if position < len(visits) else indexed.home[s]
    return travel[before][place] + travel[place][after] - travel[before][after]


def keeps_last(indexed: IndexedProblem, visits: tuple[int, ...]) -> bool:
    """Whether nothing follows a location with an outbreak but visits at the same location."""
    must, place = indexed.must_be_last, indexed.place
    return all(not must[u] or place[u] == place[v] for u, v in pairwise(visits))


def insert_unassigned(draft: Draft, insertions: InsertionCosts) -> None:
    """Insert every visit that is still feasible somewhere, whatever it costs, the heaviest first.

    Repeated while something was inserted and series exist: a next dose may have become possible.
    """
    indexed = draft.indexed
    unassigned = sorted(
        draft.unassigned(), key=lambda v: (indexed.insertion_class[v], -indexed.weight[v], v)
    )
    filled = [_insert_anywhere(draft, insertions, v) for v in unassigned]
    if indexed.follows and any(filled):
        insert_unassigned(draft, insertions)


def _insert_anywhere(draft: Draft, insertions: InsertionCosts, v: int) -> bool:
    for s in draft.indexed.possible_shifts[v]:
        if draft.fits(v, s):
            position = insertions.find_feasible_position(draft, v, s)
            if position is not None and draft.insert(v, s, position):
                return True
    return False
