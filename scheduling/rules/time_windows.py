"""A visit begins within a time window of a location that is registered and has a contact."""

from collections.abc import Iterator

from scheduling.care.lookup import by_id
from scheduling.plan import Plan, Stop, Violation
from scheduling.problem import Location, Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per stop that begins outside the windows, or where nobody can be phoned.

    A crisis visit has a window of its own; opening hours and contacts do not apply to it.
    """
    locations = by_id(problem.locations)
    crises = by_id(problem.crisis_visits)
    for route in plan.routes:
        for stop in route.stops:
            crisis = crises.get(stop.visit.id)
            location = locations.get(stop.visit.location_id)
            if location is None or not location.known:
                yield Violation("time_windows", stop.visit.id, "location unknown")
            elif crisis is not None:
                if not crisis.first_second <= stop.start <= crisis.last_second:
                    yield Violation("time_windows", stop.visit.id, f"begins at {stop.start}")
            else:
                yield from _check_location(stop, location)


def _check_location(stop: Stop, location: Location) -> Iterator[Violation]:
    if location.doubted:
        yield Violation("time_windows", stop.visit.id, "coordinates do not fit the postcode")
    elif not location.has_contact:
        yield Violation("time_windows", stop.visit.id, "nobody to phone")
    elif not any(w.earliest <= stop.start <= w.latest for w in location.time_windows):
        yield Violation("time_windows", stop.visit.id, f"closed at {stop.start}")
