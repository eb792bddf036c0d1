"""A sub-problem as a plain routing problem that any engine can be told, and the way back to shifts.

A vehicle is a shift, folded to the time of day. What engines cannot be told is kept fixed: visits of
one series keep their day, visits that share a resident their shift, published visits their moment. What
may still break a rule (stock, reserved doses, rest) is refused or repaired by `operators.repair` on the
way back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scheduling.objective import A_MOVE_SECONDS
from scheduling.routing.problem import Break, Client, Routes, RoutingProblem, Vehicle, Windows
from scheduling.solver.decomposition.subproblem import SubProblem
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import NEVER
from scheduling.solver.model.series import Follow
from scheduling.solver.model.windows import overlap
from scheduling.solver.params import DEFAULT, CostWeights


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What a sub-problem keeps fixed besides pinned stops, so that its result keeps the rules between routes."""

    keep_supply: bool = False  # each visit keeps its depot and its day
    keep_published: bool = True  # visits at their published moment keep it
    # of a series the earlier visit keeps its day, or else the later one
    keep_earlier_dose: bool = True
    with_breaks: bool = True  # told to the engine; or else each shift ends earlier by its break


class Bridge:
    """The plain problem of a sub-problem; client k is visit `visits[k]`, vehicle k is shift `shifts[k]`."""

    def __init__(
        self,
        indexed: IndexedProblem,
        draft: Draft,
        sub_problem: SubProblem,
        restrictions: Restrictions,
        weights: CostWeights = DEFAULT.weights,
    ) -> None:
        self.indexed, self.draft, self.restrictions = indexed, draft, restrictions
        self.weights = weights
        self.shifts = sub_problem.shifts
        self._hours: dict[tuple[str, int, int], Windows] = {}
        self._days = {v: self._allowed_days(v) for v in sub_problem.visits if indexed.in_series[v]}
        rows = [(v, self._list_windows(v)) for v in sub_problem.visits]
        self.visits = tuple(v for v, windows in rows if any(windows))
        homes = [indexed.home[s] for s in self.shifts]
        places = sorted({*homes, *(indexed.place[v] for v in self.visits)})
        self._place = {place: k for k, place in enumerate(places)}
        crews: dict[tuple[int, ...], int] = {}  # the first shift with such a crew
        for s in self.shifts:
            crews.setdefault(indexed.crew[s], s)
        self._crews = list(crews)
        travel, metres = indexed.travel, indexed.metres
        self.problem = RoutingProblem(
            clients=tuple(
                self._to_client(v, windows, crews.values()) for v, windows in rows if any(windows)
            ),
            vehicles=tuple(self._to_vehicle(s) for s in self.shifts),
            seconds=tuple(tuple(travel[a][b] for b in places) for a in places),
            cost=tuple(
                tuple(metres[a][b] // weights.metres_per_work_second for b in places)
                for a in places
            ),
            cost_per_second=1,
        )

    def routes(self) -> Routes:
        """The present routes of the sub-problem, to start an engine from."""
        client = {v: k for k, v in enumerate(self.visits)}
        return tuple(
            tuple(client[v] for v in self.draft.visits(s) if v in client) for s in self.shifts
        )

    def to_shifts(self, routes: Sequence[Sequence[int]]) -> dict[int, tuple[int, ...]]:
        """The routes of an engine as the visits of each shift."""
        return {
            s: tuple(self.visits[k] for k in route)
            for s, route in zip(self.shifts, routes, strict=True)
        }

    def _midnight(self, s: int) -> int:
        return self.indexed.problem.day_starts[self.indexed.day[s]]

    def _to_vehicle(self, s: int) -> Vehicle:
        shift, midnight = self.indexed.shifts[s], self._midnight(s)
        crew_break, end = None, shift.end - midnight
        if shift.pause and self.restrictions.with_breaks:
            first, last = shift.pause.earliest - midnight, shift.pause.latest - midnight
            crew_break = Break(first, last, shift.pause.seconds)
        # the engine plans a shorter shift; on the way back the break finds its leg
        elif shift.pause:
            end = max(self.indexed.opens[s] - midnight, end - shift.pause.seconds)
        return Vehicle(
            home=self._place[self.indexed.home[s]],
            crew=self._crews.index(self.indexed.crew[s]),
            earliest=max(0, self.indexed.opens[s] - midnight),
            latest=end,
            capacity=(shift.capacity,),
            pause=crew_break,
        )

    def _to_client(self, v: int, windows: tuple[Windows, ...], crews: Iterable[int]) -> Client:
        indexed = self.indexed
        # the price of a visit, less the waste that it causes alone: engines know nothing of sharing a
        # container
        weights = self.weights
        waste = indexed.min_load[v] - indexed.visits[v].doses
        price = (
            weights.unserved * indexed.weight[v]
            + weights.late * indexed.late[v]
            - weights.wasted * waste
        )
        if v in indexed.published:
            price += weights.moved
        return Client(
            place=self._place[indexed.place[v]],
            service=tuple(indexed.service[v][s] for s in crews),
            windows=windows,
            load=(indexed.min_load[v],),
            prize=None if v in indexed.is_pinned else max(1, price),
        )

    def _list_windows(self, v: int) -> tuple[Windows, ...]:
        """The windows of a visit by vehicle; () where it is not possible, or not under the restrictions."""
        indexed = self.indexed
        now = self.draft.where[v]
        # no engine can be told who is a resident of two visits, or which stops must be last
        if v in indexed.is_pinned or indexed.clashes[v] or indexed.must_be_last[v]:
            return tuple(self._clip_windows(v, s) if s == now else () for s in self.shifts)
        if self.restrictions.keep_published and now != NOWHERE and v in indexed.published:
            near = self._published_windows(v, now)
            if near:
                return tuple(near if s == now else () for s in self.shifts)
        return tuple(
            self._clip_windows(v, s) if self._is_allowed(v, s, now) else () for s in self.shifts
        )

    def _is_allowed(self, v: int, s: int, now: int) -> bool:
        """Whether the restrictions let a visit move from the shift `now` to shift `s`."""
        if v in self._days and self.indexed.day[s] not in self._days[v]:
            return False
        if not self.restrictions.keep_supply or not self.indexed.load[v]:
            return True
        shifts = self.indexed.shifts
        return now != NOWHERE and (shifts[now].depot_id, shifts[now].day) == (
            shifts[s].depot_id,
            shifts[s].day,
        )

    def _published_windows(self, v: int, now: int) -> Windows:
        """The windows around the published start of a visit that is there now; () when it is not."""
        published, schedule = self.indexed.published[v], self.draft.routes[now]
        if self.indexed.published_shift[v] != now or schedule is None:
            return ()
        if abs(schedule.starts[schedule.sequence.index(v)] - published.start) > A_MOVE_SECONDS:
            return ()
        start = published.start - self._midnight(now)
        hours = clip_to_day(
            self._midnight(now), self.indexed.windows[v][now]
        )  # its own start, slack or not
        return overlap(hours, start - A_MOVE_SECONDS, start + A_MOVE_SECONDS)

    def _clip_windows(self, v: int, s: int) -> Windows:
        """Start windows in seconds since midnight; the engine itself sees to the road and the ends of the shift."""
        indexed = self.indexed
        if not indexed.windows[v][s]:
            return ()
        midnight = self._midnight(s)
        visit, shift = indexed.visits[v], indexed.shifts[s]
        if v in indexed.is_pinned or visit.product_id is None:
            hours = (
                indexed.windows[v][s]
                if v in indexed.is_pinned
                else indexed.start_windows.list_day_windows(visit, s)
            )
            return clip_to_day(midnight, hours)
        fresh = shift.start + indexed.fresh_seconds[v]
        # the same windows for many shifts, so that engines see few kinds of vehicle
        latest = fresh if fresh < shift.end else NEVER
        key = (visit.location_id, shift.day, latest)
        if key not in self._hours:
            hours = overlap(
                indexed.start_windows.list_hours_with_slack(visit.location_id, s), 0, latest
            )
            self._hours[key] = clip_to_day(midnight, hours)
        return self._hours[key]

    def _allowed_days(self, v: int) -> set[int]:
        """The days that keep the intervals of a series while one visit of each pair keeps its day."""
        indexed, where = self.indexed, self.draft.where
        days = set(range(indexed.problem.days))
        for follow in indexed.follows:
            if v not in (follow.before, follow.after):
                continue
            is_held = (v == follow.before) == self.restrictions.keep_earlier_dose
            other = where[follow.after if v == follow.before else follow.before]
            if other == NOWHERE and v == follow.after:
                return set()
            if is_held:
                days &= {indexed.day[where[v]]} if where[v] != NOWHERE else set()
            elif other != NOWHERE:
                days &= _list_days(indexed.day[other], follow, later=v == follow.after)
        return days


def clip_to_day(midnight: int, hours: Windows) -> Windows:
    """Windows in seconds since midnight, without what lies before it."""
    return tuple((max(0, a - midnight), b - midnight) for a, b in hours if b >= midnight)


def _list_days(day: int, follow: Follow, *, later: bool) -> set[int]:
    """The days that the other visit of a pair allows."""
    if later:
        return set(range(day + follow.min_days, day + follow.max_days + 1))
    return set(range(day - follow.max_days, day - follow.min_days + 1))
