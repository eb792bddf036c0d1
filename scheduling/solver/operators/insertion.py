"""Where a visit fits in a route, and what that costs."""

from collections.abc import Callable, Iterable
from itertools import pairwise

from scheduling.care.wishes import seconds_of
from scheduling.plan import Plan
from scheduling.problem import Break
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import Case
from scheduling.solver.model.schedule import (
    NEVER,
    RouteSchedule,
    best_schedule,
    earliest_arrival,
    earliest_start,
    solo_schedule,
)
from scheduling.solver.model.stock import extra_of
from scheduling.solver.operators import acceptance

Place = tuple[int, int]  # extra seconds with what is worth seconds, position among the visits
A_CALL = 900  # seconds of work that are worth not having to phone


class Places:
    """The cheapest position of each visit in each route; a route that did not change is not asked again."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._known: dict[tuple[int, int], tuple[RouteSchedule | None, Place | None]] = {}
        self._exact: dict[tuple[int, int], tuple[RouteSchedule | None, int | None]] = {}

    def best(self, draft: Draft, v: int, s: int) -> Place | None:
        """The cheapest position in a shift as it is, with the pause where it is."""
        if not draft.allows(v, s):
            return None
        schedule = draft.routes[s]
        known = self._known.get((v, s))
        if known is not None and known[0] is schedule:
            return known[1]
        place = self._alone(v, s) if schedule is None else self._in(v, schedule)
        if place and v in self._case.published and self._case.published_shift[v] != s:
            place = (place[0] + A_CALL, place[1])
        if place and v in self._case.unmet:
            wishes = seconds_of(self._case.problem, self._case.unmet[v][s])
            place = (place[0] + wishes, place[1])
        if place and self._case.product[v] is not None:
            wasted = extra_of(self._case, v, draft.spare[s]) - self._case.visits[v].doses
            place = (place[0] + acceptance.WASTED * wasted, place[1])
        self._known[v, s] = (schedule, place)
        return place

    def exact_position(self, draft: Draft, v: int, s: int) -> int | None:
        """A position where a visit fits with the pause anywhere; None when there is none."""
        if not self._case.windows[v][s] or not draft.allows(v, s):
            return None
        schedule = draft.routes[s]
        known = self._exact.get((v, s))
        if known is None or known[0] is not schedule:
            known = (schedule, self._exactly(v, s, draft.visits(s), self.best(draft, v, s)))
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
            if keeps_last(self._case, trial) and best_schedule(self._case, s, trial):
                return position
        return None

    def _is_plain(self, s: int, visits: tuple[int, ...]) -> bool:
        """Whether the cheap look at every position knows for sure: no pause to be moved, nothing fixed."""
        case = self._case
        return case.shifts[s].pause is None and case.is_pinned.isdisjoint(visits)

    def _alone(self, v: int, s: int) -> Place | None:
        schedule = solo_schedule(self._case, v, s)
        return (schedule.return_time - schedule.departure, 0) if schedule else None

    def _in(self, v: int, schedule: RouteSchedule) -> Place | None:
        case, s = self._case, schedule.shift
        travel, stay, place = case.travel, case.service[v][s], case.place[v]
        best: Place | None = None
        for k in _positions(case, v, schedule):
            there, here = travel[schedule.places[k]][place], travel[place][schedule.places[k + 1]]
            crew_break = schedule.break_on(case, k)
            wait = self._fits(v, schedule, k, (crew_break, None))
            if wait is None and crew_break is not None:
                wait = self._fits(v, schedule, k, (None, crew_break))
            if wait is None:
                continue
            cost = there + here - schedule.drive_seconds(case, k) + stay + wait // 2
            if best is None or cost < best[0]:
                best = (cost, k)
        return best

    def _fits(
        self, v: int, schedule: RouteSchedule, k: int, pauses: tuple[Break | None, Break | None]
    ) -> int | None:
        """Seconds of waiting when leg `k` leads over the visit, with the pause before or after it."""
        case, s = self._case, schedule.shift
        place = case.place[v]
        there = case.travel[schedule.places[k]][place]
        onward = case.travel[place][schedule.places[k + 1]]
        arrival = earliest_arrival(schedule.earliest_departures[k], there, pauses[0])
        start = earliest_start(case.windows[v][s], arrival)
        if start == NEVER:
            return None
        fits = (
            earliest_arrival(start + case.service[v][s], onward, pauses[1])
            <= schedule.latest_arrivals[k]
        )
        return start - arrival if fits else None


def _positions(case: Case, v: int, schedule: RouteSchedule) -> range:
    """Where the rule of outbreaks lets a visit stand: at the end, or before what must be last."""
    last, must = len(schedule.sequence), case.must_be_last
    closed = next((k for k, u in enumerate(schedule.sequence) if must[u]), None)
    if must[v]:
        same = closed is None or case.place[schedule.sequence[closed]] == case.place[v]
        return range(last, last + 1) if same else range(0)
    return range(last + 1) if closed is None else range(closed + 1)


def keeps_last(case: Case, visits: tuple[int, ...]) -> bool:
    """Nothing comes after a location with an outbreak but more of the same location."""
    must, place = case.must_be_last, case.place
    return all(not must[u] or place[u] == place[v] for u, v in pairwise(visits))


Ranked = list[tuple[int, int]]  # extra seconds and shift, the cheapest first
Order = Callable[[int, Ranked], tuple[float, ...]]
PastStop = tuple[int, int, int]  # start, visit, shift
ONE_PLACE_LEFT = 100_000  # seconds that count as lost when the only place is taken


def construct(case: Case, places: Places, previous: Plan | None = None) -> Draft:
    """The best of a few fillings: fewest ways out first, most people for each dose first.

    Each begins with the stops that people were told of; one more begins with a plan made before.
    """
    told = [(row.start, v, case.published_shift[v]) for v, row in case.published.items()]
    starts = [(told, by_regret(case)), (told, by_worth(case))]
    if previous is not None:
        starts.append((_stops_of(case, previous), by_regret(case)))
    drafts = []
    for stops, order in starts:
        draft = Draft(case)
        restore(draft, stops)
        Insertion(draft, places, draft.waiting(), order).run()
        drafts.append(draft)
    return min(drafts, key=lambda draft: draft.values().as_tuple())


def known_stops(case: Case, previous: Plan | None) -> list[PastStop]:
    """What people were told, then a plan made before."""
    told = [(row.start, v, case.published_shift[v]) for v, row in case.published.items()]
    return told or (_stops_of(case, previous) if previous is not None else [])


def _stops_of(case: Case, plan: Plan) -> list[PastStop]:
    return [
        (stop.start, case.index[stop.visit.id], case.shift_index.get(route.shift_id, NOWHERE))
        for route in plan.routes
        for stop in route.stops
        if stop.visit.id in case.index
    ]


def restore(draft: Draft, stops: Iterable[PastStop]) -> None:
    """Put visits back where they stood, in the same order, as far as that still holds."""
    for _, v, s in sorted(stops):
        if draft.where[v] == NOWHERE and s != NOWHERE and draft.case.windows[v][s]:
            position, visits = _position(draft, v, s), draft.visits(s)
            trial = (*visits[:position], v, *visits[position:])
            if draft.allows(v, s) and draft.fits(v, s) and keeps_last(draft.case, trial):
                draft.put(s, trial)


def _position(draft: Draft, v: int, s: int) -> int:
    """Behind the stops that were put back before it, but not behind a later fixed stop."""
    visits = draft.visits(s)
    latest = draft.case.windows[v][s][-1][1]
    fixed = {row.visit: row.start for row in draft.case.pinned}
    later = [k for k, u in enumerate(visits) if fixed.get(u, 0) > latest]
    return later[0] if later else len(visits)


def by_regret(case: Case) -> Order:
    """The visit that would lose most if it had to take its second best shift."""

    def order(v: int, ranked: Ranked) -> tuple[float, ...]:
        second = ranked[1][0] if len(ranked) > 1 else ranked[0][0] + ONE_PLACE_LEFT
        return (case.turn[v], ranked[0][0] - second, v)

    return order


def by_worth(case: Case) -> Order:
    """The visit that serves most for each dose that leaves the stock."""

    def order(v: int, ranked: Ranked) -> tuple[float, ...]:
        return (case.turn[v], -case.weight[v] / max(1, case.load[v]), ranked[0][0], v)

    return order


def fill(draft: Draft, places: Places) -> None:
    """No visit stays out that fits somewhere as it is, whatever it costs; the weightiest first.

    Again when one went in: a next dose may follow now.
    """
    case = draft.case
    waiting = sorted(draft.waiting(), key=lambda v: (case.turn[v], -case.weight[v], v))
    filled = [_fill_in(draft, places, v) for v in waiting]
    if case.follows and any(filled):
        fill(draft, places)


def _fill_in(draft: Draft, places: Places, v: int) -> bool:
    for s in draft.case.shifts_of[v]:
        if draft.fits(v, s):
            position = places.exact_position(draft, v, s)
            if position is not None and draft.insert(v, s, position):
                return True
    return False


class Insertion:
    """The filling of a draft: for every visit that waits, its places by shift."""

    def __init__(self, draft: Draft, places: Places, waiting: Iterable[int], order: Order) -> None:
        self.draft = draft
        self.order = order
        self.best = places.best
        self.places: dict[int, dict[int, Place]] = {}
        for v in waiting:
            self.places[v] = {}
            for s in draft.case.shifts_of[v]:
                self._look(v, s)

    def _look(self, v: int, s: int) -> None:
        place = self.best(self.draft, v, s)
        if place is None:
            self.places[v].pop(s, None)
        else:
            self.places[v][s] = place

    def run(self) -> None:
        """Insert until nothing that waits has a place left."""
        ranks = {v: self._rank(v) for v in self.places}
        while open_ranks := [(rank, v) for v, rank in ranks.items() if rank is not None]:
            _, v = min(open_ranks)
            touched = self._insert_best(v)
            if self.draft.where[v] != NOWHERE:
                del self.places[v]
                del ranks[v]
            for u in touched:
                if u in ranks:
                    ranks[u] = self._rank(u)

    def _rank(self, v: int) -> tuple[float, ...] | None:
        places = self.places[v]
        if not places:
            return None
        return self.order(v, sorted((cost, s) for s, (cost, _) in places.items()))

    def _insert_best(self, v: int) -> list[int]:
        """Try the places of a visit from the cheapest on; which visits must be ranked again."""
        for s in sorted(self.places[v], key=lambda s: (self.places[v][s], s)):
            _, position = self.places[v][s]
            if self.draft.fits(v, s) and self.draft.insert(v, s, position):
                return self._after(v, s)
            del self.places[v][s]
        return [v]

    def _after(self, v: int, s: int) -> list[int]:
        """Look again at the shifts that the insertion touched."""
        case = self.draft.case
        shifts = {s, *case.conflicts[s], *case.later_that_day[s], *case.earlier_that_day[s]}
        related = {f.after for f in case.follows if f.before == v}
        touched = []
        for u, places in self.places.items():
            if u == v:
                continue
            again = case.shifts_of[u] if u in related else [t for t in shifts if t in places]
            if v in case.clashes[u]:
                again = list(places)
            for t in again:
                self._look(u, t)
            if again:
                touched.append(u)
        return touched
