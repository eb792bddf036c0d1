"""The times of a route of which some stops stand and others give way, by the schedule of the solver.

A stop gives way by being later, never earlier: who was told a moment is ready by then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from scheduling.plan import Route, Visit
from scheduling.problem import Fixed, Problem, Shift
from scheduling.solver.model.draft import to_route
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import NEVER, NO_LEG, RouteSchedule
from scheduling.solver.model.windows import StartWindows, Windows, merge_windows, overlap
from scheduling.standing import route_of


@dataclass(frozen=True, slots=True)
class StandingStop:
    """A stop of the plan as people go by it."""

    fixed: Fixed
    visit: Visit


@dataclass(frozen=True, slots=True)
class WantedStop:
    """A stop of a route that is to be driven: at its moment, or from then on, or as soon as the team is there."""

    fixed: Fixed  # its start is the moment; it is not looked at where the stop is `free`
    visit: Visit
    exact: bool = False
    free: bool = False
    stands: bool = True  # it is made at that moment now, whatever the hours say since

    def at(self, start: int) -> "StandingStop":
        """The stop at this moment."""
        return StandingStop(replace(self.fixed, start=start), self.visit)


@dataclass(frozen=True, slots=True)
class Settled:
    """The stops of a shift at the moments that were found, and the route that they make."""

    stops: tuple[StandingStop, ...]
    route: Route | None  # None: nothing is left to drive
    later: int  # seconds by which stops give way, summed
    fits: bool  # no hours, drives or break speak against it


class _Unsearched(IndexedProblem):
    """An index of which nothing is searched: how long a stop takes and when it may begin is set as it is settled."""

    @override
    def _find_windows(self, like: IndexedProblem | None) -> None:
        del like
        self.start_windows = StartWindows(self.problem, self.shifts)
        self.service = [[0] * len(self.shifts) for _ in self.visits]
        self.windows = [[()] * len(self.shifts) for _ in self.visits]
        self.possible_shifts = [[] for _ in self.visits]

    @override
    def _relate_visits(self) -> None:
        """No schedule asks which doses follow which; and a next dose may stand whose first one lost its place."""
        self.follows, self.in_series = [], [False] * self.size
        self.clashes = [frozenset[int]()] * self.size


class Timetable:
    """Schedules of the shifts of one problem, for the visits that it is made with."""

    def __init__(self, problem: Problem, shifts: Sequence[Shift], visits: Sequence[Visit]) -> None:
        self._problem = replace(
            problem, shifts=tuple(shifts), fixed=(), published=(), slack_minutes=0
        )
        self._asked = {row.visit_id: row for row in problem.asked}
        self._indexed = _Unsearched(self._problem, visits)

    def settle(self, shift: Shift, stops: Sequence[WantedStop]) -> Settled:
        """The moments at which fewest seconds are lost to who gives way; where nothing fits, what comes nearest.

        What comes nearest breaks a rule, which then says by how much.
        """
        return self.fit(shift, stops) or self._come_near(shift, stops)

    def fit(self, shift: Shift, stops: Sequence[WantedStop]) -> Settled | None:
        """The moments at which fewest seconds are lost to who gives way; None where nothing fits."""
        if not stops:
            return Settled((), None, 0, fits=True)
        s = self._indexed.shift_index[shift.id]
        sequence = tuple(self._indexed.index[stop.visit.id] for stop in stops)
        for v, stop in zip(sequence, stops, strict=True):
            self._indexed.service[v][s] = stop.fixed.service_seconds
        found = [
            (self._count_later(stops, starts), leg, starts)
            for leg, starts in self._list_schedules(s, sequence, stops)
        ]
        return self._drive(s, sequence, stops, min(found)) if found else None

    def _list_schedules(
        self, s: int, sequence: tuple[int, ...], stops: Sequence[WantedStop]
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        """For each leg on which the break fits, the earliest starts."""
        for v, stop in zip(sequence, stops, strict=True):
            self._indexed.windows[v][s] = self._list_windows(s, stop)
        if not all(self._indexed.windows[v][s] for v in sequence):
            return
        legs = range(len(stops) + 2) if self._indexed.shifts[s].pause else (NO_LEG,)
        for leg in legs:
            schedule = RouteSchedule(self._indexed, s, sequence, leg)
            if schedule.feasible:
                leaves = schedule.earliest_departures[1:]
                yield (
                    leg,
                    tuple(
                        leave - stop.fixed.service_seconds
                        for leave, stop in zip(leaves, stops, strict=True)
                    ),
                )

    def _list_windows(self, s: int, stop: WantedStop) -> Windows:
        moment = ((stop.fixed.start, stop.fixed.start),)
        if stop.exact:
            return moment
        indexed, visit = self._indexed, stop.visit
        if visit.product_id is None:
            hours: Windows = (indexed.start_windows.find_crisis_window(visit),)
        else:
            hours = indexed.start_windows.list_opening_hours(visit.location_id, s)
        if asked := self._asked.get(visit.id):
            hours = overlap(
                hours, asked.earliest or 0, NEVER if asked.latest is None else asked.latest
            )
        if stop.free:
            return hours
        if not stop.stands:
            return overlap(hours, stop.fixed.start, NEVER)
        # a stop that stands stays possible where hours changed since it was published
        return merge_windows((*moment, *overlap(hours, stop.fixed.start, NEVER)))

    def _count_later(self, stops: Sequence[WantedStop], starts: Sequence[int]) -> int:
        return sum(
            start - stop.fixed.start
            for stop, start in zip(stops, starts, strict=True)
            if not stop.free
        )

    def _drive(
        self,
        s: int,
        sequence: tuple[int, ...],
        stops: Sequence[WantedStop],
        found: tuple[int, int, tuple[int, ...]],
    ) -> Settled:
        """The route at these starts; a free first stop waits at the depot and not at the door."""
        later, leg, starts = found
        for k, (v, start) in enumerate(zip(sequence, starts, strict=True)):
            if k or not stops[0].free:
                self._indexed.windows[v][s] = ((start, start),)
        schedule = RouteSchedule(self._indexed, s, sequence, leg)
        assert schedule.feasible, "what is found once is found again"
        route = to_route(self._indexed, schedule)
        settled = tuple(
            wanted.at(stop.start) for wanted, stop in zip(stops, route.stops, strict=True)
        )
        return Settled(settled, route, later, fits=True)

    def _come_near(self, shift: Shift, stops: Sequence[WantedStop]) -> Settled:
        """Each stop as soon as the team could be there, whatever hours and break say."""
        places = {row.id: row.place for row in self._problem.locations}
        homes = {row.id: row.place for row in self._problem.depots}
        ready, here = max(shift.start, self._problem.now), homes[shift.depot_id]
        found: list[StandingStop] = []
        for stop in stops:
            there = places[stop.fixed.location_id]
            soonest = ready + self._problem.travel.seconds[here][there]
            if stop.exact:
                start = stop.fixed.start
            else:
                start = soonest if stop.free else max(soonest, stop.fixed.start)
            found.append(stop.at(start))
            ready, here = start + stop.fixed.service_seconds, there
        later = self._count_later(stops, [row.fixed.start for row in found])
        route = route_of(self._problem, shift, [(row.fixed, row.visit) for row in found])
        return Settled(tuple(found), route, later, fits=False)


def stand(problem: Problem, shift: Shift, stops: Sequence[StandingStop]) -> Route:
    """The route of stops at their moments."""
    return route_of(problem, shift, [(row.fixed, row.visit) for row in stops])
