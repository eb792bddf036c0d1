"""Nobody is planned without given consent to this treatment."""

from collections.abc import Iterator

from scheduling.care.lookup import needs_by_key, planned_doses
from scheduling.plan import Plan, Violation
from scheduling.problem import Consent, Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per resident in a stop without given consent, or who is not in the problem at all."""
    needs = needs_by_key(problem)
    for stop, key in planned_doses(plan):
        need = needs.get(key)
        consent = need.consent if need else Consent.UNKNOWN
        if consent is not Consent.GIVEN:
            yield Violation("consent", stop.visit.id, consent.value)
