"""Doses to be kept for next doses that a plan does not see yet: whole containers for each call that will be made."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from scheduling.doses import in_containers
from scheduling.problem import Need, Product


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
