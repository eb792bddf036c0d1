"""How the rules read a plan: dose by dose, stop by stop."""

from collections.abc import Iterator

from scheduling.lookup import NeedKey, routes_with_shifts
from scheduling.plan import Plan, Route, Stop
from scheduling.problem import Problem, Shift


def planned_doses(plan: Plan) -> Iterator[tuple[Stop, NeedKey]]:
    """Every dose that a plan gives, with its stop."""
    for route in plan.routes:
        for stop in route.stops:
            for person, dose in stop.visit.needs:
                yield stop, (person, stop.visit.campaign_id or "", dose)


def stops_with_shifts(problem: Problem, plan: Plan) -> Iterator[tuple[Shift, Route, Stop]]:
    """Every stop with its shift and route."""
    for shift, route in routes_with_shifts(problem, plan):
        for stop in route.stops:
            yield shift, route, stop
