"""A dose is planned only when confirmed stock secures the next dose of its series."""

from collections.abc import Iterator

from scheduling.care.doses import in_containers, interval_of
from scheduling.care.lookup import by_id, day_of, planned_doses
from scheduling.care.stock import END_OF_TIME, Span, allocate, lines_by_depot, unsecured
from scheduling.plan import Plan, Stop, Violation
from scheduling.problem import Problem, Product
from scheduling.rules.stock import taken


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per product of which more next doses are needed than confirmed lots can give.

    Doses that the plan itself takes are served first, by depot; what is left may move between depots.
    """
    fixed = {row.visit_id for row in problem.fixed}
    planned = {key for _, key in planned_doses(plan)}
    stops = [s for route in plan.routes for s in route.stops if s.visit.id not in fixed]
    for product in problem.products:
        promised = [
            span
            for stop in stops
            if stop.visit.product_id == product.id
            for span in _promise(problem, product, stop, planned)
        ]
        if not promised:
            continue
        owed = Span(problem.days, END_OF_TIME, problem.reserved.get(product.id, 0))
        if missing := unsecured(_left(problem, plan, product), [owed, *promised]):
            yield Violation("reservation", product.id, f"{missing} next doses are not secured")


def _promise(
    problem: Problem, product: Product, stop: Stop, planned: set[tuple[str, str, int]]
) -> Iterator[Span]:
    """Next doses that a stop creates and this plan does not give itself, in whole containers, with the days they may be due."""
    campaign = by_id(problem.campaigns)[stop.visit.campaign_id or ""]
    if not campaign.reserve_next_dose:
        return
    people = sum(
        dose < campaign.doses and (person, campaign.id, dose + 1) not in planned
        for person, dose in stop.visit.needs
    )
    if people:
        day = day_of(problem, stop.start)
        doses = in_containers(product, people)
        least, most = interval_of(campaign, product)
        yield Span(day + least, day + most, doses)


def _left(problem: Problem, plan: Plan, product: Product) -> list[Span]:
    """Doses left in confirmed lots after the plan has taken its own."""
    by_depot = taken(problem, plan)
    spans = []
    for (depot, of_product), lines in lines_by_depot(problem).items():
        if of_product == product.id:
            _, left = allocate(lines, by_depot.get((depot, of_product), {}))
            spans += [
                Span(line.first_day, line.last_day, doses)
                for line, doses in zip(lines, left, strict=True)
                if line.confirmed
            ]
    return spans
