"""What happens to the vaccine of a season: it comes, is counted, gets warm, and is thrown away past its day."""

from collections.abc import Iterator
from datetime import date

from events.envelope import Sender
from events.identifiers import DeliveryId, OrganisationId
from events.local_time import to_moment
from events.supply import (
    DeliveryReceived,
    LotOfProduct,
    LotReleased,
    StockCounted,
    TemperatureRead,
)
from events.visits import DoseWasted, WasteReason
from services.sending import SenderEvent, entity_id
from services.simulator.fridge import Lot
from tests.campaign.scene import DELIVERED_AT, EARLY, NEWS_AT, Scene

FRIDAY = 4


def deliveries(scene: Scene, day: date) -> Iterator[SenderEvent]:
    """What arrives, as it arrives."""
    for arrival in scene.staged.arrivals:
        delivery = arrival.delivery
        if arrival.day != day or delivery.received or not arrival.doses:
            continue
        depot = OrganisationId(entity_id("organisation", scene.region, delivery.post.depot))
        lot = Lot(delivery.lot, day, delivery.use_by, arrival.doses)
        scene.world.fridge.put(depot, delivery.product, lot)
        payload = DeliveryReceived(
            delivery_id=DeliveryId(entity_id("delivery", scene.region, delivery.key)),
            depot_id=depot,
            product_id=delivery.product,
            lot=delivery.lot,
            doses=arrival.doses,
            received_on=day,
            use_by=delivery.use_by,
        )
        yield scene.says(Sender.GGD, payload, day, DELIVERED_AT)


def expiries(scene: Scene, day: date) -> Iterator[SenderEvent]:
    """What was not used in time is thrown away the morning after."""
    for (depot, product), lots in sorted(scene.world.fridge.lots.items()):
        for lot in lots:
            if lot.last_day < day and lot.doses:
                payload = DoseWasted(
                    depot_id=OrganisationId(depot),
                    product_id=product,
                    lot=lot.number,
                    doses=lot.doses,
                    reason=WasteReason.EXPIRED,
                    wasted_at=to_moment(day, EARLY),
                )
                lot.doses = 0
                yield scene.says(Sender.TEAM, payload, day, EARLY)


def counts(scene: Scene, day: date) -> Iterator[SenderEvent]:
    """On Fridays everything that lies in the fridges is counted before the teams leave."""
    if day.weekday() != FRIDAY:
        return
    for (depot, product), lots in sorted(scene.world.fridge.lots.items()):
        for lot in lots:
            payload = StockCounted(
                depot_id=OrganisationId(depot),
                product_id=product,
                lot=lot.number,
                doses=lot.doses,
                counted_at=to_moment(day, EARLY),
            )
            if lot.doses:
                yield scene.says(Sender.GGD, payload, day, EARLY)


def fridge_warm(scene: Scene, day: date) -> Iterator[SenderEvent]:
    """The fridge of the fullest depot got too warm: a lot that lay there may not be used for now, nowhere."""
    full = {key: sum(lot.doses for lot in lots) for key, lots in scene.world.fridge.lots.items()}
    depot, product = max(full, key=lambda key: (full[key], key))
    there = [lot for lot in scene.world.fridge.lots[depot, product] if lot.doses]
    smallest = sorted(there, key=lambda lot: (lot.doses, lot.number))[:1]
    lots = tuple(LotOfProduct(product_id=product, lot=lot.number) for lot in smallest)
    if lots:
        scene.warm = list(lots)
        for lot in lots:
            scene.world.fridge.mark(lot.lot, usable=False)
        payload = TemperatureRead(
            depot_id=OrganisationId(depot),
            celsius=11.5,
            excursion=True,
            lots=lots,
            read_at=to_moment(day, EARLY),
        )
        yield scene.says(Sender.GGD, payload, day, EARLY)


def fridge_cleared(scene: Scene, day: date) -> Iterator[SenderEvent]:
    """The pharmacist says that it may be used after all."""
    for one in scene.warm:
        scene.world.fridge.mark(one.lot, usable=True)
        payload = LotReleased(product_id=one.product_id, lot=one.lot)
        yield scene.says(Sender.GGD, payload, day, NEWS_AT)
    scene.warm = []
