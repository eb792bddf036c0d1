"""No area lags further behind the region than the policy allows while an exchange of visits would help it."""

from collections.abc import Iterator

from scheduling.care.lookup import by_id
from scheduling.fairness import exchanges
from scheduling.plan import Plan, Reason, Violation
from scheduling.problem import Problem
from scheduling.visits.grouping import group


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """At most one: the first exchange that would bring an area nearer to the others."""
    if problem.area_points is None:
        return
    areas = by_id(problem.locations)
    gone = {
        (row.person_id, row.campaign_id, row.dose_no)
        for row in plan.unassigned
        if Reason.FAIR_SHARE in row.reasons
    }  # gave way, perhaps in part of their visit: they do not come back at the expense of others
    visits = [
        visit
        for visit in group(problem)
        if gone.isdisjoint((person, visit.campaign_id, dose) for person, dose in visit.needs)
    ]
    for found in exchanges(problem, visits, plan.routes):
        area = areas[found.instead.visit.location_id].area
        instead = plan.routes[found.route].stops[found.stop].visit.id
        yield Violation("fairness", found.instead.visit.id, f"{area} lags, instead of {instead}")
        return
