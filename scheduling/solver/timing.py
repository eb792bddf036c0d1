"""The moments of one route: when the team is ready to leave each stop, how late it may be at the next.

A route is a list of visits with the pause of the crew among them as `PAUSE`. The pause is taken where
the team stands when it is ready with the stop before it. A pause after the return to the depot is not
in the list: then `pauses_after` is true and the team must be back in time for it.
"""

from bisect import bisect_right
from itertools import pairwise

from scheduling.solver.case import Case
from scheduling.solver.opening import Windows

PAUSE = -1
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


class Timing:
    """The moments of one list of stops in one shift; `feasible` says whether it can be driven."""

    __slots__ = (
        "back",
        "departure",
        "feasible",
        "latest",
        "metres",
        "pauses_after",
        "places",
        "ready",
        "sequence",
        "shift",
        "starts",
    )

    def __init__(
        self, case: Case, shift: int, sequence: tuple[int, ...], *, pauses_after: bool
    ) -> None:
        self.shift = shift
        self.sequence = sequence
        self.pauses_after = pauses_after
        self.starts: list[int] = []
        self.ready = [case.opens[shift]]
        self.places = [case.home[shift]]
        self.latest: list[int] = []
        self.departure = case.opens[shift]
        self.back = case.opens[shift]
        self.feasible = self._forward(case)
        self.metres = self._length(case)
        if self.feasible:
            self._backward(case)

    def _forward(self, case: Case) -> bool:
        travel, s = case.travel, self.shift
        for k, v in enumerate(self.sequence):
            here = self.places[-1]
            if v == PAUSE:
                pause = case.shifts[s].pause
                assert pause is not None
                start = max(self.ready[-1], pause.earliest)
                if start > pause.latest:
                    return False
                stay, place = pause.seconds, here
            else:
                place = case.place[v]
                start = begin(case.windows[v][s], self.ready[-1] + travel[here][place])
                if start == NEVER and self._is_given(case, k):
                    start = case.windows[v][s][0][0]
                stay = case.service[v][s]
                if start == NEVER:
                    return False
            self.starts.append(start)
            self.places.append(place)
            self.ready.append(max(start + stay, case.opens[s]))
        self.back = self.ready[-1] + travel[self.places[-1]][case.home[s]]
        self._begin_late(case)
        self.departure = self._leave(case)
        return self.back <= self.latest_back(case) or all(
            v in case.is_pinned for v in self.sequence
        )

    def _length(self, case: Case) -> int:
        way = [*self.places, case.home[self.shift]]
        return sum(case.metres[a][b] for a, b in pairwise(way))

    def _begin_late(self, case: Case) -> None:
        """Wait at the depot instead of at a door: begin each stop as late as the next one allows."""
        travel, s = case.travel, self.shift
        for k in range(len(self.sequence) - 2, -1, -1):
            v, here = self.sequence[k], self.places[k + 1]
            if v == PAUSE or v in case.is_pinned:
                continue
            to_next = travel[here][self.places[k + 2]]
            leave_by = self.starts[k + 1] - to_next
            late = begin_by(case.windows[v][s], leave_by - case.service[v][s])
            self.starts[k] = max(self.starts[k], late)

    def _is_given(self, case: Case, k: int) -> bool:
        """A fixed stop after fixed stops only: what is done or promised is not judged here."""
        return all(v in case.is_pinned for v in self.sequence[: k + 1])

    def _leave(self, case: Case) -> int:
        """The team leaves the depot no earlier than it must for its first stop."""
        for k, v in enumerate(self.sequence):
            if v != PAUSE:
                just_in_time = (
                    self.starts[k] - case.travel[case.home[self.shift]][self.places[k + 1]]
                )
                if k and self.sequence[0] == PAUSE:
                    return max(just_in_time, self.ready[1])
                return just_in_time
        return case.opens[self.shift]

    def latest_back(self, case: Case) -> int:
        """When the team must be back at the depot."""
        shift = case.shifts[self.shift]
        if not self.pauses_after or shift.pause is None:
            return shift.end
        return min(shift.pause.latest, shift.end - shift.pause.seconds)

    def _backward(self, case: Case) -> None:
        """The latest arrival at each stop, and at last at the depot, that keeps the rest feasible."""
        s, travel = self.shift, case.travel
        latest = [self.latest_back(case)]
        place = case.home[s]
        for k in range(len(self.sequence) - 1, -1, -1):
            v = self.sequence[k]
            leave_by = latest[-1] - travel[self.places[k + 1]][place]
            if v == PAUSE:
                pause = case.shifts[s].pause
                assert pause is not None
                latest.append(min(leave_by - pause.seconds, pause.latest))
                place = self.places[k + 1]
            else:
                latest.append(begin_by(case.windows[v][s], leave_by - case.service[v][s]))
                place = self.places[k + 1]
        latest.reverse()
        self.latest = latest


def best_timing(case: Case, shift: int, visits: tuple[int, ...]) -> Timing | None:
    """The visits in this order with the pause where the team is back first; None when it fits nowhere."""
    if case.shifts[shift].pause is None or not visits:
        timing = Timing(case, shift, visits, pauses_after=False)
        return timing if timing.feasible else None
    best: Timing | None = None
    for k in range(len(visits) + 2):
        after = k > len(visits)
        sequence = visits if after else (*visits[:k], PAUSE, *visits[k:])
        timing = Timing(case, shift, sequence, pauses_after=after)
        if timing.feasible and (best is None or _key(timing) < _key(best)):
            best = timing
    return best


def _key(timing: Timing) -> tuple[int, int]:
    return timing.back - timing.departure, timing.back


def alone(case: Case, v: int, s: int) -> Timing | None:
    """The route with this one visit; None when the shift can not make it at all."""
    if (v, s) not in case.alone:
        case.alone[v, s] = best_timing(case, s, (v,)) if case.windows[v][s] else None
    timing = case.alone[v, s]
    assert timing is None or isinstance(timing, Timing)
    return timing
