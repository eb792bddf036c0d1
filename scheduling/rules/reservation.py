"""A dose is planned only when confirmed stock secures the next dose of its series."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from scheduling.care.lookup import NeedKey
from scheduling.care.next_doses import next_doses_of, next_doses_of_kept
from scheduling.care.stock import END_OF_TIME, Span, allocate, lines_by_depot, unsecured
from scheduling.plan import Plan, Stop, Violation
from scheduling.problem import Problem, Product
from scheduling.rules.stock import taken


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per product of which more next doses are needed than confirmed lots can give.

    Doses that the plan itself takes are served first, by depot; what is left may move between depots. Next doses of
    kept and fixed stops go first: what these lack by themselves is not asked of the other stops, which add nothing to it.
    """
    fixed = {row.visit_id for row in problem.fixed}
    planned = _list_next(plan)
    given = _only(plan, fixed)
    for product in problem.products:
        missing = _count_missing(problem, plan, product, (fixed, planned, given))
        if missing > 0:
            yield Violation("reservation", product.id, f"{missing} next doses are not secured")


def count_missing(problem: Problem, plan: Plan, product: Product) -> int:
    """Next doses of a product that stops of the plan add and confirmed lots cannot give."""
    fixed = {row.visit_id for row in problem.fixed}
    planned = _list_next(plan)
    return _count_missing(problem, plan, product, (fixed, planned, _only(plan, fixed)))


def _count_missing(
    problem: Problem,
    plan: Plan,
    product: Product,
    known: tuple[set[str], set[NeedKey], Plan],
) -> int:
    fixed, planned, given = known
    stops = [s for route in plan.routes for s in route.stops if s.visit.product_id == product.id]
    added = _promised(problem, (s for s in stops if s.visit.id not in fixed), planned)
    if not added:
        return 0
    owed = [
        Span(problem.days, END_OF_TIME, problem.reserved.get(product.id, 0)),
        *next_doses_of_kept(problem, product.id),
        *_promised(problem, (s for s in stops if s.visit.id in fixed), planned),
    ]
    before = unsecured(_left(problem, given, product), owed)
    return unsecured(_left(problem, plan, product), [*owed, *added]) - before


def _list_next(plan: Plan) -> set[NeedKey]:
    """The next doses that a plan gives: no first one is anybody's next."""
    return {
        (person, stop.visit.campaign_id or "", dose)
        for route in plan.routes
        for stop in route.stops
        for person, dose in stop.visit.needs
        if dose > 1
    }


def _only(plan: Plan, visits: Collection[str]) -> Plan:
    """The plan with these visits alone."""
    routes = (
        replace(route, stops=tuple(s for s in route.stops if s.visit.id in visits))
        for route in plan.routes
    )
    return replace(plan, routes=tuple(routes))


def _promised(problem: Problem, stops: Iterable[Stop], planned: Collection[NeedKey]) -> list[Span]:
    """Next doses that stops create and this plan does not give itself."""
    spans = (
        next_doses_of(
            problem,
            stop.visit.product_id,
            stop.visit.campaign_id,
            stop.start,
            stop.visit.needs,
            planned,
        )
        for stop in stops
    )
    return [span for span in spans if span is not None]


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
