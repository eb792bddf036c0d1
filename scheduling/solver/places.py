"""Where a visit fits in a route, and what that costs."""

from itertools import pairwise

from scheduling.problem import Break
from scheduling.solver import anneal
from scheduling.solver.case import Case
from scheduling.solver.draft import Draft
from scheduling.solver.loading import extra_of
from scheduling.solver.timing import NEVER, Timing, alone, arrive, begin, best_timing
from scheduling.wishes import seconds_of

Place = tuple[int, int]  # extra seconds with what is worth seconds, position among the visits
A_CALL = 900  # seconds of work that are worth not having to phone


class Places:
    """The cheapest position of each visit in each route; a route that did not change is not asked again."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._known: dict[tuple[int, int], tuple[Timing | None, Place | None]] = {}
        self._exact: dict[tuple[int, int], tuple[Timing | None, int | None]] = {}

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
        if place and v in self._case.unmet:
            wishes = seconds_of(self._case.problem, self._case.unmet[v][s])
            place = (place[0] + wishes, place[1])
        if place and self._case.product[v] is not None:
            wasted = extra_of(self._case, v, draft.spare[s]) - self._case.visits[v].doses
            place = (place[0] + anneal.WASTED * wasted, place[1])
        self._known[v, s] = (timing, place)
        return place

    def exact_position(self, draft: Draft, v: int, s: int) -> int | None:
        """A position where a visit fits with the pause anywhere; None when there is none."""
        if not self._case.windows[v][s] or not draft.allows(v, s):
            return None
        timing = draft.routes[s]
        known = self._exact.get((v, s))
        if known is None or known[0] is not timing:
            known = (timing, self._exactly(v, s, draft.visits(s), self.best(draft, v, s)))
            self._exact[v, s] = known
        return known[1]

    def _exactly(self, v: int, s: int, visits: tuple[int, ...], likely: Place | None) -> int | None:
        """The likely position first; each is timed anew with the pause on every leg."""
        positions = list(range(len(visits) + 1))
        if likely is not None:
            positions.insert(0, likely[1])
        elif self._is_plain(s, visits):
            return None
        for position in positions:
            trial = (*visits[:position], v, *visits[position:])
            if keeps_last(self._case, trial) and best_timing(self._case, s, trial):
                return position
        return None

    def _is_plain(self, s: int, visits: tuple[int, ...]) -> bool:
        """Whether the cheap look at every position knows for sure: no pause to be moved, nothing fixed."""
        case = self._case
        return case.shifts[s].pause is None and case.is_pinned.isdisjoint(visits)

    def _alone(self, v: int, s: int) -> Place | None:
        timing = alone(self._case, v, s)
        return (timing.back - timing.departure, 0) if timing else None

    def _in(self, v: int, timing: Timing) -> Place | None:
        case, s = self._case, timing.shift
        travel, stay, place = case.travel, case.service[v][s], case.place[v]
        best: Place | None = None
        for k in _positions(case, v, timing):
            there, here = travel[timing.places[k]][place], travel[place][timing.places[k + 1]]
            pause = timing.pause_on(case, k)
            wait = self._fits(v, timing, k, (pause, None))
            if wait is None and pause is not None:
                wait = self._fits(v, timing, k, (None, pause))
            if wait is None:
                continue
            cost = there + here - timing.drive(case, k) + stay + wait // 2
            if best is None or cost < best[0]:
                best = (cost, k)
        return best

    def _fits(
        self, v: int, timing: Timing, k: int, pauses: tuple[Break | None, Break | None]
    ) -> int | None:
        """Seconds of waiting when leg `k` leads over the visit, with the pause before or after it."""
        case, s = self._case, timing.shift
        place = case.place[v]
        there = case.travel[timing.places[k]][place]
        onward = case.travel[place][timing.places[k + 1]]
        arrival = arrive(timing.ready[k], there, pauses[0])
        start = begin(case.windows[v][s], arrival)
        if start == NEVER:
            return None
        fits = arrive(start + case.service[v][s], onward, pauses[1]) <= timing.latest[k]
        return start - arrival if fits else None


def _positions(case: Case, v: int, timing: Timing) -> range:
    """Where the rule of outbreaks lets a visit stand: at the end, or before what must be last."""
    last, must = len(timing.sequence), case.must_be_last
    closed = next((k for k, u in enumerate(timing.sequence) if must[u]), None)
    if must[v]:
        same = closed is None or case.place[timing.sequence[closed]] == case.place[v]
        return range(last, last + 1) if same else range(0)
    return range(last + 1) if closed is None else range(closed + 1)


def keeps_last(case: Case, visits: tuple[int, ...]) -> bool:
    """Nothing comes after a location with an outbreak but more of the same location."""
    must, place = case.must_be_last, case.place
    return all(not must[u] or place[u] == place[v] for u, v in pairwise(visits))
