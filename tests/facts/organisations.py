"""Facts of `events.organisations`."""

from typing import Any

from events.identifiers import Point
from events.organisations import DecisionRecorded, OrganisationKind, OrganisationRegistered
from tests.facts.values import DONE, build, uid


def an_organisation(name: str = "post", **changes: Any) -> OrganisationRegistered:
    usual = {
        "organisation_id": uid(name),
        "kind": OrganisationKind.POST,
        "name": name.title(),
        "point": Point(lat=52.09, lon=5.12),
    }
    return build(OrganisationRegistered, usual, changes)


def a_decision(name: str = "decision", **changes: Any) -> DecisionRecorded:
    usual = {
        "decision_id": uid(name),
        "decision": "residents of 90 and over first",
        "reason": "half of the delivery did not come",
        "decided_at": DONE,
    }
    return build(DecisionRecorded, usual, changes)
