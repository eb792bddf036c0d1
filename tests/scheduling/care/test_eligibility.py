"""What keeps a person out of every plan."""

import pytest

from scheduling.care.eligibility import barriers
from scheduling.plan import Reason
from scheduling.problem import Assessment, Consent, Outbreak
from tests.scheduling.builders import a_location, a_need, a_problem, at


def reasons(need=None, location=None, **changes) -> tuple[Reason, ...]:
    need = need or a_need()
    problem = a_problem(needs=(need,), locations=(location or a_location(),), **changes)
    return barriers(problem).get((need.person_id, "C1", need.dose_no), ())


def test_a_resident_whom_nothing_hinders_may_be_planned():
    assert reasons() == ()


@pytest.mark.parametrize(
    ("consent", "reason"),
    [
        (Consent.UNKNOWN, Reason.CONSENT_MISSING),
        (Consent.REFUSED, Reason.CONSENT_REFUSED),
        (Consent.WITHDRAWN, Reason.CONSENT_REFUSED),
        (Consent.CONFLICTING, Reason.CONSENT_CONFLICTING),
    ],
)
def test_consent(consent: Consent, reason: Reason):
    assert reasons(a_need(consent=consent)) == (reason,)


@pytest.mark.parametrize(
    ("judgement", "reason"),
    [
        (Assessment.UNCERTAIN, Reason.TRIAGE),
        (Assessment.TRIAGE, Reason.TRIAGE),
        (Assessment.EXCLUDED, Reason.NOT_ELIGIBLE),
        (Assessment.CONTRADICTION, Reason.CONTRADICTION),
    ],
)
def test_judgement(judgement: Assessment, reason: Reason):
    assert reasons(a_need(assessment=judgement)) == (reason,)


def test_place():
    assert reasons(a_need(location_id="elsewhere")) == (Reason.LOCATION_UNKNOWN,)
    assert reasons(location=a_location(known=False)) == (Reason.LOCATION_UNKNOWN,)
    assert reasons(location=a_location(has_contact=False)) == (Reason.NO_CONTACT,)
    assert reasons(location=a_location(outbreak=Outbreak.BLOCKED)) == (Reason.OUTBREAK,)
    assert reasons(location=a_location(outbreak=Outbreak.LAST)) == ()
    assert reasons(location=a_location(time_windows=())) == (Reason.LOCATION_CLOSED,)


def test_days():
    assert reasons(a_need(first_day=13, last_day=99)) == ()
    assert reasons(a_need(first_day=14, last_day=99)) == (Reason.NOT_DUE,)
    assert reasons(a_need(first_day=-9, last_day=1), now=at(1, 17)) == ()
    assert reasons(a_need(first_day=-9, last_day=1), now=at(1, 17) + 1) == (Reason.LOCATION_CLOSED,)
    assert reasons(a_need(first_day=-9, last_day=1), now=at(2, 0)) == (Reason.NOT_DUE,)


def test_the_strongest_reason_comes_first_and_all_are_said():
    need = a_need(consent=Consent.UNKNOWN, assessment=Assessment.TRIAGE, first_day=20)
    place = a_location(has_contact=False)

    assert reasons(need, place) == (
        Reason.CONSENT_MISSING,
        Reason.TRIAGE,
        Reason.NO_CONTACT,
        Reason.NOT_DUE,
    )


def test_a_contradiction_goes_before_consent():
    need = a_need(consent=Consent.UNKNOWN, assessment=Assessment.CONTRADICTION)

    assert reasons(need) == (Reason.CONTRADICTION, Reason.CONSENT_MISSING)


def test_a_next_dose_waits_for_the_dose_before_it():
    first = a_need(consent=Consent.UNKNOWN)
    second = a_need(dose_no=2, since_dose=1)

    found = barriers(a_problem(needs=(first, second)))

    assert found["P1", "C1", 2] == (Reason.NOT_DUE,)
