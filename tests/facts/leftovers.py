"""Facts of `events.leftovers`."""

from datetime import timedelta
from typing import Any

from events.leftovers import ContainerOpened, LeftoverOffered, LeftoverTaken
from tests.facts.values import DONE, TEN, build, uid


def a_container(name: str = "container", **changes: Any) -> ContainerOpened:
    usual = {
        "container_id": uid(name),
        "product_id": "moderna",
        "lot": "LOT1",
        "team_id": uid("team"),
        "visit_id": uid("visit"),
        "opened_at": DONE,
    }
    return build(ContainerOpened, usual, changes)


def an_offer(name: str = "offer", **changes: Any) -> LeftoverOffered:
    usual = {
        "offer_id": uid(name),
        "team_id": uid("team"),
        "campaign_id": uid("corona"),
        "product_id": "moderna",
        "lot": "LOT1",
        "doses": 3,
        "offered_at": DONE,
        "use_before": TEN + timedelta(hours=5),
    }
    return build(LeftoverOffered, usual, changes)


def a_taking(name: str = "offer", **changes: Any) -> LeftoverTaken:
    usual = {"offer_id": uid(name), "team_id": uid("team"), "taken_at": DONE}
    return build(LeftoverTaken, usual, changes)
