"""How many doses leave the stock: whole containers, as an opened one may not be taken to the next location."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from scheduling.plan import Stop
from scheduling.problem import Campaign, Need, Product

Call = tuple[
    int, int, int
]  # of one visit: doses, start, departure (seconds since the start of the horizon)


def in_containers(product: Product, doses: int) -> int:
    """Rounds doses up to whole containers."""
    return -(-doses // product.doses_per_container) * product.doses_per_container


def interval_of(campaign: Campaign, product: Product | None) -> tuple[int, int]:
    """The fewest and most days to the next dose: the product's own interval, else the campaign's."""
    if product is None or product.min_days is None or product.max_days is None:
        return campaign.min_days, campaign.max_days
    return product.min_days, product.max_days


def loaded(product: Product, stops: Sequence[Stop]) -> int:
    """Doses of a product that a route takes out of its depot, in whole containers."""
    return opened(
        product,
        [(stop.visit.doses, stop.start, stop.departure) for stop in stops if uses(stop, product)],
    )


def opened(product: Product, visits: Iterable[Call]) -> int:
    """Doses in the containers that a team opens on these visits, in this order.

    An opened container of a product that may travel is used up at the next stops, within its shelf life once open.
    """
    if not product.open_may_travel:
        return sum(in_containers(product, doses) for doses, _, _ in visits)
    total, left, opened_at = 0, 0, 0
    for doses, start, departure in visits:
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
    """Doses of a product that a route opens and nobody gets."""
    return loaded(product, stops) - sum(stop.visit.doses for stop in stops if uses(stop, product))


def uses(stop: Stop, product: Product) -> bool:
    """Whether doses of this product are given at the stop."""
    return stop.visit.product_id == product.id


def doses_owed(needs: Iterable[Need], products: Mapping[str, Product]) -> dict[str, int]:
    """Doses owed by product, in the fewest containers that any plan could open for these needs.

    Residents of one location share a visit when their due windows overlap. Without its container size, a product that
    is not in the catalogue counts by the dose.
    """
    by_place: dict[tuple[str, str, str], list[Need]] = defaultdict(list)
    for need in needs:
        by_place[need.location_id, need.campaign_id, need.products[0]].append(need)
    owed: dict[str, int] = defaultdict(int)
    for (_, _, name), waiting in sorted(by_place.items()):
        for people in fewest_visits(waiting):
            product = products.get(name)
            owed[name] += in_containers(product, people) if product else people
    return dict(owed)


def fewest_visits(needs: Iterable[Need]) -> list[int]:
    """Residents per visit, for the fewest visits that serve everybody within their due window.

    Interval stabbing: the earliest last day decides, and whoever is due by then joins. No other choice needs fewer.
    """
    waiting = sorted(needs, key=lambda need: need.last_day)
    sizes = []
    while waiting:
        day = waiting[0].last_day
        later = [need for need in waiting if need.first_day > day]
        sizes.append(len(waiting) - len(later))
        waiting = later
    return sizes
