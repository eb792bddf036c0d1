"""Facts of `events.visits`."""

from datetime import UTC, datetime
from typing import Any

from events.visits import (
    AdverseEventReported,
    DoseAdministered,
    DoseNotGiven,
    NotGiven,
    Severity,
    TeamDelayed,
)
from tests.facts.values import TEN, build, uid


def a_dose(name: str = "p1", **changes: Any) -> DoseAdministered:
    usual = {
        "visit_id": uid("visit"),
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "dose_no": 1,
        "product_id": "moderna",
        "lot": "LOT1",
        "depot_id": uid("post"),
        "team_id": uid("team"),
        "given_at": datetime(2021, 2, 16, 10, tzinfo=UTC),
    }
    return build(DoseAdministered, usual, changes)


def not_given(name: str = "p1", reason: NotGiven = NotGiven.ABSENT, **changes: Any) -> DoseNotGiven:
    usual = {
        "visit_id": uid("visit"),
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "dose_no": 1,
        "team_id": uid("team"),
        "reason": reason,
        "noted_at": datetime(2021, 2, 16, 10, tzinfo=UTC),
    }
    return build(DoseNotGiven, usual, changes)


def an_adverse_event(name: str = "p1", **changes: Any) -> AdverseEventReported:
    usual = {
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "severity": Severity.MODERATE,
        "began_at": TEN,
    }
    return build(AdverseEventReported, usual, changes)


def a_delay(minutes: int = 30, **changes: Any) -> TeamDelayed:
    usual = {"team_id": uid("team"), "minutes": minutes, "noted_at": TEN}
    return build(TeamDelayed, usual, changes)
