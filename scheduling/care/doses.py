"""How many doses leave the stock: whole containers, because an opened one stays where it was opened."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from scheduling.plan import Stop
from scheduling.problem import Need, Product

Call = tuple[int, int, int]  # doses, start, departure


def in_containers(product: Product, doses: int) -> int:
    """Doses in the containers that must be opened for so many injections at one place."""
    return -(-doses // product.doses_per_container) * product.doses_per_container


def loaded(product: Product, stops: Sequence[Stop]) -> int:
    """Doses of a product that a route takes out of the depot, in whole containers."""
    return opened(
        product,
        [(stop.visit.doses, stop.start, stop.departure) for stop in stops if uses(stop, product)],
    )


def opened(product: Product, calls: Iterable[Call]) -> int:
    """Doses in the containers that one team opens at calls in this order.

    A product whose opened container may travel is used up at the next stops while it lives.
    """
    if not product.open_may_travel:
        return sum(in_containers(product, doses) for doses, _, _ in calls)
    total, left, opened_at = 0, 0, 0
    for doses, start, departure in calls:
        if not doses:
            continue
        if departure > opened_at + product.open_seconds:
            left = 0
        fresh = in_containers(product, max(0, doses - left))
        if fresh:
            opened_at = start
        total += fresh
        left += fresh - doses
    return total


def wasted(product: Product, stops: Sequence[Stop]) -> int:
    """Doses of a product in opened containers of a route that reach nobody."""
    return loaded(product, stops) - sum(stop.visit.doses for stop in stops if uses(stop, product))


def uses(stop: Stop, product: Product) -> bool:
    """Whether the stop takes doses of the product."""
    return stop.visit.product_id == product.id


def doses_owed(needs: Iterable[Need], products: Mapping[str, Product]) -> dict[str, int]:
    """By product; residents of one location share a call when their windows do, so no fewer containers can do.

    A product that nobody catalogued counts by the dose.
    """
    by_place: dict[tuple[str, str, str], list[Need]] = defaultdict(list)
    for need in needs:
        by_place[need.location_id, need.campaign_id, need.products[0]].append(need)
    owed: dict[str, int] = defaultdict(int)
    for (_, _, name), waiting in sorted(by_place.items()):
        for people in calls(waiting):
            product = products.get(name)
            owed[name] += in_containers(product, people) if product else people
    return dict(owed)


def calls(needs: Iterable[Need]) -> list[int]:
    """The sizes of the fewest calls in which all these can be served within their windows."""
    waiting = sorted(needs, key=lambda need: need.last_day)
    sizes = []
    while waiting:
        day = waiting[0].last_day
        later = [need for need in waiting if need.first_day > day]
        sizes.append(len(waiting) - len(later))
        waiting = later
    return sizes
