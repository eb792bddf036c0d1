"""What does not fit in a series stops it until a clinician has decided, and again when something new does not fit."""

from datetime import date, timedelta
from typing import Any

import pytest

from events.visits import NotGiven
from infra.postgres.snapshot.rows import DeathRow, DecisionRow, Mark
from scheduling.problem import Assessment
from services.care.contradictions import Kind
from services.care.series import (
    Series,
    Veto,
    assessment_of,
    contradictions_of,
    next_dose_no,
    veto_of,
)
from tests.builders import REGION
from tests.facts import NOW
from tests.services.planner.problem.rows import (
    PERSON,
    a_given_dose,
    a_missed_dose,
    an_answer,
    series,
)

JANUARY, FEBRUARY = date(2021, 1, 4), date(2021, 2, 8)
MIN_DAYS = 28


def a_mark(seq: int, moment: Any = NOW) -> Mark:
    """Accepted after everything with a lower number."""
    return Mark(moment, NOW + timedelta(hours=seq), REGION, seq)


def a_dose(number: int, on: date, seq: int, **changes: Any) -> Any:
    noon = a_given_dose(on=on).at
    return a_given_dose(number, on, mark=a_mark(seq, noon), **changes)


def a_decision(seq: int, counted: tuple[int, ...] | None = None) -> DecisionRow:
    return DecisionRow(**PERSON, doses_counted=counted, mark=a_mark(seq))


def the_series(*rows: Any) -> Series:
    found = series(*rows)
    found.decision = next((row for row in reversed(rows) if isinstance(row, DecisionRow)), None)
    found.min_days = MIN_DAYS
    return found


def kinds(*rows: Any) -> list[Kind]:
    return [one.kind for one in contradictions_of(the_series(an_answer(), *rows))]


def test_a_series_in_its_order_contradicts_nothing():
    assert kinds() == []
    assert kinds(a_dose(1, JANUARY, 1)) == []
    assert kinds(a_dose(1, JANUARY, 1), a_dose(2, FEBRUARY, 2)) == []
    assert kinds(a_dose(2, FEBRUARY, 1)) == []  # the one before it: where nobody told us


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        (a_dose(1, FEBRUARY, 2), Kind.SAID_TWICE),
        (a_dose(2, FEBRUARY, 2, product="pfizer"), Kind.OTHER_PRODUCT),
        (a_dose(2, JANUARY + timedelta(days=MIN_DAYS - 1), 2), Kind.TOO_EARLY),
        (a_dose(3, FEBRUARY, 2), Kind.GAP),
        (a_dose(2, JANUARY - timedelta(days=40), 2), Kind.GAP),
    ],
)
def test_what_does_not_fit_with_a_first_dose(second, kind):
    found = the_series(an_answer(), a_dose(1, JANUARY, 1), second)

    assert kinds(a_dose(1, JANUARY, 1), second) == [kind]
    assert assessment_of(found) is Assessment.CONTRADICTION
    assert veto_of(found, 4) is Veto.CONTRADICTION


def test_the_least_interval_itself_is_long_enough():
    assert kinds(a_dose(1, JANUARY, 1), a_dose(2, JANUARY + timedelta(days=MIN_DAYS), 2)) == []


def test_a_product_with_an_interval_of_its_own_goes_before_the_campaign():
    doses = [an_answer(), a_dose(1, JANUARY, 1), a_dose(2, JANUARY + timedelta(days=21), 2)]
    found = the_series(*doses)
    found.product_days = {"moderna": 21}

    assert contradictions_of(found) == []
    assert kinds(*doses[1:]) == [Kind.TOO_EARLY]


def test_a_dose_after_a_refusal_is_asked_about_even_when_there_is_consent_since():
    refused = an_answer("refused")
    before = a_given_dose(1, on=date(2021, 2, 14), mark=a_mark(2, NOW - timedelta(days=1)))
    after = a_given_dose(1, on=date(2021, 2, 16), mark=a_mark(2, NOW + timedelta(days=1)))

    assert kinds(refused, before) == []
    assert kinds(refused, after) == [Kind.AFTER_REFUSAL]
    assert kinds(a_missed_dose(NotGiven.REFUSED, seq=3), after) == [Kind.AFTER_REFUSAL]
    assert kinds(a_missed_dose(NotGiven.ABSENT, seq=3), after) == []


def test_a_dose_after_somebody_who_refused_said_yes_fits():
    after = a_given_dose(1, on=date(2021, 2, 16), mark=a_mark(9, NOW + timedelta(days=1)))

    assert kinds(an_answer("refused"), an_answer("given", seq=2), after) == []


def test_nobody_who_was_told_to_be_deceased_gets_a_dose():
    found = the_series(an_answer())
    found.died = DeathRow(**PERSON, mark=a_mark(2)).mark

    assert [one.kind for one in contradictions_of(found)] == [Kind.DECEASED]
    assert veto_of(found, 1) is Veto.CONTRADICTION


def test_a_decision_says_which_doses_count():
    twice = [an_answer(), a_dose(1, JANUARY, 1), a_dose(1, FEBRUARY, 2)]

    both, one, as_said, none = (
        the_series(*twice, a_decision(3, counted)) for counted in ((1, 2), (1,), None, ())
    )

    assert [contradictions_of(found) for found in (both, one, as_said, none)] == [[], [], [], []]
    assert [next_dose_no(found) for found in (both, one, as_said, none)] == [3, 2, 2, 1]
    assert [found.newest and found.newest.on for found in (both, one, as_said, none)] == [
        FEBRUARY,
        FEBRUARY,
        FEBRUARY,
        None,
    ]


def test_a_decision_that_did_not_know_a_fact_does_not_settle_it():
    known = [an_answer(), a_dose(1, JANUARY, 1), a_dose(1, FEBRUARY, 2), a_decision(3, (1, 2))]

    # said later, whenever it was given
    late = the_series(*known, a_dose(1, JANUARY + timedelta(days=2), 4))

    assert [one.kind for one in contradictions_of(late)] != []
    assert assessment_of(late) is Assessment.CONTRADICTION


def test_a_dose_after_the_decision_goes_on_from_what_it_counted():
    march = FEBRUARY + timedelta(days=30)
    found = the_series(
        an_answer(),
        a_dose(1, JANUARY, 1),
        a_dose(1, FEBRUARY, 2),
        a_decision(3, (1,)),
        a_dose(2, march, 4),
    )

    assert contradictions_of(found) == []
    assert next_dose_no(found) == 3
