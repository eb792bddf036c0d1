"""Where a visit fits in a route, and what that costs."""

from itertools import pairwise

from scheduling.solver.case import Case
from scheduling.solver.draft import Draft
from scheduling.solver.timing import NEVER, PAUSE, Timing, alone, begin, best_timing

Place = tuple[int, int]  # extra seconds, position among the visits of the route
A_CALL = 900  # seconds of work that are worth not having to phone


class Places:
    """The cheapest position of each visit in each route; a route that did not change is not asked again."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._known: dict[tuple[int, int], tuple[Timing | None, Place | None]] = {}

    def best(self, draft: Draft, v: int, s: int) -> Place | None:
        """The cheapest position in a shift as it is, with the pause where it is."""
        if not draft.allows(v, s):
            return None
        timing = draft.routes[s]
        known = self._known.get((v, s))
        if known is not None and known[0] is timing:
            return known[1]
        place = self._alone(v, s) if timing is None else self._in(v, timing)
        if place and v in self._case.published and self._case.published_shift[v] != s:
            place = (place[0] + A_CALL, place[1])
        self._known[v, s] = (timing, place)
        return place

    def _alone(self, v: int, s: int) -> Place | None:
        timing = alone(self._case, v, s)
        return (timing.back - timing.departure, 0) if timing else None

    def _in(self, v: int, timing: Timing) -> Place | None:
        case, s = self._case, timing.shift
        travel, windows, stay = case.travel, case.windows[v][s], case.service[v][s]
        place = case.place[v]
        sequence, last = timing.sequence, len(timing.sequence)
        best: Place | None = None
        for k in _positions(case, v, timing):
            here = timing.places[k]
            arrival = timing.ready[k] + travel[here][place]
            start = begin(windows, arrival)
            if start == NEVER:
                continue
            there = timing.places[k + 1] if k < last else case.home[s]
            ready, limit = start + stay, timing.latest[k]
            if k < last and sequence[k] == PAUSE:
                ready = _after_pause(case, s, ready)
                there = timing.places[k + 2] if k + 1 < last else case.home[s]
                limit = timing.latest[k + 1]
            if ready + travel[place][there] > limit:
                continue
            extra = travel[here][place] + travel[place][there] - travel[here][there]
            cost = extra + stay + (start - arrival) // 2
            if best is None or cost < best[0]:
                best = (cost, k)
        if best is None:
            return None
        return best[0], sum(u != PAUSE for u in sequence[: best[1]])


def _after_pause(case: Case, s: int, ready: int) -> int:
    """When the team has had its pause, if it begins when it is ready; NEVER when that is too late."""
    pause = case.shifts[s].pause
    assert pause is not None
    start = max(ready, pause.earliest)
    return start + pause.seconds if start <= pause.latest else NEVER


def _positions(case: Case, v: int, timing: Timing) -> range:
    """Where the rule of outbreaks lets a visit stand: at the end, or before what must be last."""
    last, must = len(timing.sequence), case.must_be_last
    closed = next((k for k, u in enumerate(timing.sequence) if u != PAUSE and must[u]), None)
    if must[v]:
        same = closed is None or case.place[timing.sequence[closed]] == case.place[v]
        return range(last, last + 1) if same else range(0)
    return range(last + 1) if closed is None else range(closed + 1)


def exact_position(draft: Draft, v: int, s: int) -> int | None:
    """A position where a visit fits with the pause anywhere; None when there is none."""
    case = draft.case
    if not case.windows[v][s] or not draft.allows(v, s):
        return None
    visits = draft.visits(s)
    for position in range(len(visits) + 1):
        trial = (*visits[:position], v, *visits[position:])
        if keeps_last(case, trial) and best_timing(case, s, trial):
            return position
    return None


def keeps_last(case: Case, visits: tuple[int, ...]) -> bool:
    """Nothing comes after a location with an outbreak but more of the same location."""
    must, place = case.must_be_last, case.place
    return all(not must[u] or place[u] == place[v] for u, v in pairwise(visits))
