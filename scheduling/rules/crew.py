"""Only crews that may inject do: somebody who may, a doctor on site with assistants, and a standing order for the product."""

from collections.abc import Iterator

from scheduling.care.lookup import stops_with_shifts
from scheduling.care.members import injectors_for, most_injectors
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per vaccination visit by a crew that may not inject its product."""
    for shift, _, stop in stops_with_shifts(problem, plan):
        product = stop.visit.product_id
        if product is None:
            continue
        if shift.injectors < 1:
            yield Violation("crew", stop.visit.id, f"nobody of {shift.id} may inject")
        elif most_injectors(shift) < 1:
            yield Violation("crew", stop.visit.id, f"no doctor beside the assistants of {shift.id}")
        elif injectors_for(shift, product) < 1:
            yield Violation("crew", stop.visit.id, f"nobody of {shift.id} may inject {product}")
        if product not in shift.ordered_products:
            yield Violation("crew", stop.visit.id, f"no standing order for {product}")
