"""Every dose and every crisis visit has one stop, or is listed as unassigned with a reason."""

from collections import Counter
from collections.abc import Iterator

from scheduling.care.lookup import by_id, key_of, planned_doses
from scheduling.plan import Plan, Violation, Visit
from scheduling.problem import CrisisVisit, Problem


def unknown(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One for everything that a plan names and the problem does not know."""
    known: dict[str, set[str | None]] = {
        "shift": {row.id for row in problem.shifts},
        "location": {row.id for row in problem.locations},
        "product": {None, *(row.id for row in problem.products)},
        "campaign": {None, *(row.id for row in problem.campaigns)},
    }
    needs = {key_of(need) for need in problem.needs}
    for route in plan.routes:
        named: list[tuple[str, str | None, str]] = [("shift", route.shift_id, route.shift_id)]
        for stop in route.stops:
            visit = stop.visit
            named.append(("location", visit.location_id, visit.id))
            named.append(("product", visit.product_id, visit.id))
            named.append(("campaign", visit.campaign_id, visit.id))
        for kind, value, where in named:
            if value not in known[kind]:
                yield Violation("coverage", where, f"unknown {kind}")
    for stop, key in planned_doses(plan):
        if key not in needs:
            yield Violation("coverage", stop.visit.id, "a dose that nobody needs")
    yield from _no_calls(problem, plan)


def _no_calls(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Stops that are neither for a campaign with a product, nor a crisis visit or a fixed stop."""
    calls = by_id(problem.crisis_visits).keys() | {row.visit_id for row in problem.fixed}
    for visit in (stop.visit for route in plan.routes for stop in route.stops):
        if visit.campaign_id is None and visit.id not in calls:
            yield Violation("coverage", visit.id, "a call that nobody asked for")
        if (visit.campaign_id is None) != (visit.product_id is None):
            yield Violation("coverage", visit.id, "a campaign and a product go together")


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One for everything that is lost, listed twice, listed without reason, or unknown."""
    yield from unknown(problem, plan)
    yield from _of_doses(problem, plan)
    yield from _of_crises(problem, plan)
    for row in plan.unassigned:
        if not row.reasons:
            yield Violation("coverage", row.visit_id or row.location_id, "without a reason")


def _of_doses(problem: Problem, plan: Plan) -> Iterator[Violation]:
    listed = Counter(
        (row.person_id, row.campaign_id, row.dose_no)
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
    for row in listed.keys() - known.keys():
        yield Violation("coverage", str(row[1]), "a dose that nobody needs")


def _of_crises(problem: Problem, plan: Plan) -> Iterator[Violation]:
    listed = Counter(row.visit_id for row in plan.unassigned if row.person_id is None)
    calls = [stop.visit for route in plan.routes for stop in route.stops]
    made = Counter(visit.id for visit in calls)
    crises = by_id(problem.crisis_visits)
    for crisis_id in crises:
        times = made[crisis_id] + listed[crisis_id]
        if times != 1:
            yield Violation("coverage", crisis_id, f"a crisis visit occurs {times} times")
    for other in listed.keys() - crises.keys():
        yield Violation("coverage", str(other), "a call that nobody asked for")
    for visit in calls:
        if visit.id in crises and not _is_for(visit, crises[visit.id]):
            yield Violation("coverage", visit.id, "another call than was asked for")


def _is_for(visit: Visit, crisis: CrisisVisit) -> bool:
    """Whether a call is the one that was asked for: there, without product and residents."""
    there = visit.location_id == crisis.location_id
    return there and visit.product_id is None and visit.campaign_id is None and not visit.needs
