"""The rules about lots a third time, as plainly as can be: what is taken on each day, and what is owed of it."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from scheduling.problem import Product
from tests.scheduling.draws import Lot, drawn, lacking, merged, short
from tests.scheduling.plainly import interval, lots_of

if TYPE_CHECKING:
    from tests.scheduling.truth import Truth


def _taken(truth: "Truth", depot: str, product: Product) -> dict[int, int]:
    taken: dict[int, int] = {}
    for route in truth.plan.routes:
        for shift in truth.problem.shifts:
            if shift.id == route.shift_id and shift.depot_id == depot:
                taken[shift.day] = taken.get(shift.day, 0) + drawn(product, route.stops)
    return {day: doses for day, doses in taken.items() if doses}


def stock(truth: "Truth") -> Iterator[bool]:
    for depot in truth.problem.depots:
        for product in truth.problem.products:
            wanted = [[d, d, n] for d, n in _taken(truth, depot.id, product).items()]
            lots = lots_of(truth.problem, depot.id, product)
            yield short(wanted, [[lot.first_day, lot.last_day, lot.doses] for lot in lots])


def reservation(truth: "Truth") -> Iterator[bool]:
    planned = {(n.person_id, n.campaign_id, n.dose_no) for _, n in truth.doses()}
    given = [
        replace(route, stops=tuple(s for s in route.stops if s.visit.id in truth.fixed))
        for route in truth.plan.routes
    ]
    alone = type(truth)(truth.problem, replace(truth.plan, routes=tuple(given)))
    for product in truth.problem.products:
        of_fixed, of_others = list[Lot](), list[Lot]()
        for _, _, stop in truth.calls:
            visit = stop.visit
            if visit.product_id == product.id:
                lots = of_fixed if visit.id in truth.fixed else of_others
                lots += _next(truth, product, visit.campaign_id, stop.start, visit.needs, planned)
        for kept in truth.problem.kept.stops:
            if kept.product_id == product.id:
                of_fixed += _next(
                    truth, product, kept.campaign_id, kept.start, kept.doses, frozenset()
                )
        owed = truth.problem.reserved.get(product.id, 0)
        if owed:
            of_fixed.append([truth.problem.days, 10**6, owed])
        before = lacking(merged(of_fixed), _left(alone, product)) if of_others else 0
        yield bool(of_others) and (
            lacking(merged([*of_fixed, *of_others]), _left(truth, product)) > before
        )


def _next(
    truth: "Truth",
    product: Product,
    campaign_id: str | None,
    start: int,
    doses: Iterable[tuple[str, int]],
    planned: Container[tuple[str, str, int]],
) -> list[Lot]:
    """The next doses of who gets these, in whole containers, when they may be given."""
    campaign = next(c for c in truth.problem.campaigns if c.id == campaign_id)
    people = sum(
        dose < campaign.doses and (person, campaign.id, dose + 1) not in planned
        for person, dose in doses
    )
    containers = 0
    while containers < people:
        containers += product.doses_per_container
    if not containers or not campaign.reserve_next_dose:
        return []
    least, most = interval(campaign, product)
    return [[truth.day(start) + least, truth.day(start) + most, containers]]


def _left(truth: "Truth", product: Product) -> list[Lot]:
    """Confirmed lots after each day took its doses from the usable lot that expires first."""
    found: list[Lot] = []
    depots = {line.depot_id for line in truth.problem.stock}
    for depot in depots:
        lots = sorted(
            lots_of(truth.problem, depot, product),
            key=lambda lot: (lot.last_day, lot.first_day, lot.lot),
        )
        left = [lot.doses for lot in lots]
        for day, doses in sorted(_taken(truth, depot, product).items()):
            for _ in range(doses):
                for k, lot in enumerate(lots):
                    if left[k] and lot.first_day <= day <= lot.last_day:
                        left[k] -= 1
                        break
        found += [
            [lot.first_day, lot.last_day, doses]
            for lot, doses in zip(lots, left, strict=True)
            if lot.confirmed and doses
        ]
    return found
