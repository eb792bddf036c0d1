"""Which stops of a published plan no replanning may touch any more."""

from collections.abc import Iterable, Iterator

from scheduling.plan import Route, Stop
from scheduling.problem import Fixed


def is_frozen(start: int, now: int, freeze_seconds: int) -> bool:
    """A stop that has begun, or begins within the freeze time, its last second included."""
    return start <= now + freeze_seconds


def frozen(routes: Iterable[Route], now: int, freeze_seconds: int) -> Iterator[Fixed]:
    """The frozen stops of published routes, as they go into the next problem.

    Whatever a team does before a frozen stop is frozen with it.
    """
    for route in routes:
        last = -1
        for k, stop in enumerate(route.stops):
            if is_frozen(stop.start, now, freeze_seconds):
                last = k
        for stop in route.stops[: last + 1]:
            yield to_fixed(route.shift_id, stop, "frozen")


def to_fixed(shift_id: str, stop: Stop, why: str) -> Fixed:
    """A stop as it stands, to be kept; `why` is "pinned" or "frozen"."""
    visit = stop.visit
    doses = {dose for _, dose in visit.needs}
    return Fixed(
        visit_id=visit.id,
        shift_id=shift_id,
        start=stop.start,
        person_ids=frozenset(person for person, _ in visit.needs),
        why=why,
        location_id=visit.location_id,
        campaign_id=visit.campaign_id,
        product_id=visit.product_id,
        service_seconds=stop.departure - stop.start,
        dose_no=doses.pop() if len(doses) == 1 else None,
    )
