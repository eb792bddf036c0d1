"""Routes of stops that stand at given times: pinned, frozen, kept or published."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from scheduling.care.lookup import by_id
from scheduling.objective import values
from scheduling.plan import Plan, Route, Stop, Visit
from scheduling.problem import Break, Fixed, Problem, Shift


def plan_of_fixed(problem: Problem, visits: Iterable[Visit]) -> Plan:
    """Builds the plan of the fixed stops at their times, with the drives between them and nothing else."""
    routes = routes_of_fixed(problem, visits)
    return Plan(
        region=problem.region,
        as_of=problem.as_of,
        horizon_start=problem.horizon_start,
        routes=routes,
        unassigned=(),
        values=values(problem, routes),
    )


Rows = Sequence[tuple[Fixed, Visit]]


class KnownRoutes:
    """The newest route of each shift: a repair asks a hundred times for routes of which one or two differ."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Rows, Route]] = {}

    def find(self, shift_id: str, rows: Rows) -> Route | None:
        """The route of these very stops."""
        if shift_id not in self._known:
            return None
        known, route = self._known[shift_id]
        same = len(known) == len(rows) and all(
            one[0] is other[0] and one[1] is other[1]
            for one, other in zip(known, rows, strict=True)
        )
        return route if same else None

    def keep(self, rows: Rows, route: Route) -> None:
        """Remembers a route."""
        self._known[route.shift_id] = rows, route


def routes_of_fixed(
    problem: Problem, visits: Iterable[Visit], known: KnownRoutes | None = None
) -> tuple[Route, ...]:
    """Builds the routes of the fixed stops; `visits` has theirs. Of the same problem some may be `known`."""
    by_visit = {visit.id: visit for visit in visits}
    of_shift: dict[str, list[tuple[Fixed, Visit]]] = {}
    for row in sorted(problem.fixed, key=lambda row: (row.start, row.visit_id)):
        of_shift.setdefault(row.shift_id, []).append((row, by_visit[row.visit_id]))
    shifts = by_id(problem.shifts)
    known = known or KnownRoutes()
    routes: list[Route] = []
    for shift_id, rows in sorted(of_shift.items()):
        route = known.find(shift_id, rows)
        if route is None:
            route = route_of(problem, shifts[shift_id], rows)
            known.keep(rows, route)
        routes.append(route)
    return tuple(routes)


def route_of(problem: Problem, shift: Shift, rows: Rows) -> Route:
    """Builds the route of these stops at their times (at least one): late where the road is longer than the time between."""
    gone_to = {row.location_id for row, _ in rows}
    places = {row.id: row.place for row in problem.locations if row.id in gone_to}
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
    if shift.pause is None:
        return Route(shift.id, tuple(stops), departure, back)
    pause = pause_between(shift, shift.pause, stops, (departure, back))
    if pause is None:  # then on the way back, where that is in time
        begin = max(stops[-1].departure, shift.pause.earliest)
        later = begin + shift.pause.seconds + travel[here][home]
        if begin <= shift.pause.latest and later <= shift.end:
            pause, back = begin, later
    if pause is None:  # then on the way there, or at the first door
        earlier = departure - shift.pause.seconds
        begin = max(earlier, shift.pause.earliest)
        ends = begin + shift.pause.seconds
        if shift.start <= earlier and begin <= shift.pause.latest and ends <= stops[0].start:
            pause, departure = begin, earlier
    return Route(shift.id, tuple(stops), departure, back, pause)


def pause_between(
    shift: Shift, pause: Break, stops: Sequence[Stop], road: tuple[int, int]
) -> int | None:
    """Start of the break in its first gap before, between or after the stops; None when it fits in none."""
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
