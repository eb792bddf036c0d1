"""A plan while it is being made: routes by shift, with the cheapest places for a visit."""

from itertools import pairwise

from scheduling.solver.case import Case
from scheduling.solver.stockroom import Stockroom
from scheduling.solver.timing import NEVER, PAUSE, Timing, begin, best_timing

NOWHERE = -1
Place = tuple[int, int]  # extra seconds, position among the visits of the route


class Draft:
    """Routes that keep every rule at every moment; visits go in and out one by one."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.stockroom = Stockroom(case)
        self.routes: list[Timing | None] = [None] * len(case.shifts)
        self.where = [NOWHERE] * case.size
        self.used: list[int] = [0] * len(case.shifts)  # doses in the cool box
        for s in sorted({row.shift for row in case.pinned}):
            visits = tuple(row.visit for row in case.pinned if row.shift == s)
            self.put(s, visits)

    def visits(self, s: int) -> tuple[int, ...]:
        """The visits of a shift in order."""
        timing = self.routes[s]
        return tuple(v for v in timing.sequence if v != PAUSE) if timing else ()

    def put(self, s: int, visits: tuple[int, ...]) -> bool:
        """Give a shift these visits instead of its own; false, and nothing changes, when they do not fit."""
        timing = best_timing(self.case, s, visits) if visits else None
        if visits and timing is None:
            if not all(v in self.case.is_pinned for v in visits):
                return False
            timing = Timing(self.case, s, visits, pauses_after=False)
        for v in self.visits(s):
            if v not in visits:
                self.stockroom.remove(v, s)
                self.where[v] = NOWHERE
                self.used[s] -= self.case.load[v]
        for v in visits:
            if self.where[v] != s:
                self.stockroom.add(v, s)
                self.where[v] = s
                self.used[s] += self.case.load[v]
        self.routes[s] = timing
        return True

    def insert(self, v: int, s: int, position: int) -> bool:
        """Put a visit into a route; false when it does not fit there."""
        visits = self.visits(s)
        return self.put(s, (*visits[:position], v, *visits[position:]))

    def take_out(self, v: int) -> None:
        """Remove a visit and whatever must follow it in its series."""
        s = self.where[v]
        if s == NOWHERE or v in self.case.is_pinned:
            return
        self.put(s, tuple(u for u in self.visits(s) if u != v))
        for follow in self.case.follows:
            if follow.before == v:
                self.take_out(follow.after)

    def allows(self, v: int, s: int) -> bool:
        """The rules between routes, and those between stops of a route, but for the time."""
        case = self.case
        if self.used[s] + case.load[v] > case.shifts[s].capacity:
            return False
        if self.routes[s] is None and not self._may_begin(s):
            return False
        if case.must_be_last[v] and any(self.routes[t] for t in case.later_that_day[s]):
            return False
        if case.clashes[v] and any(self._meets(u, s) for u in case.clashes[v]):
            return False
        return not case.follows or self._in_series(v, s)

    def _may_begin(self, s: int) -> bool:
        """Rest of the team, and no other call after one at a location with an outbreak."""
        case = self.case
        if any(self.routes[t] for t in case.conflicts[s]):
            return False
        return not any(
            self.ends_there(t) for t in range(len(case.shifts)) if s in case.later_that_day[t]
        )

    def ends_there(self, s: int) -> bool:
        """Whether the last stop of a route is at a location with an outbreak."""
        visits = self.visits(s)
        return bool(visits) and self.case.must_be_last[visits[-1]]

    def _meets(self, u: int, s: int) -> bool:
        t = self.where[u]
        if t in (NOWHERE, s):
            return False
        shifts = self.case.shifts
        return shifts[t].start < shifts[s].end and shifts[s].start < shifts[t].end

    def _in_series(self, v: int, s: int) -> bool:
        day = self.case.shifts[s].day
        for follow in self.case.follows:
            if follow.after == v:
                before = self.where[follow.before]
                if before == NOWHERE:
                    return False
                gap = day - self.case.shifts[before].day
                if not follow.min_days <= gap <= follow.max_days:
                    return False
        return True

    def best_place(self, v: int, s: int) -> Place | None:
        """The cheapest position of a visit in a shift as it is, with the pause where it is."""
        if not self.allows(v, s):
            return None
        timing = self.routes[s]
        if timing is None:
            alone = best_timing(self.case, s, (v,))
            return (alone.back - alone.departure, 0) if alone else None
        return self._best_in(v, s, timing)

    def place_exactly(self, v: int, s: int) -> int | None:
        """A position where a visit fits with the pause anywhere; None when there is none."""
        if not self.case.windows[v][s] or not self.allows(v, s):
            return None
        visits = self.visits(s)
        for position in range(len(visits) + 1):
            trial = (*visits[:position], v, *visits[position:])
            if self._keeps_last(trial) and best_timing(self.case, s, trial):
                return position
        return None

    def _keeps_last(self, visits: tuple[int, ...]) -> bool:
        """Nothing comes after a location with an outbreak but more of the same location."""
        must, place = self.case.must_be_last, self.case.place
        return all(not must[u] or place[u] == place[v] for u, v in pairwise(visits))

    def _best_in(self, v: int, s: int, timing: Timing) -> Place | None:
        case = self.case
        travel, windows, stay = case.travel, case.windows[v][s], case.service[v][s]
        place, home = case.place[v], case.home[s]
        sequence, last = timing.sequence, len(timing.sequence)
        best: Place | None = None
        position = 0
        for k in self._positions(v, timing):
            position = sum(u != PAUSE for u in sequence[:k])
            here = timing.places[k]
            arrival = timing.ready[k] + travel[here][place]
            start = begin(windows, arrival)
            if start == NEVER:
                continue
            there = timing.places[k + 1] if k < last else home
            ready = start + stay
            if k < last and sequence[k] == PAUSE:
                following = self._after_pause(timing, k, ready)
                if following is None:
                    continue
                ready, limit, there = following
            else:
                limit = timing.latest[k]
            if ready + travel[place][there] > limit:
                continue
            extra = travel[here][place] + travel[place][there] - travel[here][there]
            cost = extra + stay + (start - arrival) // 2
            if best is None or cost < best[0]:
                best = (cost, position)
        return best

    def _positions(self, v: int, timing: Timing) -> range:
        """Where the rule of outbreaks lets a visit stand: at the end, or before what must be last."""
        last = len(timing.sequence)
        must = self.case.must_be_last
        tail = next((u for u in reversed(timing.sequence) if u != PAUSE), PAUSE)
        closed = tail != PAUSE and must[tail]
        if must[v]:
            same = closed and self.case.place[tail] == self.case.place[v]
            return range(last, last + 1) if same or not closed else range(0)
        if closed:
            first = next(k for k, u in enumerate(timing.sequence) if u != PAUSE and must[u])
            return range(first + 1)
        return range(last + 1)

    def _after_pause(self, timing: Timing, k: int, ready: int) -> tuple[int, int, int] | None:
        """A visit just before the pause: when the team is ready after it, its limit, and the next place."""
        case, s = self.case, timing.shift
        pause = case.shifts[s].pause
        assert pause is not None
        start = max(ready, pause.earliest)
        if start > pause.latest:
            return None
        last = len(timing.sequence)
        there = timing.places[k + 2] if k + 1 < last else case.home[s]
        return start + pause.seconds, timing.latest[k + 1], there
