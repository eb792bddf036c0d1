"""Stock in the depots of a simulated region: lots that are delivered and used up."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.sending import entity_id
from services.simulator.region import Delivery

CONTAINER = 10  # doses in a container of the simulated product


@dataclass(slots=True)
class Lot:
    """Doses of one lot in one depot, usable between two days, both included."""

    number: str
    first_day: date
    last_day: date
    doses: int
    usable: bool = True  # false while it is quarantined


@dataclass(slots=True)
class Fridge:
    """All lots by depot and product."""

    lots: dict[tuple[UUID, str], list[Lot]] = field(default_factory=dict)

    @classmethod
    def filled(cls, region: str, deliveries: Iterable[Delivery]) -> "Fridge":
        """Fills the fridges with what was received before the first day."""
        fridge = cls()
        for delivery in deliveries:
            if delivery.received:
                depot = entity_id("organisation", region, delivery.post.depot)
                lot = Lot(delivery.lot, delivery.day, delivery.use_by, delivery.doses)
                fridge.put(depot, delivery.product, lot)
        return fridge

    def put(self, depot: UUID, product: str, lot: Lot) -> None:
        """Adds a lot."""
        self.lots.setdefault((depot, product), []).append(lot)

    def choose(self, depot: UUID, product: str, day: date, doses: int) -> Lot | None:
        """Chooses the lot that expires first and has enough doses, else the one with most; None when there is none."""
        usable = [
            lot
            for lot in self.lots.get((depot, product), ())
            if lot.usable and lot.first_day <= day <= lot.last_day and lot.doses
        ]
        enough = [lot for lot in usable if lot.doses >= doses]
        if enough:
            return min(enough, key=lambda lot: (lot.last_day, lot.number))
        return max(usable, key=lambda lot: (lot.doses, lot.number), default=None)

    def mark(self, number: str, *, usable: bool) -> None:
        """Quarantines or releases a lot in every depot."""
        for lots in self.lots.values():
            for lot in lots:
                if lot.number == number:
                    lot.usable = usable


class Opened:
    """The containers that one visit opens, one after the other, from the stock of its depot."""

    def __init__(self, fridge: Fridge, depot: UUID, product: str, day: date, people: int) -> None:
        self._choose = (fridge, depot, product, day)
        self.left = 0  # doses in the container that is open
        self.lot = self._next(people)  # None: no stock

    def dose(self, waiting: int) -> Lot | None:
        """Takes one dose for the next of `waiting` people, from another lot when this one is empty; None without stock."""
        if not self.left:
            if self.lot is None or not self.lot.doses:
                self.lot = self._next(waiting) or self.lot
            if self.lot is None or not self.lot.doses:
                return None
            self.left = min(CONTAINER, self.lot.doses)
            self.lot.doses -= self.left
        self.left -= 1
        return self.lot

    def _next(self, people: int) -> Lot | None:
        """Chooses a lot for so many people, in whole containers."""
        fridge, depot, product, day = self._choose
        return fridge.choose(depot, product, day, -(-people // CONTAINER) * CONTAINER)
