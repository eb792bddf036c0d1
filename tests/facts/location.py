"""Facts of `events.location`."""

from datetime import UTC, datetime
from typing import Any

from events.identifiers import Point
from events.location import (
    Confirmer,
    LocationConfirmed,
    LocationRegistered,
    Urgency,
    VisitRequested,
)
from tests.facts.values import EVERY_DAY, build, uid


def a_location(name: str = "wilg", **changes: Any) -> LocationRegistered:
    usual = {
        "location_id": uid(name),
        "name": f"De {name.title()}",
        "point": Point(lat=52.10, lon=5.10),
        "postcode4": 3511,
        "municipality": "GM0344",
        "residents": 12,
        "opening": EVERY_DAY,
    }
    return build(LocationRegistered, usual, changes)


def a_crisis(name: str = "crisis", **changes: Any) -> VisitRequested:
    usual = {
        "visit_id": uid(name),
        "location_id": uid("wilg"),
        "urgency": Urgency.U2,
        "minutes": 30,
        "earliest": datetime(2021, 2, 16, 8, tzinfo=UTC),
        "latest": datetime(2021, 2, 16, 12, tzinfo=UTC),
    }
    return build(VisitRequested, usual, changes)


def a_confirmation(name: str = "visit", **changes: Any) -> LocationConfirmed:
    usual = {
        "visit_id": uid(name),
        "location_id": uid("wilg"),
        "starts_at": datetime(2021, 2, 16, 9, tzinfo=UTC),
        "by": Confirmer.INSTITUTION,
    }
    return build(LocationConfirmed, usual, changes)
