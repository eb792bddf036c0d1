"""Facts of `events.practice`."""

from datetime import date
from typing import Any

from events.practice import (
    AssessmentRecorded,
    ConsentRecorded,
    ConsentStatus,
    DoseGivenElsewhere,
    Judgement,
    PatientRegistered,
)
from tests.facts.values import build, uid


def a_patient(name: str = "p1", **changes: Any) -> PatientRegistered:
    usual = {
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "practice_id": uid("practice"),
        "birth_year": 1932,
    }
    return build(PatientRegistered, usual, changes)


def a_consent(name: str = "p1", **changes: Any) -> ConsentRecorded:
    usual = {
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "practice_id": uid("practice"),
        "status": ConsentStatus.GIVEN,
    }
    return build(ConsentRecorded, usual, changes)


def an_assessment(name: str = "p1", **changes: Any) -> AssessmentRecorded:
    usual = {
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "practice_id": uid("practice"),
        "judgement": Judgement.ELIGIBLE,
    }
    return build(AssessmentRecorded, usual, changes)


def given_elsewhere(name: str = "p1", **changes: Any) -> DoseGivenElsewhere:
    usual = {
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "dose_no": 1,
        "product_id": "moderna",
        "given_on": date(2021, 2, 10),
    }
    return build(DoseGivenElsewhere, usual, changes)
