"""What a route takes out of the stock: whole containers, shared between its stops where they may travel."""

from collections.abc import Iterable

from scheduling.doses import Call, opened
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


def given(case: Case, visits: Iterable[int]) -> int:
    """Doses that residents get."""
    return sum(case.visits[v].doses for v in visits)


def extra_of(case: Case, v: int, visits: tuple[int, ...], loads: Loads) -> int:
    """Doses that a route takes along at least when it makes visit `v` too."""
    product = case.product[v]
    if product is None or not product.open_may_travel:
        return case.load[v]
    together = case.visits[v].doses + sum(
        case.visits[u].doses for u in visits if case.visits[u].product_id == product.id
    )
    size = product.doses_per_container
    now = next((doses for name, doses in loads if name == product.id), 0)
    return max(0, -(-together // size) * size - now)
