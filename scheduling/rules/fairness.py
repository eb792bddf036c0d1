"""No area lies further behind the region than the policy allows while a call could be exchanged for that."""

from collections.abc import Iterator

from scheduling.fairness import exchanges
from scheduling.lookup import by_id
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem
from scheduling.visits import group


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One for the first exchange that would bring an area nearer to the others."""
    if problem.area_points is None:
        return
    areas = by_id(problem.locations)
    for found in exchanges(problem, group(problem), plan.routes):
        area = areas[found.instead.visit.location_id].area
        instead = plan.routes[found.route].stops[found.stop].visit.id
        yield Violation("fairness", found.instead.visit.id, f"{area} lags, instead of {instead}")
        return
