"""What lies in the depots while a region is played: lots that come in and are used up."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.importing.said import entity_id
from services.simulator.region import Delivery


@dataclass(slots=True)
class Lot:
    """Doses of one lot in one depot, usable between two days, both included."""

    number: str
    first_day: date
    last_day: date
    doses: int


@dataclass(slots=True)
class Fridge:
    """All lots by depot and product."""

    lots: dict[tuple[UUID, str], list[Lot]] = field(default_factory=dict)

    @classmethod
    def filled(cls, region: str, deliveries: Iterable[Delivery]) -> "Fridge":
        """With what was received before the first day."""
        fridge = cls()
        for delivery in deliveries:
            if delivery.received:
                depot = entity_id("organisation", region, delivery.post.depot)
                lot = Lot(delivery.lot, delivery.day, delivery.use_by, delivery.doses)
                fridge.put(depot, delivery.product, lot)
        return fridge

    def put(self, depot: UUID, product: str, lot: Lot) -> None:
        """A lot comes in."""
        self.lots.setdefault((depot, product), []).append(lot)

    def choose(self, depot: UUID, product: str, day: date, doses: int) -> Lot | None:
        """The lot that expires first and has enough; else the one that has most; None when there is nothing."""
        usable = [
            lot
            for lot in self.lots.get((depot, product), ())
            if lot.first_day <= day <= lot.last_day and lot.doses
        ]
        enough = [lot for lot in usable if lot.doses >= doses]
        if enough:
            return min(enough, key=lambda lot: (lot.last_day, lot.number))
        return max(usable, key=lambda lot: (lot.doses, lot.number), default=None)
