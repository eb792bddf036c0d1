"""Nobody is planned who is not assessed as eligible, or for a product that the person may not have or nobody approved."""

from collections.abc import Iterator

from scheduling.care.eligibility import approved_names
from scheduling.care.lookup import needs_by_key, planned_doses
from scheduling.plan import Plan, Violation
from scheduling.problem import Assessment, Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per resident in a stop who may not have this dose of this product at this location."""
    needs = needs_by_key(problem)
    approved = approved_names(problem)
    for stop, key in planned_doses(plan):
        need = needs.get(key)
        if need is None:
            yield Violation("eligibility", stop.visit.id, "not in the problem")
        elif need.assessment is not Assessment.ELIGIBLE:
            yield Violation("eligibility", stop.visit.id, need.assessment.value)
        elif stop.visit.product_id not in need.products:
            yield Violation("eligibility", stop.visit.id, f"product {stop.visit.product_id}")
        elif not {need.campaign_id, stop.visit.product_id} <= approved:
            yield Violation("eligibility", stop.visit.id, "nobody approved campaign or product")
        elif stop.visit.location_id != need.location_id:
            yield Violation("eligibility", stop.visit.id, "lives elsewhere")
