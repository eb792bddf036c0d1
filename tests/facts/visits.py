"""Facts of `events.visits`."""

from typing import Any

from events.visits import (
    AdverseEventReported,
    DoseAdministered,
    DoseCorrected,
    DoseNotGiven,
    DoseRetracted,
    DoseWasted,
    NotGiven,
    RetractionReason,
    Severity,
    TeamDelayed,
    WasteReason,
)
from tests.facts.values import DONE, TEN, build, uid


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
        "given_at": DONE,
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
        "noted_at": DONE,
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
    usual = {"team_id": uid("team"), "minutes": minutes, "noted_at": DONE}
    return build(TeamDelayed, usual, changes)


def a_correction(of: tuple[str, str], name: str = "p1", **changes: Any) -> DoseCorrected:
    """Of the event with this source and id."""
    usual = {
        "of_source": of[0],
        "of_id": of[1],
        "corrected_by": uid("nurse"),
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "dose_no": 1,
        "product_id": "moderna",
        "given_at": DONE,
        "why": "read from the wrong line of the list",
    }
    return build(DoseCorrected, usual, changes)


def a_retraction(of: tuple[str, str], name: str = "p1", **changes: Any) -> DoseRetracted:
    """Of the event with this source and id."""
    usual = {
        "of_source": of[0],
        "of_id": of[1],
        "corrected_by": uid("nurse"),
        "why": "the needle was never unpacked",
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "reason": RetractionReason.NOT_GIVEN,
    }
    return build(DoseRetracted, usual, changes)


def a_waste(doses: int = 5, **changes: Any) -> DoseWasted:
    usual = {
        "depot_id": uid("post"),
        "product_id": "moderna",
        "lot": "LOT1",
        "doses": doses,
        "reason": WasteReason.BROKEN,
        "wasted_at": DONE,
    }
    return build(DoseWasted, usual, changes)
