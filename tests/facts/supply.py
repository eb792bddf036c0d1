"""Facts of `events.supply`."""

from datetime import date
from typing import Any

from events.corrections import FactRef
from events.supply import (
    CampaignOpened,
    DeliveryAnnounced,
    DeliveryConfirmed,
    DeliveryReceived,
    LotOfProduct,
    ProductCatalogued,
    StockAdjusted,
    StockCounted,
    TemperatureRead,
)
from tests.facts.values import APPROVAL, DONE, build, uid


def a_product(name: str = "moderna", **changes: Any) -> ProductCatalogued:
    usual = {
        "product_id": name,
        "name": name.title(),
        "doses_per_container": 10,
        "open_minutes": 360,
        "transport_minutes": 720,
        "fridge_days": 30,
        "approval": APPROVAL,
    }
    return build(ProductCatalogued, usual, changes)


def a_campaign(name: str = "corona", **changes: Any) -> CampaignOpened:
    usual = {
        "campaign_id": uid(name),
        "name": name.title(),
        "products": ("moderna",),
        "doses": 2,
        "min_days": 28,
        "ideal_days": 28,
        "max_days": 42,
        "opens_on": date(2021, 2, 1),
        "seconds_per_person": 180,
        "observation_minutes": 15,
        "setup_minutes": 10,
        "pack_minutes": 10,
        "reserve_next_dose": False,
        "approval": APPROVAL,
    }
    return build(CampaignOpened, usual, changes)


def a_delivery(name: str = "delivery", **changes: Any) -> DeliveryReceived:
    usual = {
        "delivery_id": uid(name),
        "depot_id": uid("post"),
        "product_id": "moderna",
        "lot": "LOT1",
        "doses": 200,
        "received_on": date(2021, 2, 11),
        "use_by": date(2021, 3, 31),
    }
    return build(DeliveryReceived, usual, changes)


def an_announcement(name: str = "coming", **changes: Any) -> DeliveryAnnounced:
    usual = {
        "delivery_id": uid(name),
        "depot_id": uid("post"),
        "product_id": "moderna",
        "doses": 100,
        "expected_on": date(2021, 2, 20),
    }
    return build(DeliveryAnnounced, usual, changes)


def a_promise(name: str = "coming", **changes: Any) -> DeliveryConfirmed:
    """The GGD vouches for a delivery."""
    usual = {
        "delivery_id": uid(name),
        "depot_id": uid("post"),
        "product_id": "moderna",
        "doses": 100,
        "expected_on": date(2021, 2, 20),
    }
    return build(DeliveryConfirmed, usual, changes)


def a_stock_count(doses: int = 200, **changes: Any) -> StockCounted:
    usual = {
        "depot_id": uid("post"),
        "product_id": "moderna",
        "lot": "LOT1",
        "doses": doses,
        "counted_at": DONE,
    }
    return build(StockCounted, usual, changes)


def a_settlement(doses: int, *counts: FactRef, **changes: Any) -> StockAdjusted:
    """What the lot came to at those counts."""
    usual = {
        "depot_id": uid("post"),
        "product_id": "moderna",
        "lot": "LOT1",
        "doses": doses,
        "counts": counts,
        "reason": "samen nageteld",
        "adjusted_at": DONE,
    }
    return build(StockAdjusted, usual, changes)


def a_reading(celsius: float = 5.0, *lots: str, **changes: Any) -> TemperatureRead:
    """Of a fridge; an excursion for these lots, if any."""
    usual = {
        "depot_id": uid("post"),
        "celsius": celsius,
        "excursion": bool(lots),
        "lots": tuple(LotOfProduct(product_id="moderna", lot=lot) for lot in lots),
        "read_at": DONE,
    }
    return build(TemperatureRead, usual, changes)
