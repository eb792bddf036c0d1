"""What stock comes to, read plainly from what the senders said: the views of the product are not used."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from events.supply import DeliveryReceived, StockMoved
from events.visits import DoseWasted
from tests.faults.journal import Key
from tests.faults.patients import Fact, place_doses
from tests.faults.reading import Mark

Lot = tuple[str, UUID, str]  # region, depot, lot


def stock_said(facts: Mapping[Key, Fact]) -> Counter[Lot]:
    """Received less moved, wasted and given: each once, however often it was said."""
    found = Counter(received_said(facts))
    for (region, *_), lost in lost_once(facts).items():
        depot = lost.depot_id if isinstance(lost, DoseWasted) else lost.from_depot_id
        found[region, depot, lost.lot] -= lost.doses
        if isinstance(lost, StockMoved) and lost.to_depot_id is not None:
            found[region, lost.to_depot_id, lost.lot] += lost.doses
    for dose, (region, depot) in dict(place_doses(facts)).items():
        found[region, depot, dose[3]] -= 1
    return found


def received_said(facts: Mapping[Key, Fact]) -> Counter[Lot]:
    """What came in: of each delivery, depot and lot the newest statement."""
    newest: dict[tuple[Any, ...], tuple[Mark, DeliveryReceived]] = {}
    for mark, said in facts.values():
        if isinstance(said, DeliveryReceived):
            key = (mark.region, said.delivery_id, said.depot_id, said.lot)
            if key not in newest or newest[key][0] < mark:
                newest[key] = mark, said
    found: Counter[Lot] = Counter()
    for (region, _, depot, lot), (_, said) in newest.items():
        found[region, depot, lot] += said.doses
    return found


def lost_once(facts: Mapping[Key, Fact]) -> dict[tuple[Any, ...], DoseWasted | StockMoved]:
    """What was wasted or moved; of equal content it is one thing, but for moves of two moments."""
    once: dict[tuple[Any, ...], DoseWasted | StockMoved] = {}
    for mark, said in facts.values():
        if isinstance(said, DoseWasted):
            once[mark.region, said] = said
        elif isinstance(said, StockMoved):
            once[mark.region, said, mark.moment if mark.is_dated else mark.seq] = said
    return once
