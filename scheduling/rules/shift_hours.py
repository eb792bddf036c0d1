"""A route begins and ends at the depot within its shift, not before now, and its schedule leaves time to travel."""

from collections.abc import Iterator

from scheduling.care.lookup import routes_with_shifts
from scheduling.care.visit_length import ServiceTimes
from scheduling.plan import Plan, Route, Stop, Violation
from scheduling.problem import Problem, Shift


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per time of the schedule that the shift, the travel time or the length of a visit does not allow."""
    times = ServiceTimes(problem)
    places = {location.id: location.place for location in problem.locations}
    homes = {depot.id: depot.place for depot in problem.depots}
    for shift, route in routes_with_shifts(problem, plan):
        if not route.stops:
            continue
        yield from _check_shift(shift, route)
        for stop in route.stops:
            yield from _check_stop(stop, times.seconds(stop.visit, shift))
        yield from _check_travel(problem, route, homes[shift.depot_id], places)


def _check_shift(shift: Shift, route: Route) -> Iterator[Violation]:
    if route.departure < shift.start:
        yield Violation("shift_hours", shift.id, f"leaves {shift.start - route.departure} s early")
    if route.back > shift.end:
        yield Violation("shift_hours", shift.id, f"is back {route.back - shift.end} s late")


def _check_stop(stop: Stop, service_seconds: int) -> Iterator[Violation]:
    if not stop.arrival <= stop.start:
        yield Violation("shift_hours", stop.visit.id, "begins before it arrives")
    if stop.departure != stop.start + service_seconds:
        yield Violation("shift_hours", stop.visit.id, f"does not stay {service_seconds} s")


def _check_travel(
    problem: Problem, route: Route, home: int, places: dict[str, int]
) -> Iterator[Violation]:
    """Legs that are shorter than the travel time, or that begin before now without leading to a pinned or frozen stop."""
    fixed = {row.visit_id for row in problem.fixed}
    ready, here = route.departure, home
    for stop in route.stops:
        place = places[stop.visit.location_id]
        travel = problem.travel.seconds[here][place]
        if stop.visit.id not in fixed:
            ready = max(ready, problem.now)
        if stop.arrival < ready + travel:
            detail = f"arrives {ready + travel - stop.arrival} s too soon"
            yield Violation("shift_hours", stop.visit.id, detail)
        ready, here = stop.departure, place
    if route.back < ready + problem.travel.seconds[here][home]:
        yield Violation("shift_hours", route.shift_id, "is back too soon")
