"""The moments of one route: when the team is ready to leave each stop, how late it may be at the next.

Leg k of a route leads to its stop k, the last leg back to the depot. The crew has its pause on one leg:
before it drives, on the way, or at the door; or at the depot after the last leg.
"""

from bisect import bisect_right
from itertools import pairwise

from scheduling.problem import Break
from scheduling.solver.model.indexed import Case
from scheduling.solver.model.windows import Windows

NO_LEG = -1
NEVER = 1 << 40


def begin(windows: Windows, arrival: int) -> int:
    """The first moment from the arrival on at which service may begin; NEVER when there is none."""
    for opens, closes in windows:
        if arrival <= closes:
            return max(opens, arrival)
    return NEVER


def begin_by(windows: Windows, latest: int) -> int:
    """The last moment at which service may begin that is not after `latest`; -NEVER when there is none."""
    i = bisect_right(windows, (latest, NEVER)) - 1
    return min(latest, windows[i][1]) if i >= 0 else -NEVER


def arrive(ready: int, drive: int, pause: Break | None) -> int:
    """When a team is at the door and has had the pause of this leg; NEVER when that begins too late."""
    if pause is None:
        return ready + drive
    if ready > pause.latest:
        return NEVER
    return max(ready + drive, pause.earliest) + pause.seconds


def leave_by(latest: int, drive: int, pause: Break | None) -> int:
    """The last moment to leave so as to arrive by `latest` after the pause of this leg."""
    if pause is None:
        return latest - drive
    if pause.earliest + pause.seconds > latest:
        return -NEVER
    return min(latest - drive - pause.seconds, pause.latest)


