"""Doses out of containers and lots, counted one by one and by trying every set of days."""

from collections.abc import Iterable
from itertools import combinations

from scheduling.plan import Stop
from scheduling.problem import Product

Lot = list[int]  # first day, last day, doses


def drawn(product: Product, stops: Iterable[Stop]) -> int:
    """Doses that leave the depot: containers are opened one at a time, when the last is empty or too old."""
    containers, left, opened = 0, 0, 0
    for stop in stops:
        if stop.visit.product_id != product.id:
            continue
        too_old = stop.departure > opened + product.open_seconds
        if not product.open_may_travel or (stop.visit.needs and too_old):
            left = 0
        fresh = False
        for _ in stop.visit.needs:
            if left == 0:
                containers, left, fresh = containers + 1, product.doses_per_container, True
            left -= 1
        opened = stop.start if fresh else opened
    return containers * product.doses_per_container


def lacking(wanted: list[Lot], have: list[Lot]) -> int:
    """Hall: by how much some set of demands wants more than all lots that overlap any of them; at most."""
    most = 0
    for size in range(1, len(wanted) + 1):
        for some in combinations(wanted, size):
            usable = [
                lot for lot in have if any(lot[0] <= want[1] and want[0] <= lot[1] for want in some)
            ]
            most = max(most, sum(want[2] for want in some) - sum(lot[2] for lot in usable))
    return most


def short(wanted: list[Lot], have: list[Lot]) -> bool:
    """Whether some demand is not met."""
    return lacking(wanted, have) > 0


def merged(wanted: list[Lot]) -> list[Lot]:
    """Demands with the same span as one: fewer sets to try."""
    sums: dict[tuple[int, int], int] = {}
    for first, last, doses in wanted:
        sums[first, last] = sums.get((first, last), 0) + doses
    return [[first, last, doses] for (first, last), doses in sums.items()]
