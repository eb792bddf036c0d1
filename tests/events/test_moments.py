"""When a fact was so: what the sender says, never later than when we heard it."""

from datetime import datetime, timedelta

import pytest

from events.catalogue import CATALOGUE
from events.codec import to_event
from events.errors import Refusal, RejectedEvent
from events.identifiers import Payload
from events.moments import OWN_MOMENT, check_moment, moment_of
from tests.builders import REGION
from tests.facts import DONE, NOW, a_consent, a_dose, a_proposal, a_shift

HOUR = timedelta(hours=1)
LATER = NOW + timedelta(days=3)


def test_a_fact_was_so_when_its_sender_says():
    assert moment_of(NOW - HOUR, a_consent(), NOW) == NOW - HOUR


def test_a_fact_without_a_moment_was_so_when_it_was_accepted():
    assert moment_of(None, a_consent(), NOW) == NOW


def test_a_dose_was_given_when_it_was_given_and_not_when_it_was_sent():
    assert moment_of(LATER, a_dose(), LATER) == DONE


@pytest.mark.parametrize("payload", [a_consent(), a_dose(given_at=LATER)])
def test_no_fact_is_newer_than_the_moment_at_which_it_was_accepted(payload):
    assert moment_of(NOW + HOUR, payload, NOW) == NOW


def test_what_the_system_says_goes_by_number_and_has_no_moment_of_its_own():
    assert moment_of(NOW - HOUR, a_proposal("plan"), NOW) == NOW


def refused(time: datetime | None, payload: Payload) -> tuple[Refusal, tuple[str, ...]] | None:
    try:
        check_moment(to_event("e", "urn:test", time, REGION, payload), NOW)
    except RejectedEvent as error:
        return error.reason, error.fields
    return None


def test_a_moment_more_than_a_day_ahead_is_refused_by_the_field_that_says_it():
    ahead = NOW + timedelta(days=1, seconds=1)

    assert refused(ahead, a_consent()) == (Refusal.IN_THE_FUTURE, ("time",))
    assert refused(None, a_dose(given_at=ahead)) == (Refusal.IN_THE_FUTURE, ("given_at",))


def test_a_moment_within_a_day_is_taken_for_a_clock_that_runs_ahead():
    assert refused(NOW + timedelta(days=1), a_consent()) is None


def test_a_date_that_a_fact_is_about_may_lie_ahead():
    assert refused(None, a_shift()) is None


def test_every_own_moment_is_a_field_of_its_payload():
    assert all(name in kind.model_fields for kind, name in OWN_MOMENT.items())
    assert set(OWN_MOMENT) <= {entry.payload for entry in CATALOGUE.values()}
