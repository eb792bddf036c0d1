"""An opened container is used up within its shelf life once open."""

from collections.abc import Iterator

from scheduling.care.crews import container_seconds
from scheduling.care.lookup import by_id, stops_with_shifts
from scheduling.care.members import injectors_for
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per visit where the last dose of a container would be given too late.

    An opened container stays at its location unless its product may travel; `doses.loaded` counts the same way.
    """
    products, campaigns = by_id(problem.products), by_id(problem.campaigns)
    locations = by_id(problem.locations)
    for shift, _, stop in stops_with_shifts(problem, plan):
        visit = stop.visit
        if visit.product_id is None or visit.campaign_id is None or not visit.needs:
            continue
        product = products[visit.product_id]
        seconds = container_seconds(
            campaigns[visit.campaign_id],
            product,
            locations[visit.location_id],
            injectors_for(shift, visit.product_id),
            visit.doses,
        )
        if seconds > product.open_seconds:
            yield Violation("open_container", visit.id, f"open for {seconds} s")
