"""Whether stock decides who is served where."""

from scheduling.solver.case import Case


def is_scarce(case: Case) -> bool:
    """Whether a depot holds less of a product than all visits of it could take, next doses included."""
    held: dict[tuple[str, str], int] = {}
    for line in case.problem.stock:
        if line.first_day <= 0:
            key = (line.depot_id, line.product_id)
            held[key] = held.get(key, 0) + line.doses
    depots = {shift.depot_id for shift in case.shifts}
    wanted: dict[str, int] = {}
    for v, visit in enumerate(case.visits):
        if visit.product_id is not None:
            wanted[visit.product_id] = wanted.get(visit.product_id, 0) + 2 * case.load[v]
    return any(
        held.get((depot, product), 0) < doses
        for depot in depots
        for product, doses in wanted.items()
    )
