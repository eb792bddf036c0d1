"""Visits for some of the residents of a visit: how many, under which names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from scheduling.care.lookup import NeedKey
from scheduling.plan import Visit
from scheduling.problem import Need
from scheduling.visits.grouping import visit_id

Needs = Mapping[NeedKey, Need]
Members = Sequence[tuple[str, int]]  # person and dose number


def with_members(needs: Needs, visit: Visit, name: str, members: Members) -> Visit:
    """The same visit for some of its residents."""
    campaign = visit.campaign_id or ""
    most = max(needs[person, campaign, dose].priority for person, dose in members)
    return replace(visit, id=name, needs=tuple(sorted(members)), priority=most)


def halve_containers(people: int, container: int, most_parts: int) -> Iterator[int]:
    """Half of the containers, then half of the rest: sums of such sizes come near any number of containers."""
    for _ in range(most_parts - 1):
        if people <= container:
            break
        size = -(-people // container) // 2 * container
        yield size
        people -= size
    yield people


def draw_names(visit: Visit, taken: set[str]) -> Iterator[str]:
    """The identifier of the whole, then unused ones."""
    yield visit.id
    for part in range(1, 10_000):
        name = visit_id(visit.location_id, visit.id, visit.product_id or "", "part", part)
        if name not in taken:
            yield name
