"""Pinned and frozen stops keep their shift, their time and their residents."""

from collections.abc import Iterator

from scheduling.plan import Plan, Violation
from scheduling.problem import Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per pinned or frozen stop that is missing or changed.

    Residents may drop out, when consent is withdrawn or the dose was given elsewhere; nobody may be added.
    """
    place = {stop.visit.id: (route.shift_id, stop) for route in plan.routes for stop in route.stops}
    for row in problem.fixed:
        shift_id, stop = place.get(row.visit_id, ("", None))
        if stop is None:
            yield Violation("fixed", row.visit_id, f"{row.why} stop is missing")
            continue
        visit = stop.visit
        if (shift_id, stop.start) != (row.shift_id, row.start):
            yield Violation("fixed", row.visit_id, f"{row.why} stop was moved")
        if (visit.location_id, visit.product_id) != (row.location_id, row.product_id):
            yield Violation("fixed", row.visit_id, f"{row.why} stop is another visit")
        if not {person for person, _ in visit.needs} <= row.person_ids:
            yield Violation("fixed", row.visit_id, f"somebody was added to a {row.why} stop")
