"""Every dose comes from a lot that is at the team's depot that day and has not expired."""

from collections.abc import Iterator

from scheduling.care.doses import loaded
from scheduling.care.lookup import routes_with_shifts
from scheduling.care.stock import allocate, lines_by_depot
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per depot, product and day for which no allocation of the lots suffices."""
    lines = lines_by_depot(problem)
    for (depot, product), by_day in sorted(taken(problem, plan).items()):
        short, _ = allocate(lines.get((depot, product), []), by_day)
        for day, doses in sorted(short.items()):
            yield Violation("stock", f"{depot} {product} day {day}", f"{doses} doses short")


def taken(problem: Problem, plan: Plan) -> dict[tuple[str, str], dict[int, int]]:
    """Doses that leave the depots, by depot and product, then by day."""
    doses: dict[tuple[str, str], dict[int, int]] = {}
    for shift, route in routes_with_shifts(problem, plan):
        for product in problem.products:
            if load := loaded(product, route.stops):
                by_day = doses.setdefault((shift.depot_id, product.id), {})
                by_day[shift.day] = by_day.get(shift.day, 0) + load
    return doses
