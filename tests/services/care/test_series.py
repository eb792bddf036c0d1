"""Consent and assessment: what the series of a person comes to, whoever said what in which order."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from events.visits import NotGiven
from scheduling.problem import Assessment, Consent
from services.care.series import (
    Veto,
    assessment_of,
    consent_of,
    needs_no_more,
    next_dose_no,
    to_series,
    veto_of,
)
from tests.services.planner.problem.rows import (
    PERSON,
    a_given_dose,
    a_judgement,
    a_mark,
    a_missed_dose,
    an_answer,
    an_illness,
    people,
    series,
)

MONDAY, TUESDAY = date(2021, 2, 15), date(2021, 2, 16)


def test_nobody_who_was_never_asked_has_consented():
    assert consent_of(series()) is Consent.UNKNOWN


def test_the_last_answer_of_a_giver_counts():
    assert consent_of(series(an_answer("refused"), an_answer("given", seq=2))) is Consent.GIVEN


def test_a_representative_and_a_person_who_disagree_make_a_conflict():
    found = series(an_answer("refused"), an_answer("given", "mentor", seq=2))

    assert consent_of(found) is Consent.CONFLICTING


@pytest.mark.parametrize("reason", [NotGiven.REFUSED, NotGiven.RESISTANCE, NotGiven.NO_CONSENT])
def test_a_refusal_at_the_door_ends_a_consent_until_somebody_answers_after_it(reason):
    refused = [an_answer("given", "curator", 1), a_missed_dose(reason, seq=2)]

    assert consent_of(series(*refused)) is Consent.REFUSED
    assert consent_of(series(*refused, an_answer("given", "curator", 3))) is Consent.GIVEN


def test_a_refusal_at_the_door_of_somebody_who_was_never_asked_is_a_refusal():
    assert consent_of(series(a_missed_dose(NotGiven.REFUSED, seq=1))) is Consent.REFUSED


@pytest.mark.parametrize("reason", [NotGiven.ABSENT, NotGiven.ILL, NotGiven.CONTRA_INDICATED])
def test_who_could_not_have_a_dose_has_not_refused_it(reason):
    assert consent_of(series(an_answer(), a_missed_dose(reason, seq=2))) is Consent.GIVEN


def test_everybody_is_eligible_until_a_clinician_says_otherwise():
    assert assessment_of(series()) is Assessment.ELIGIBLE
    assert assessment_of(series(a_judgement("excluded"))) is Assessment.EXCLUDED


@pytest.mark.parametrize(
    "what", [an_illness, lambda seq: a_missed_dose(NotGiven.CONTRA_INDICATED, seq=seq)]
)
def test_an_illness_or_a_contra_indication_waits_for_a_judgement_after_it(what):
    assert assessment_of(series(a_judgement(seq=1), what(seq=2))) is Assessment.TRIAGE
    assert assessment_of(series(a_judgement(seq=3), what(seq=2))) is Assessment.ELIGIBLE


def test_an_illness_of_somebody_whom_no_clinician_judged_waits_for_a_judgement():
    assert assessment_of(series(an_illness(seq=1))) is Assessment.TRIAGE


def test_a_missed_dose_for_another_reason_asks_for_no_clinician():
    assert assessment_of(series(a_missed_dose(NotGiven.ABSENT, seq=2))) is Assessment.ELIGIBLE


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1), (2,)])
def test_who_had_a_second_dose_had_the_first(numbers):
    found = series(*(a_given_dose(number, mark=a_mark(k)) for k, number in enumerate(numbers)))

    assert next_dose_no(found) == 3


def test_of_two_reports_of_one_dose_the_later_counts():
    found = series(
        a_given_dose(on=MONDAY, mark=a_mark(1)), a_given_dose(on=TUESDAY, mark=a_mark(2))
    )

    assert found.newest is not None
    assert found.newest.on == TUESDAY


def test_the_day_of_a_dose_is_the_day_in_amsterdam():
    late = datetime(2021, 2, 15, 23, 30, tzinfo=UTC)

    found = series(a_given_dose(at=late))

    assert found.newest is not None
    assert found.newest.on == TUESDAY


@pytest.mark.parametrize("reason", list(NotGiven))
def test_the_dead_the_moved_and_the_vaccinated_need_no_more(reason):
    ends = {NotGiven.DECEASED, NotGiven.MOVED, NotGiven.ALREADY_VACCINATED}

    assert needs_no_more(series(a_missed_dose(reason))) is (reason in ends)


def test_while_it_is_asked_who_somebody_is_their_consent_is_nobodys():
    facts = people(an_answer()).facts
    key = (PERSON["person"], PERSON["campaign"])

    asked = to_series(replace(facts, questioned=frozenset({PERSON["person"]})))[key]

    assert consent_of(to_series(facts)[key]) is Consent.GIVEN
    assert consent_of(asked) is Consent.QUESTIONED
    assert veto_of(asked, 1) is Veto.NO_CONSENT
