"""A location with an outbreak is not visited, or only as the last stop of its crew on that day."""

from collections.abc import Iterator

from scheduling.care.lookup import by_id, routes_with_shifts
from scheduling.care.members import shares_crew
from scheduling.plan import Plan, Route, Violation
from scheduling.problem import Outbreak, Problem, Shift


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per vaccination visit where none may be made, and per stop after such a location.

    A crisis visit goes to a blocked location too, but then as the last stop.
    """
    state = {location.id: location.outbreak for location in problem.locations}
    shifts = by_id(problem.shifts)
    routes = [(shifts[r.shift_id], r) for r in plan.routes if r.shift_id in shifts and r.stops]
    for shift, route in routes_with_shifts(problem, plan):
        for k, stop in enumerate(route.stops):
            here = state.get(stop.visit.location_id, Outbreak.NONE)
            if here is Outbreak.BLOCKED and stop.visit.product_id is not None:
                yield Violation("outbreak", stop.visit.id, "no visit may be made")
            if here is Outbreak.NONE:
                continue
            for later in route.stops[k + 1 :]:
                if later.visit.location_id != stop.visit.location_id:
                    yield Violation("outbreak", later.visit.id, f"comes after {stop.visit.id}")
            if _reused(shift, route, routes):
                yield Violation("outbreak", stop.visit.id, "the team is used again that day")


def _reused(shift: Shift, route: Route, routes: list[tuple[Shift, Route]]) -> bool:
    return any(
        shares_crew(other, shift)
        and other.id != shift.id
        and other.day == shift.day
        and then.departure >= route.departure
        for other, then in routes
    )
