"""An opened container is used up before its life ends."""

from collections.abc import Iterator

from scheduling.care.crews import container_seconds
from scheduling.care.lookup import by_id, stops_with_shifts
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One for every call where the last dose of a container would come too late.

    An opened container never moves on, unless its product may: `doses.loaded` counts so.
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
            shift.injectors,
            visit.doses,
        )
        if seconds > product.open_seconds:
            yield Violation("open_container", visit.id, f"open for {seconds} s")
