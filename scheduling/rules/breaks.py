"""Every crew with a route has its break: begun within its window, while it neither works nor drives."""

from collections.abc import Iterator

from scheduling.care.lookup import routes_with_shifts
from scheduling.plan import Plan, Route, Violation
from scheduling.problem import Problem, Shift


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per break that is missing, outside its window, or without room in the schedule."""
    places = {location.id: location.place for location in problem.locations}
    homes = {depot.id: depot.place for depot in problem.depots}
    for shift, route in routes_with_shifts(problem, plan):
        if shift.pause is None or not route.stops:
            continue
        start = route.pause_start
        if start is None:
            yield Violation("breaks", shift.id, "no pause")
        elif not shift.pause.earliest <= start <= shift.pause.latest:
            yield Violation("breaks", shift.id, f"pause at {start}")
        else:
            way = [homes[shift.depot_id], *(places[s.visit.location_id] for s in route.stops)]
            if not _has_room(problem, shift, (start, start + shift.pause.seconds), route, way):
                yield Violation("breaks", shift.id, "no room for the pause")


def _has_room(
    problem: Problem, shift: Shift, pause: tuple[int, int], route: Route, way: list[int]
) -> bool:
    """Whether the break lies before departure, after return, or in a gap that also holds the drive."""
    start, end = pause
    if shift.start <= start and end <= route.departure:
        return True
    if route.back <= start and end <= shift.end:
        return True
    leaves = [route.departure, *(stop.departure for stop in route.stops)]
    begins = [*(stop.start for stop in route.stops), route.back]
    ends = [*way[1:], way[0]]
    return any(
        leave <= start
        and end <= begin
        and begin - leave >= problem.travel.seconds[here][there] + end - start
        for leave, begin, here, there in zip(leaves, begins, way, ends, strict=True)
    )
