"""Gives visits that lost their team the cheapest gap of another one, one after the other, in one plan that fills up.

What does not change between two visits is read once: the schedules of all shifts, how long a visit takes, and the routes of now.
Which gap is chosen is what `places` would choose; only whoever does not fit is not asked by how much.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from scheduling.care.lookup import day_of
from scheduling.care.visit_length import ServiceTimes
from scheduling.problem import Published, Shift
from scheduling.steering.actual import Actual
from scheduling.steering.breaches import breaks_any
from scheduling.steering.effect import list_judged, without_asked
from scheduling.steering.timetable import (
    Settled,
    StandingStop,
    Timetable,
    WantedStop,
    stand,
)
from scheduling.steering.trials import still
from scheduling.steering.weighing import Weighed, rank, sum_work


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap of a shift into which a visit fits, and the route with it."""

    shift_id: str
    way: Weighed


class Filling:
    """A plan as it stands, and the visits that are put into it."""

    def __init__(self, actual: Actual, visits: Sequence[StandingStop]) -> None:
        self.actual = actual
        self._shifts = [row for row in actual.problem.shifts if row.id not in actual.frozen_shifts]
        problem = actual.problem
        everybody = [*actual.list_visits(), *(stop.visit for stop in visits)]
        self._times = Timetable(problem, self._shifts, everybody)
        self._lengths = ServiceTimes(replace(problem, fixed=()))
        self._places = {row.id: row.place for row in problem.locations}
        self._homes = {row.id: row.place for row in problem.depots}
        self._now: dict[str, Settled] = {}

    def put(self, stop: StandingStop, most: int) -> bool:
        """Gives a visit the cheapest gap that breaks no rule, on its day if there is one; whether there was.

        So many gaps are judged on its day, and of the others.
        """
        day = day_of(self.actual.problem, stop.fixed.start)
        same = [row for row in self._shifts if row.day == day]
        for shifts in (same, [row for row in self._shifts if row.day != day]):
            for gap in self._list_sound(stop, shifts, most):
                self._fill(stop, gap)
                return True
        return False

    def _list_sound(self, stop: StandingStop, shifts: Sequence[Shift], most: int) -> Iterator[Gap]:
        """The gaps of these shifts that break no rule, the cheapest first; a shift in which one does is left."""
        found: list[tuple[int, tuple[bool, int, int], Gap]] = []
        for shift in shifts:
            ways = sorted(self._weigh(stop, shift), key=rank)
            found += [(n, rank(way), Gap(shift.id, way)) for n, way in enumerate(ways)]
        found.sort(key=lambda row: (row[0], row[1], row[2].shift_id))
        left: set[str] = set()
        for _, _, gap in found[:most]:
            if gap.shift_id in left:
                continue
            if self._is_sound(gap, stop):
                yield gap
            else:
                left.add(gap.shift_id)

    def _weigh(self, stop: StandingStop, shift: Shift) -> Iterator[Weighed]:
        """Every gap of a shift in which the visit fits by the clock."""
        others = self.actual.standing.get(shift.id, ())
        wanted = self._to_wanted(stop, shift)
        for k in range(len(others) + 1):
            rows = still(self.actual, others, until=k)
            rows.insert(k, wanted)
            if self._comes_home(shift, rows, k):
                settled = self._times.fit(shift, rows)
                if settled is not None:
                    before, after = {shift.id: self._settle_now(shift)}, {shift.id: settled}
                    yield Weighed(before, after, sum_work(after) - sum_work(before))

    def _to_wanted(self, stop: StandingStop, shift: Shift) -> WantedStop:
        seconds = self._lengths.seconds(stop.visit, shift)
        if stop.visit.product_id:
            seconds = max(seconds, stop.fixed.service_seconds)
        fixed = replace(stop.fixed, shift_id=shift.id, service_seconds=seconds)
        return WantedStop(fixed, stop.visit, free=True)

    def _comes_home(self, shift: Shift, rows: Sequence[WantedStop], k: int) -> bool:
        """Whether the team would be back in time if every door were open and it had no break: where not, nothing fits."""
        travel = self.actual.problem.travel.seconds
        home = self._homes[shift.depot_id]
        places = [home, *(self._places[row.fixed.location_id] for row in rows), home]
        leave = max(shift.start, self.actual.problem.now)
        if k:
            before = rows[k - 1].fixed
            leave = max(leave, before.start + before.service_seconds)
        for row, (here, there) in zip(rows[k:], pairwise(places[k:]), strict=False):
            arrival = leave + travel[here][there]
            if row.exact and arrival > row.fixed.start:
                return False
            begin = arrival if row.free else max(arrival, row.fixed.start)
            leave = begin + row.fixed.service_seconds
        return leave + travel[places[-2]][home] <= shift.end

    def _settle_now(self, shift: Shift) -> Settled:
        if shift.id not in self._now:
            rows = self.actual.standing.get(shift.id, ())
            rows_now = still(self.actual, rows, until=len(rows))
            self._now[shift.id] = self._times.settle(shift, rows_now)
        return self._now[shift.id]

    def _is_sound(self, gap: Gap, stop: StandingStop) -> bool:
        actual, meant = self.actual, frozenset({stop.visit.id})
        if any(row.fixed.start < actual.problem.now for row in _list_new(gap)):
            return False
        judged = without_asked(actual, meant).problem
        before, after, lengths = list_judged(actual, gap.way)
        return not breaks_any(judged, before, after, lengths, meant)

    def _fill(self, stop: StandingStop, gap: Gap) -> None:
        """The plan in which the visit is made there, and who gives way is later."""
        actual, problem = self.actual, self.actual.problem
        known = {row.visit_id: row for row in problem.published}
        stops = tuple(
            self._on_its_day(row) if row.visit.id == stop.visit.id else row
            for row in gap.way.after[gap.shift_id].stops
        )
        rows = dict(known)
        for row in stops:
            name = row.visit.id
            rows[name] = replace(
                known.get(name) or to_published(stop),
                shift_id=gap.shift_id,
                start=row.fixed.start,
                service_seconds=row.fixed.service_seconds,
            )
        shift = actual.shifts[gap.shift_id]
        problem = replace(problem, published=tuple(rows.values()))
        self.actual = replace(
            actual,
            problem=problem,
            standing={**actual.standing, shift.id: stops},
            routes={**actual.routes, shift.id: stand(problem, shift, stops)},
        )
        del self._now[shift.id]

    def _on_its_day(self, stop: StandingStop) -> StandingStop:
        """A stop that stands is made on its day and no other."""
        day = day_of(self.actual.problem, stop.fixed.start)
        return StandingStop(stop.fixed, replace(stop.visit, first_day=day, last_day=day))


def _list_new(gap: Gap) -> Iterator[StandingStop]:
    """The stops that are made at another moment than before."""
    before = {row.visit.id: row.fixed.start for row in gap.way.before[gap.shift_id].stops}
    for row in gap.way.after[gap.shift_id].stops:
        if before.get(row.visit.id) != row.fixed.start:
            yield row


def to_published(stop: StandingStop) -> Published:
    """A stop as the published visit that it was."""
    return Published(
        visit_id=stop.visit.id,
        shift_id=stop.fixed.shift_id,
        start=stop.fixed.start,
        location_id=stop.visit.location_id,
        campaign_id=stop.visit.campaign_id,
        product_id=stop.visit.product_id,
        doses=stop.visit.needs,
        told=stop.fixed.why == "told",
    )


def fill(actual: Actual, stops: Sequence[StandingStop], most: int) -> list[Actual]:
    """The plan as it stands, and after each visit that found a gap."""
    filling = Filling(actual, stops)
    return [actual, *(filling.actual for stop in stops if filling.put(stop, most))]
