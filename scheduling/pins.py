"""The plan that fixed stops alone make: what they break, no search can mend."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from scheduling.lookup import by_id
from scheduling.objective import values
from scheduling.plan import Plan, Route, Stop, Visit
from scheduling.problem import Break, Fixed, Problem, Shift


def plan_of_fixed(problem: Problem, visits: Iterable[Visit]) -> Plan:
    """The fixed stops at their moments, with the drives between them; nothing else is planned."""
    by_visit = {visit.id: visit for visit in visits}
    of_shift: dict[str, list[Fixed]] = {}
    for row in sorted(problem.fixed, key=lambda row: (row.start, row.visit_id)):
        of_shift.setdefault(row.shift_id, []).append(row)
    shifts = by_id(problem.shifts)
    routes = tuple(
        _route(problem, shifts[shift_id], [(row, by_visit[row.visit_id]) for row in rows])
        for shift_id, rows in sorted(of_shift.items())
    )
    return Plan(
        region=problem.region,
        as_of=problem.as_of,
        horizon_start=problem.horizon_start,
        routes=routes,
        unassigned=(),
        values=values(problem, routes),
    )


def _route(problem: Problem, shift: Shift, rows: Sequence[tuple[Fixed, Visit]]) -> Route:
    places = {location.id: location.place for location in problem.locations}
    home = by_id(problem.depots)[shift.depot_id].place
    travel = problem.travel.seconds
    stops: list[Stop] = []
    here = home
    for row, visit in rows:
        there = places[row.location_id]
        arrival = stops[-1].departure + travel[here][there] if stops else row.start
        departure = row.start + row.service_seconds
        stops.append(Stop(visit, min(arrival, row.start), row.start, departure))
        here = there
    departure = stops[0].start - travel[home][places[rows[0][0].location_id]]
    back = stops[-1].departure + travel[here][home]
    pause = pause_between(shift, shift.pause, stops, (departure, back)) if shift.pause else None
    return Route(shift.id, tuple(stops), departure, back, pause)


def pause_between(
    shift: Shift, pause: Break, stops: Sequence[Stop], road: tuple[int, int]
) -> int | None:
    """The first moment for the pause between the stops, before them or after them."""
    leaves = [shift.start, *(stop.departure for stop in stops), road[1]]
    begins = [road[0], *(stop.start for stop in stops[1:]), road[1], shift.end]
    drives = [0, *(stop.arrival - one.departure for one, stop in pairwise(stops))]
    drives += [road[1] - stops[-1].departure, 0]
    for leave, begin, drive in zip(leaves, begins, drives, strict=True):
        start = max(leave, pause.earliest)
        fits = begin - leave >= drive + pause.seconds and start + pause.seconds <= begin
        if fits and start <= pause.latest:
            return start
    return None
