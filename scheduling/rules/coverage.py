"""Every dose and every crisis visit has one stop, or is listed as unassigned with a reason."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from scheduling.care.lookup import by_id, key_of, planned_doses
from scheduling.plan import Plan, Violation, Visit
from scheduling.problem import CrisisVisit, Problem

DETAILS = {"need": "a dose that nobody needs"}  # by kind of reference; of the others "unknown"


@dataclass(frozen=True, slots=True)
class Dangling:
    """A reference of a plan to what the problem does not have, and where in the plan it stands."""

    kind: str  # shift, location, product, campaign, or need
    route: int
    shift_id: str
    stop: int | None = None
    need: int | None = None
    visit: Visit | None = None


def find_dangling(problem: Problem, plan: Plan) -> Iterator[Dangling]:
    """References of a plan to what the problem does not have: first rows, then doses; a rule and the judge ask it."""
    known: dict[str, set[str | None]] = {
        "location": {row.id for row in problem.locations},
        "product": {None, *(row.id for row in problem.products)},
        "campaign": {None, *(row.id for row in problem.campaigns)},
    }
    shifts = {row.id for row in problem.shifts}
    needs = {key_of(need) for need in problem.needs}
    doses: list[Dangling] = []
    for r, route in enumerate(plan.routes):
        if route.shift_id not in shifts:
            yield Dangling("shift", r, route.shift_id)
        for s, visit in enumerate(stop.visit for stop in route.stops):
            for kind, names in known.items():
                if getattr(visit, f"{kind}_id") not in names:
                    yield Dangling(kind, r, route.shift_id, s, visit=visit)
            for n, (person, dose) in enumerate(visit.needs):
                if (person, visit.campaign_id or "", dose) not in needs:
                    doses.append(Dangling("need", r, route.shift_id, s, n, visit))
    yield from doses


def unknown(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per thing that a plan names and the problem does not have."""
    for row in find_dangling(problem, plan):
        where = row.visit.id if row.visit else row.shift_id
        yield Violation("coverage", where, DETAILS.get(row.kind, f"unknown {row.kind}"))
    yield from _find_strangers(problem, plan)


def _find_strangers(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Stops that are neither a vaccination visit, nor a crisis visit, nor a pinned or frozen stop."""
    asked = by_id(problem.crisis_visits).keys() | {row.visit_id for row in problem.fixed}
    for visit in (stop.visit for route in plan.routes for stop in route.stops):
        if visit.campaign_id is None and visit.id not in asked:
            yield Violation("coverage", visit.id, "a visit that nobody asked for")
        if (visit.campaign_id is None) != (visit.product_id is None):
            yield Violation("coverage", visit.id, "a campaign and a product go together")


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per dose or crisis visit that is missing, listed twice, listed without a reason, or unknown."""
    yield from unknown(problem, plan)
    yield from _check_doses(problem, plan)
    yield from _check_crises(problem, plan)
    for row in plan.unassigned:
        if not row.reasons:
            yield Violation("coverage", row.visit_id or row.location_id, "without a reason")


def _check_doses(problem: Problem, plan: Plan) -> Iterator[Violation]:
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


def _check_crises(problem: Problem, plan: Plan) -> Iterator[Violation]:
    listed = Counter(row.visit_id for row in plan.unassigned if row.person_id is None)
    visits = [stop.visit for route in plan.routes for stop in route.stops]
    made = Counter(visit.id for visit in visits)
    crises = by_id(problem.crisis_visits)
    for crisis_id in crises:
        times = made[crisis_id] + listed[crisis_id]
        if times != 1:
            yield Violation("coverage", crisis_id, f"a crisis visit occurs {times} times")
    for other in listed.keys() - crises.keys():
        yield Violation("coverage", str(other), "a visit that nobody asked for")
    for visit in visits:
        if visit.id in crises and not _is_for(visit, crises[visit.id]):
            yield Violation("coverage", visit.id, "another visit than was asked for")


def _is_for(visit: Visit, crisis: CrisisVisit) -> bool:
    """Whether a visit is the one that was asked for: there, without product and residents."""
    there = visit.location_id == crisis.location_id
    return there and visit.product_id is None and visit.campaign_id is None and not visit.needs
