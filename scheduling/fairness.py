"""Fairness between areas: none lags further behind the region than its policy allows while an exchange of visits helps.

The coverage of an area is the share of its plannable residents that have a stop. A visit is exchanged in place: an
unassigned one, whose residents have on average at least the same priority, takes over team, time and doses of another.
Only exchanges that certainly keep every rule count, so that rule and search agree on when a plan is fair.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from scheduling.care.crews import keeps_container
from scheduling.care.doses import in_containers
from scheduling.care.eligibility import barriers
from scheduling.care.lookup import by_id, day_of, key_of, needs_by_key
from scheduling.care.members import injectors_for
from scheduling.care.told import told_to_come
from scheduling.care.visit_length import ServiceTimes
from scheduling.objective import weight_of_visit
from scheduling.plan import Route, Stop, Visit
from scheduling.problem import Outbreak, Problem, Shift

Shares = dict[str, tuple[int, int]]  # by area: doses with a stop, doses that any plan may give


@dataclass(frozen=True, slots=True)
class Exchange:
    """A stop that an unassigned visit could replace: route and stop by index, and the stop in its place."""

    route: int
    stop: int
    instead: Stop


def shares(problem: Problem, routes: Iterable[Route]) -> Shares:
    """Counts by area the doses with a stop and the doses that any plan may give."""
    area = {location.id: location.area for location in problem.locations}
    barred = barriers(problem)
    made = {
        (person, stop.visit.campaign_id, dose)
        for route in routes
        for stop in route.stops
        for person, dose in stop.visit.needs
    }
    found: Shares = {}
    for need in problem.needs:
        if key_of(need) not in barred:
            served, wanted = found.get(area[need.location_id], (0, 0))
            found[area[need.location_id]] = (served + (key_of(need) in made), wanted + 1)
    return found


def lacking(found: Shares, points: int) -> dict[str, int]:
    """Doses that each lagging area is short of. Integers throughout: a rounded share would flip at the limit."""
    served = sum(one for one, _ in found.values())
    wanted = sum(all_of for _, all_of in found.values())
    lacks: dict[str, int] = {}
    for area, (mine, of) in found.items():
        least = -(-(100 * served - points * wanted) * of // (100 * wanted))
        if least > mine:
            lacks[area] = least - mine
    return lacks


def make_fair(
    problem: Problem, visits: Sequence[Visit], routes: tuple[Route, ...]
) -> tuple[tuple[Route, ...], frozenset[str]]:
    """Exchanges visits until no exchange helps. Returns the routes and the ids of the visits that gave way."""
    gone: set[str] = set()
    while found := next(exchanges(problem, visits, routes), None):
        gone.add(routes[found.route].stops[found.stop].visit.id)
        routes = exchanged(routes, found)
    made = {stop.visit.id for route in routes for stop in route.stops}
    return routes, frozenset(gone - made)


def exchanged(routes: Sequence[Route], found: Exchange) -> tuple[Route, ...]:
    """Applies an exchange to the routes."""
    route = routes[found.route]
    stops = (*route.stops[: found.stop], found.instead, *route.stops[found.stop + 1 :])
    changed = replace(route, stops=stops)
    return (*routes[: found.route], changed, *routes[found.route + 1 :])


def exchanges(
    problem: Problem, visits: Sequence[Visit], routes: Sequence[Route]
) -> Iterator[Exchange]:
    """Yields every exchange after which all areas together are short of fewer doses; none when the region has no policy.

    It must gain more than it costs: the visit that comes in may serve fewer people than the one that goes out.
    """
    points = problem.area_points
    if points is None or not any(route.stops for route in routes):
        return
    found = shares(problem, routes)
    before = lacking(found, points)
    if not before:
        return
    area = {location.id: location.area for location in problem.locations}
    fitting = _Fitting(problem, routes)
    made = {stop.visit.id for route in routes for stop in route.stops}
    places = [(r, k) for r, route in enumerate(routes) for k in range(len(route.stops))]
    left_out = [v for v in visits if v.id not in made and area[v.location_id] in before]
    gains: dict[tuple[str, int, str, int], int] = {}
    for visit, (r, k) in product(filter(fitting.may, left_out), places):
        other = routes[r].stops[k].visit
        if (visit.campaign_id, visit.product_id) != (other.campaign_id, other.product_id):
            continue
        key = (area[visit.location_id], visit.doses, area[other.location_id], other.doses)
        if key not in gains:
            after = lacking(_move_share(found, area, (other, visit)), points)
            gains[key] = sum(before.values()) - sum(after.values())
        if gains[key] > max(0, other.doses - visit.doses):
            instead = fitting.instead(visit, routes[r], k)
            if instead is not None:
                yield Exchange(r, k, instead)


def _move_share(found: Shares, area: dict[str, str], pair: tuple[Visit, Visit]) -> Shares:
    after = dict(found)
    for visit, sign in zip(pair, (-1, 1), strict=True):
        served, wanted = after.get(area[visit.location_id], (0, 0))
        after[area[visit.location_id]] = (served + sign * visit.doses, wanted)
    return after


class _Fitting:
    """Whether a visit fits exactly in the stop of another, with nothing else changed."""

    def __init__(self, problem: Problem, routes: Sequence[Route]) -> None:
        self._problem = problem
        self._locations, self._depots = by_id(problem.locations), by_id(problem.depots)
        self._campaigns, self._products = by_id(problem.campaigns), by_id(problem.products)
        self._shifts: dict[str, Shift] = by_id(problem.shifts)
        self._needs = needs_by_key(problem)
        self._times = ServiceTimes(problem)
        # nobody who was told gives way
        self._fixed = {row.visit_id for row in problem.fixed}
        self._fixed |= {row.visit_id for row in told_to_come(problem)}
        self._busy = {
            person for route in routes for stop in route.stops for person, _ in stop.visit.needs
        }
        self._in_series = {need.person_id for need in problem.needs if need.since_dose is not None}

    def may(self, visit: Visit) -> bool:
        """Whether this is a plain vaccination visit to people without any other visit or dose in this problem."""
        people = {person for person, _ in visit.needs}
        return self._is_plain(visit) and people.isdisjoint(self._busy)

    def _is_plain(self, visit: Visit) -> bool:
        location = self._locations[visit.location_id]
        return (
            bool(visit.needs)
            and visit.campaign_id is not None
            and visit.together_with is None
            and visit.id not in self._fixed
            and location.outbreak is Outbreak.NONE
            and self._in_series.isdisjoint(person for person, _ in visit.needs)
        )

    def instead(self, visit: Visit, route: Route, k: int) -> Stop | None:
        """The stop of the visit in place of stop `k`; None when it does not certainly fit."""
        other, shift = route.stops[k].visit, self._shifts[route.shift_id]
        if not (self._is_plain(other) and self._is_as_large(visit, other)):
            return None
        if not visit.skills <= shift.skills or not self._keeps_container(visit, shift):
            return None
        return self._fit_between(visit, shift, route, k)

    def _is_as_large(self, visit: Visit, other: Visit) -> bool:
        """Whether the visit needs the same product and campaign, no more doses now or later, and serves no lower priority."""
        vaccine = self._products[other.product_id or ""]
        return (
            (visit.campaign_id, visit.product_id) == (other.campaign_id, other.product_id)
            and self._weight(visit) * other.doses >= self._weight(other) * visit.doses
            and not vaccine.open_may_travel
            and in_containers(vaccine, visit.doses) <= in_containers(vaccine, other.doses)
            and in_containers(vaccine, self._count_next_doses(visit))
            <= in_containers(vaccine, self._count_next_doses(other))
        )

    def _weight(self, visit: Visit) -> int:
        return weight_of_visit(visit, self._needs)

    def _count_next_doses(self, visit: Visit) -> int:
        """Counts residents with a next dose after this one."""
        doses = self._campaigns[visit.campaign_id or ""].doses
        return sum(dose < doses for _, dose in visit.needs)

    def _keeps_container(self, visit: Visit, shift: Shift) -> bool:
        return keeps_container(
            self._campaigns[visit.campaign_id or ""],
            self._products[visit.product_id or ""],
            self._locations[visit.location_id],
            injectors_for(shift, visit.product_id),
            visit.doses,
        )

    def _fit_between(self, visit: Visit, shift: Shift, route: Route, k: int) -> Stop | None:
        """The stop between its neighbours as they are, with the break where it is; None when the schedule leaves no room."""
        location, home = self._locations[visit.location_id], self._depots[shift.depot_id].place
        seconds, stops = self._problem.travel.seconds, route.stops
        ready = stops[k - 1].departure if k else route.departure
        here = self._locations[stops[k - 1].visit.location_id].place if k else home
        arrival = max(ready, self._problem.now) + seconds[here][location.place]
        last = k + 1 == len(stops)
        there = home if last else self._locations[stops[k + 1].visit.location_id].place
        until = route.back if last else stops[k + 1].arrival
        stay = self._times.seconds(visit, shift)
        latest = until - seconds[location.place][there] - stay
        start = self._find_start(visit, shift, arrival, latest)
        vaccine = self._products[visit.product_id or ""]
        if start is None or arrival - route.departure > vaccine.transport_seconds:
            return None
        if shift.pause and _overlaps(route.pause_start, shift.pause.seconds, (ready, until)):
            return None
        return Stop(visit, arrival, start, start + stay)

    def _find_start(self, visit: Visit, shift: Shift, earliest: int, latest: int) -> int | None:
        """Earliest start on the shift's day between two moments, within a time window; None without one."""
        begins = (
            max(window.earliest, earliest)
            for window in self._locations[visit.location_id].time_windows
            if window.latest >= max(window.earliest, earliest)
        )
        start = min(begins, default=latest + 1)
        on_day = visit.first_day <= day_of(self._problem, start) <= visit.last_day
        same = day_of(self._problem, start) == shift.day
        return start if start <= latest and on_day and same else None


def _overlaps(pause_start: int | None, seconds: int, between: tuple[int, int]) -> bool:
    """Whether the break overlaps a span that the exchange changes."""
    if pause_start is None:
        return True
    return pause_start < between[1] and between[0] < pause_start + seconds
