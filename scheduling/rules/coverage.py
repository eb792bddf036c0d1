"""Every dose and every crisis visit has one stop, or is listed as unassigned with a reason."""

from collections import Counter
from collections.abc import Iterator

from scheduling.lookup import by_id, key_of
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem
from scheduling.reading import planned_doses


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One for everything that is lost, listed twice, listed without reason, or unknown."""
    shifts = by_id(problem.shifts)
    for route in plan.routes:
        if route.shift_id not in shifts:
            yield Violation("coverage", route.shift_id, "unknown shift")
    yield from _of_doses(problem, plan)
    yield from _of_crises(problem, plan)
    for row in plan.unassigned:
        if not row.reasons:
            yield Violation("coverage", row.visit_id or row.location_id, "without a reason")


def _of_doses(problem: Problem, plan: Plan) -> Iterator[Violation]:
    listed = Counter(
        (row.person_id, row.campaign_id or "", row.dose_no or 0)
        for row in plan.unassigned
        if row.person_id is not None
    )
    planned = Counter(key for _, key in planned_doses(plan))
    known = {key_of(need): need.location_id for need in problem.needs}
    for key, location_id in known.items():
        times = planned[key] + listed[key]
        if times != 1:
            detail = f"dose {key[2]} of a resident occurs {times} times"
            yield Violation("coverage", location_id, detail)
    for key in planned.keys() | listed.keys():
        if key not in known:
            yield Violation("coverage", str(key[1]), "a dose that nobody needs")


def _of_crises(problem: Problem, plan: Plan) -> Iterator[Violation]:
    listed = Counter(row.visit_id for row in plan.unassigned if row.person_id is None)
    made = Counter(stop.visit.id for route in plan.routes for stop in route.stops)
    for crisis in problem.crisis_visits:
        times = made[crisis.id] + listed[crisis.id]
        if times != 1:
            yield Violation("coverage", crisis.id, f"a crisis visit occurs {times} times")
