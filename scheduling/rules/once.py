"""A person gets each dose once and is in one visit at a time; a visit and a shift occur once."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from scheduling.care.lookup import planned_doses
from scheduling.plan import Plan, Stop, Violation
from scheduling.problem import Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per dose, visit, shift or moment of a person that occurs twice."""
    doses = Counter(key for _, key in planned_doses(plan))
    for stop, key in planned_doses(plan):
        if doses[key] > 1:
            yield Violation("once", stop.visit.id, f"dose {key[2]} is planned {doses[key]} times")
    visits = Counter(stop.visit.id for route in plan.routes for stop in route.stops)
    for visit_id, times in visits.items():
        if times > 1:
            yield Violation("once", visit_id, f"planned {times} times")
        if visit_id in problem.done_visits:
            yield Violation("once", visit_id, "was made already")
    for shift_id, times in Counter(route.shift_id for route in plan.routes).items():
        if times > 1:
            yield Violation("once", shift_id, f"{times} routes")
    yield from _find_overlaps(plan)


def _find_overlaps(plan: Plan) -> Iterator[Violation]:
    stops_of: dict[str, list[Stop]] = {}
    for stop, (person, _, _) in planned_doses(plan):
        stops_of.setdefault(person, []).append(stop)
    for stops in stops_of.values():
        stops.sort(key=lambda stop: (stop.start, stop.departure))
        for one, other in pairwise(stops):
            if other.start < one.departure:
                yield Violation("once", other.visit.id, f"a resident is in {one.visit.id} then")
