"""What one way to make a change costs: the routes of the shifts that it touches, before and after it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scheduling.care.doses import loaded, wasted
from scheduling.care.lookup import by_id
from scheduling.plan import Route, Stop
from scheduling.problem import Problem
from scheduling.steering.actual import Actual
from scheduling.steering.timetable import Settled, StandingStop, Timetable, WantedStop
from scheduling.steering.trials import Trial, still


@dataclass(frozen=True, slots=True)
class Weighed:
    """One way to make a change: the routes before and after it, and the seconds of work that it takes more."""

    before: Mapping[str, Settled]
    after: Mapping[str, Settled]
    work: int


def rank(one: Weighed) -> tuple[bool, int, int]:
    """What fits first, then what makes the fewest seconds later, then the shortest day."""
    fits = all(row.fits for row in one.after.values())
    return not fits, sum(row.later for row in one.after.values()), one.work


def weigh(
    actual: Actual,
    trial: Trial,
    times: Timetable | None = None,
    known: dict[str, Settled] | None = None,
) -> Weighed:
    """The routes of a trial; where many trials are weighed, `times` of all shifts and visits, and the routes of now that are `known`."""
    now = {name: actual.standing.get(name, ()) for name in trial}
    earlier = times or _to_timetable(actual, now)
    before = {} if known is None else known
    for name, rows in now.items():
        if name not in before:
            before[name] = earlier.settle(actual.shifts[name], still(actual, rows, until=len(rows)))
    before = {name: before[name] for name in now}
    if times is None:
        there = {row.visit.id: row.visit for rows in now.values() for row in rows}
        wanted = {row.visit.id: row.visit for rows in trial.values() for row in rows}
        # another timetable only where visits come, or their people change: it takes some milliseconds
        is_there = all(there.get(name) == visit for name, visit in wanted.items())
        times = earlier if is_there else _to_timetable(actual, trial)
    after = {name: times.settle(actual.shifts[name], rows) for name, rows in trial.items()}
    return Weighed(before, after, sum_work(after) - sum_work(before))


def make_timetable(actual: Actual, trials: Sequence[Trial]) -> Timetable:
    """The schedules of all shifts of some trials, for the visits that stand there or would."""
    names = dict.fromkeys(name for trial in trials for name in trial)
    standing = [row.visit for name in names for row in actual.standing.get(name, ())]
    wanted = [row.visit for trial in trials for rows in trial.values() for row in rows]
    visits = {visit.id: visit for visit in (*standing, *wanted)}
    shifts = [actual.shifts[name] for name in names]
    return Timetable(actual.problem, shifts, list(visits.values()))


def _to_timetable(
    actual: Actual, rows: Mapping[str, Sequence[StandingStop] | Sequence[WantedStop]]
) -> Timetable:
    visits = {row.visit.id: row.visit for stops in rows.values() for row in stops}
    return Timetable(actual.problem, [actual.shifts[name] for name in rows], list(visits.values()))


def sum_work(settled: Mapping[str, Settled]) -> int:
    """Seconds from leaving the depot to being back, of all routes."""
    return sum(row.route.back - row.route.departure for row in settled.values() if row.route)


def list_routes(settled: Mapping[str, Settled]) -> dict[str, Route]:
    return {name: row.route for name, row in settled.items() if row.route is not None}


def index_stops(settled: Mapping[str, Settled]) -> dict[str, tuple[str, Stop]]:
    return {
        stop.visit.id: (name, stop)
        for name, row in settled.items()
        if row.route is not None
        for stop in row.route.stops
    }


@dataclass(frozen=True, slots=True)
class DosesMoved:
    """Doses in whole containers that a depot gives more on a day (below zero: fewer)."""

    depot_id: str
    product_id: str
    day: int
    doses: int


def sum_legs(problem: Problem, settled: Mapping[str, Settled], *, by_metres: bool = False) -> int:
    """Seconds of driving, or metres, of all routes."""
    places = {row.id: row.place for row in problem.locations}
    homes = {row.id: row.place for row in problem.depots}
    shifts = by_id(problem.shifts)
    table = problem.travel.metres if by_metres else problem.travel.seconds
    total = 0
    for name, row in settled.items():
        if row.route is not None:
            home = homes[shifts[name].depot_id]
            way = [home, *(places[stop.visit.location_id] for stop in row.route.stops), home]
            total += sum(table[a][b] for a, b in pairwise(way))
    return total


def list_doses(actual: Actual, best: Weighed) -> Iterator[DosesMoved]:
    more: dict[tuple[str, str, int], int] = {}
    for settled, sign in ((best.before, -1), (best.after, 1)):
        for name, route in list_routes(settled).items():
            shift = actual.shifts[name]
            for product in actual.problem.products:
                key = (shift.depot_id, product.id, shift.day)
                more[key] = more.get(key, 0) + sign * loaded(product, route.stops)
    for (depot, product_id, day), doses in sorted(more.items()):
        if doses:
            yield DosesMoved(depot, product_id, day, doses)


def count_wasted(problem: Problem, settled: Mapping[str, Settled]) -> int:
    return sum(
        wasted(product, route.stops)
        for route in list_routes(settled).values()
        for product in problem.products
    )


def find_margin(actual: Actual, best: Weighed, meant: frozenset[str]) -> int | None:
    """Seconds that the visits of a change could be later until the next stop, closing time or the end of the shift is at risk."""
    places = {row.id: row.place for row in actual.problem.locations}
    found: list[int] = []
    for name, row in best.after.items():
        route, shift = row.route, actual.shifts[name]
        for k, stop in enumerate(route.stops if route else ()):
            if route is None or stop.visit.id not in meant:
                continue
            room = [shift.end - route.back, _until_closing(actual.problem, stop)]
            if k + 1 < len(route.stops):
                later = route.stops[k + 1]
                here, there = places[stop.visit.location_id], places[later.visit.location_id]
                drive = actual.problem.travel.seconds[here][there]
                room.append(later.start - stop.departure - drive)
            found.append(min(room))
    return max(0, min(found)) if found else None


def _until_closing(problem: Problem, stop: Stop) -> int:
    crisis = by_id(problem.crisis_visits).get(stop.visit.id)
    if crisis is not None:
        return crisis.last_second - stop.start
    windows = by_id(problem.locations)[stop.visit.location_id].time_windows
    ends = [row.latest for row in windows if row.earliest <= stop.start <= row.latest]
    return max(ends, default=stop.start) - stop.start