class Timing:
    """The moments of one list of stops in one shift; `feasible` says whether it can be driven."""

    __slots__ = (
        "back",
        "departure",
        "feasible",
        "latest",
        "metres",
        "pause_leg",
        "places",
        "ready",
        "sequence",
        "shift",
        "starts",
    )

    def __init__(
        self, case: Case, shift: int, sequence: tuple[int, ...], pause_leg: int = NO_LEG
    ) -> None:
        self.shift = shift
        self.sequence = sequence
        self.pause_leg = pause_leg  # one more than there are legs: after the return
        home = case.home[shift]
        self.places = [home, *(case.place[v] for v in sequence), home]
        self.starts: list[int] = []
        self.ready = [case.opens[shift]]
        self.latest: list[int] = []
        self.back = self.departure = case.opens[shift]
        self.metres = 0
        self.feasible = self._forward(case)
        if self.feasible:
            self._begin_late(case)
            self._come_later(case)
            self.feasible = self._keeps_fresh(case)
        if self.feasible:
            self._backward(case)
            self.metres = sum(case.metres[a][b] for a, b in pairwise(self.places))

    def pause_on(self, case: Case, leg: int) -> Break | None:
        """The pause, when the crew has it on this leg."""
        return case.shifts[self.shift].pause if leg == self.pause_leg else None

    def drive(self, case: Case, leg: int) -> int:
        """Seconds on the road of a leg."""
        return case.travel[self.places[leg]][self.places[leg + 1]]

    def latest_back(self, case: Case) -> int:
        """When the team must be back at the depot."""
        shift = case.shifts[self.shift]
        if shift.pause is None or self.pause_leg != len(self.sequence) + 1:
            return shift.end
        return min(shift.pause.latest, shift.end - shift.pause.seconds)

    def _forward(self, case: Case) -> bool:
        """Everything as early as can be."""
        s = self.shift
        for k, v in enumerate(self.sequence):
            windows = case.windows[v][s]
            arrival = arrive(self.ready[k], self.drive(case, k), self.pause_on(case, k))
            start = begin(windows, arrival)
            if start == NEVER:
                if not self._is_given(case, k):
                    return False
                start = windows[0][0]
            self.starts.append(start)
            self.ready.append(max(start + case.service[v][s], case.opens[s]))
        last = len(self.sequence)
        if last and self._is_given(case, last):
            left = self.starts[-1] + case.service[self.sequence[-1]][s]
            self.back = left + self.drive(case, last)
            return True
        self.back = arrive(self.ready[last], self.drive(case, last), self.pause_on(case, last))
        return self.back <= self.latest_back(case)

    def _is_given(self, case: Case, k: int) -> bool:
        """A fixed stop after fixed stops only: what is done or promised is not judged here."""
        return self.pause_leg == NO_LEG and all(v in case.given for v in self.sequence[: k + 1])

    def _begin_late(self, case: Case) -> None:
        """Wait at the depot instead of at a door: begin each stop as late as the next one allows."""
        s = self.shift
        for k in range(len(self.sequence) - 2, -1, -1):
            v = self.sequence[k]
            if v in case.is_pinned:
                continue
            leave = leave_by(
                self.starts[k + 1], self.drive(case, k + 1), self.pause_on(case, k + 1)
            )
            late = begin_by(case.windows[v][s], leave - case.service[v][s])
            self.starts[k] = max(self.starts[k], late)
        self.departure = self._leave(case)

    def _come_later(self, case: Case) -> None:
        """With several windows a later return may be a shorter day: begin a stop in a later window."""
        case_windows = [case.windows[v][self.shift] for v in self.sequence]
        waits = self.back - self.departure > self._work(case)
        if not waits or not case.is_pinned.isdisjoint(self.sequence):
            return
        best = (self.back - self.departure, self.back, self.departure, self.starts)
        for k, windows in enumerate(case_windows):
            for opens, _ in windows:
                if opens > self.starts[k] and self._begin_from(case, k, opens):
                    best = min(
                        best, (self.back - self.departure, self.back, self.departure, self.starts)
                    )
                _, self.back, self.departure, self.starts = best
        _, self.back, self.departure, self.starts = best

    def _work(self, case: Case) -> int:
        """Seconds that the route takes without any waiting."""
        pause = case.shifts[self.shift].pause
        stays = sum(case.service[v][self.shift] for v in self.sequence)
        roads = sum(case.travel[a][b] for a, b in pairwise(self.places))
        is_inside = pause is not None and 0 <= self.pause_leg <= len(self.sequence)
        return stays + roads + (pause.seconds if pause is not None and is_inside else 0)

    def _begin_from(self, case: Case, k: int, start: int) -> bool:
        """Begin stop k at a moment, what follows as early and what precedes as late as can be."""
        s = self.shift
        starts = [*self.starts[:k], start]
        for m in range(k, len(self.sequence)):
            left = starts[m] + case.service[self.sequence[m]][s]
            moment = arrive(left, self.drive(case, m + 1), self.pause_on(case, m + 1))
            if m + 1 == len(self.sequence):
                if moment > self.latest_back(case):
                    return False
                self.back = moment
            else:
                starts.append(begin(case.windows[self.sequence[m + 1]][s], moment))
                if starts[-1] == NEVER:
                    return False
        self.starts = starts
        self._begin_late(case)
        return True

    def _leave(self, case: Case) -> int:
        """The team leaves the depot no earlier than it must for its first stop."""
        if not self.starts:
            return self.departure
        just_in_time = self.starts[0] - self.drive(case, 0)
        pause = self.pause_on(case, 0)
        if pause is None:
            return just_in_time
        ends = max(case.opens[self.shift], pause.earliest) + pause.seconds
        return just_in_time if ends <= just_in_time else just_in_time - pause.seconds

    def _keeps_fresh(self, case: Case) -> bool:
        """Around fixed stops no doses become too old; of other routes the windows see to it."""
        if case.is_pinned.isdisjoint(self.sequence) or self._is_given(case, len(self.sequence)):
            return True
        return all(
            start - self.departure <= case.fresh_seconds[v]
            for v, start in zip(self.sequence, self.starts, strict=True)
        )

    def _backward(self, case: Case) -> None:
        """The latest arrival at each stop, and at last at the depot, that keeps the rest feasible."""
        s = self.shift
        latest = [self.latest_back(case)]
        for k in range(len(self.sequence) - 1, -1, -1):
            v = self.sequence[k]
            leave = leave_by(latest[-1], self.drive(case, k + 1), self.pause_on(case, k + 1))
            latest.append(begin_by(case.windows[v][s], leave - case.service[v][s]))
        latest.reverse()
        self.latest = latest


def best_timing(case: Case, shift: int, visits: tuple[int, ...]) -> Timing | None:
    """The visits in this order with the pause where the team is back first; None when it fits nowhere."""
    if case.shifts[shift].pause is None or not visits:
        timing = Timing(case, shift, visits)
        return timing if timing.feasible else None
    best: Timing | None = None
    for leg in range(len(visits) + 2):
        timing = Timing(case, shift, visits, leg)
        if timing.feasible and (best is None or _length(timing) < _length(best)):
            best = timing
    return best


def _length(timing: Timing) -> tuple[int, int]:
    return timing.back - timing.departure, timing.back


def alone(case: Case, v: int, s: int) -> Timing | None:
    """The route with this one visit; None when the shift can not make it at all."""
    if (v, s) not in case.alone:
        case.alone[v, s] = best_timing(case, s, (v,)) if case.windows[v][s] else None
    timing = case.alone[v, s]
    assert timing is None or isinstance(timing, Timing)
    return timing
