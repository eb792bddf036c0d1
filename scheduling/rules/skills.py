"""A team makes only visits for which it has every skill."""

from collections.abc import Iterator

from scheduling.care.lookup import by_id, needs_by_key, stops_with_shifts
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per stop that needs a skill which the team lacks."""
    needs, crises = needs_by_key(problem), by_id(problem.crisis_visits)
    for shift, _, stop in stops_with_shifts(problem, plan):
        asked = stop.visit.skills
        if stop.visit.id in crises:
            asked |= crises[stop.visit.id].skills
        for person, dose in stop.visit.needs:
            need = needs.get((person, stop.visit.campaign_id or "", dose))
            asked |= need.skills if need else frozenset()
        if missing := asked - shift.skills:
            yield Violation("skills", stop.visit.id, ", ".join(sorted(missing)))
