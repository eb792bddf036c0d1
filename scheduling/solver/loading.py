"""What a route takes out of the stock: whole containers, shared between its stops where they may travel."""

from collections.abc import Iterable

from scheduling.doses import Call, in_containers, opened
from scheduling.solver.case import Case
from scheduling.solver.timing import Timing

Loads = tuple[tuple[str, int], ...]  # product and doses, by product
NOTHING: Loads = ()


def loads_of(case: Case, timing: Timing | None) -> Loads:
    """Doses by product that a route takes along, as `doses.loaded` counts them."""
    if timing is None:
        return NOTHING
    calls: dict[str, list[Call]] = {}
    products = {}
    for v, start in zip(timing.sequence, timing.starts, strict=True):
        product = case.product[v]
        if product is not None:
            products[product.id] = product
            departure = start + case.service[v][timing.shift]
            calls.setdefault(product.id, []).append((case.visits[v].doses, start, departure))
    loads = ((name, opened(products[name], calls[name])) for name in sorted(calls))
    return tuple((name, doses) for name, doses in loads if doses)


def doses_in(loads: Loads) -> int:
    """Doses of all products together."""
    return sum(doses for _, doses in loads)


def spare_of(case: Case, visits: Iterable[int], loads: Loads) -> dict[str, int]:
    """By product the doses that a route takes along and that reach nobody."""
    spare = dict(loads)
    for v in visits:
        product = case.product[v]
        if product is not None and product.id in spare:
            spare[product.id] -= case.visits[v].doses
    return spare


def extra_of(case: Case, v: int, spare: dict[str, int]) -> int:
    """Doses that a route takes along at least when it makes visit `v` too."""
    product = case.product[v]
    if product is None or not product.open_may_travel:
        return case.load[v]
    return in_containers(product, max(0, case.visits[v].doses - spare.get(product.id, 0)))
