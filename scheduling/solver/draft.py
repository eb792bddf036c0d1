"""A plan while it is being made: routes by shift that keep every rule at every moment."""

from copy import copy

from scheduling.objective import is_moved
from scheduling.plan import Values
from scheduling.solver.case import Case
from scheduling.solver.stockroom import Stockroom
from scheduling.solver.timing import Timing, best_timing
from scheduling.wishes import Unmet, seconds_of

NOWHERE = -1


class Draft:
    """Visits go in and out one by one; stock, cool boxes and values follow."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.stockroom = Stockroom(case)
        self.routes: list[Timing | None] = [None] * len(case.shifts)
        self.where = [NOWHERE] * case.size
        self.used: list[int] = [0] * len(case.shifts)  # doses in the cool box
        for s in sorted({row.shift for row in case.pinned}):
            self.put(s, tuple(row.visit for row in case.pinned if row.shift == s))

    def copy(self) -> "Draft":
        """The same plan, to be changed apart."""
        twin = copy(self)
        twin.stockroom = self.stockroom.copy()
        twin.routes, twin.where, twin.used = list(self.routes), list(self.where), list(self.used)
        return twin

    def visits(self, s: int) -> tuple[int, ...]:
        """The visits of a shift in order."""
        timing = self.routes[s]
        return timing.sequence if timing else ()

    def waiting(self) -> list[int]:
        """The visits without a stop."""
        return [v for v, s in enumerate(self.where) if s == NOWHERE]

    def put(self, s: int, visits: tuple[int, ...]) -> bool:
        """Give a shift these visits instead of its own; false, and nothing changes, when they do not fit."""
        timing = best_timing(self.case, s, visits) if visits else None
        if visits and timing is None:
            if not all(v in self.case.is_pinned for v in visits):
                return False
            timing = Timing(self.case, s, visits)
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
        """The rules between routes, and those between stops of a route, but for the time and the stock."""
        case = self.case
        if self.used[s] + case.load[v] > case.shifts[s].capacity:
            return False
        if self.routes[s] is None and not self._may_begin(s):
            return False
        if case.must_be_last[v] and any(self.routes[t] for t in case.later_that_day[s]):
            return False
        if case.clashes[v] and any(self._meets(u, s) for u in case.clashes[v]):
            return False
        return not case.in_series[v] or self._keeps_interval(v, s)

    def _may_begin(self, s: int) -> bool:
        """Rest of the team, and no other call after one at a location with an outbreak."""
        case = self.case
        if any(self.routes[t] for t in case.conflicts[s]):
            return False
        return not any(self.ends_there(t) for t in case.earlier_that_day[s])

    def ends_there(self, s: int) -> bool:
        """Whether the last stop of a route is at a location with an outbreak."""
        visits = self.visits(s)
        return bool(visits) and self.case.must_be_last[visits[-1]]

    def _meets(self, u: int, s: int) -> bool:
        """Whether a resident would be called on by two teams at the same time."""
        t = self.where[u]
        if t in (NOWHERE, s):
            return False
        shifts = self.case.shifts
        return shifts[t].start < shifts[s].end and shifts[s].start < shifts[t].end

    def _keeps_interval(self, v: int, s: int) -> bool:
        for follow in self.case.follows:
            if v not in (follow.before, follow.after):
                continue
            before = s if v == follow.before else self.where[follow.before]
            after = s if v == follow.after else self.where[follow.after]
            if before == NOWHERE:
                return False
            if after != NOWHERE:
                gap = self.case.day[after] - self.case.day[before]
                if not follow.min_days <= gap <= follow.max_days:
                    return False
        return True

    def values(self) -> Values:
        """The objective of this draft; doses of containers that may travel are counted by stop."""
        case, where = self.case, self.where
        unserved = late = wasted = moved = working = metres = 0
        for v in range(case.size):
            if where[v] == NOWHERE:
                unserved += case.weight[v]
                late += case.late[v]
            else:
                wasted += case.load[v] - case.visits[v].doses
        for timing in self.routes:
            if timing is not None:
                working += timing.back - timing.departure
                metres += timing.metres
        for v in case.published:
            moved += self._is_moved(v)
        wishes = self._unmet()
        return Values(
            *(unserved, late, wasted, moved, working, metres),
            seconds_of(case.problem, wishes),
            *wishes,
        )

    def _unmet(self) -> Unmet:
        """Wishes for the same team and the ideal day that the draft leaves unfulfilled."""
        other = off = 0
        for v, by_shift in self.case.unmet.items():
            if self.where[v] != NOWHERE:
                other += by_shift[self.where[v]][0]
                off += by_shift[self.where[v]][1]
        return other, off

    def _is_moved(self, v: int) -> bool:
        s = self.where[v]
        timing = self.routes[s] if s != NOWHERE else None
        if timing is None:
            return True
        start = timing.starts[timing.sequence.index(v)]
        return is_moved(self.case.published[v], self.case.shifts[s].id, start)
