"""When a fact was so: what the sender says, never later than when we heard it."""

import re
from datetime import datetime, timedelta

import pytest

from events.catalogue import CATALOGUE, SYSTEM, TYPE_OF
from events.codec import to_event
from events.errors import Refusal, RejectedEvent
from events.identifiers import Payload
from events.leftovers import ContainerCorrected
from events.moments import HAPPENED, OWN_MOMENT, check_moment, moment_of
from events.visits import WasteCorrected
from tests.builders import REGION
from tests.facts import (
    DONE,
    NOW,
    a_consent,
    a_container,
    a_correction,
    a_dose,
    a_proposal,
    a_shift,
    a_waste,
    given_elsewhere,
)

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


AHEAD = NOW + timedelta(days=1, seconds=1)
OF = ("urn:nld:prikploeg:team:test", "dose")
CORRECTION = {"of_source": OF[0], "of_id": OF[1], "why": "misread"}
WASTE = a_waste(wasted_at=AHEAD).model_dump()
CONTAINER = a_container(opened_at=AHEAD).model_dump()


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (a_correction(OF, given_at=AHEAD), "given_at"),
        (WasteCorrected(**WASTE, **CORRECTION), "wasted_at"),
        (ContainerCorrected(**CONTAINER, **CORRECTION), "opened_at"),
        (given_elsewhere(given_on=AHEAD.date() + timedelta(days=1)), "given_on"),
    ],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
def test_what_has_happened_lies_no_more_than_a_day_ahead_whenever_it_is_said(payload, field):
    assert refused(None, payload) == (Refusal.IN_THE_FUTURE, (field,))
    assert refused(NOW, payload) == (Refusal.IN_THE_FUTURE, (field,))


def test_the_moment_of_a_correction_is_when_it_is_said_and_not_that_of_the_dose():
    assert moment_of(NOW - HOUR, a_correction(OF), NOW) == NOW - HOUR


# Of shifts (also when one would have ended that was closed earlier), windows, answers and validity, which lie ahead; of the clock of a device, for which no dose is lost; of a
# reaction, which counts whenever it began; and `received_on`, from which a delivery counts.
MAY_LIE_AHEAD = {
    "again_from", "began_at", "begins_at", "closed_on", "device_at", "earliest", "ended_at", "ends_at", "expected_on", "latest", "not_after", "not_before", "opens_on", "reachable_from", "reachable_until", "received_on", "starts_at", "use_before", "use_by",
    "valid_from", "valid_until", "wishes_from", "wishes_until",
}  # fmt: skip


def test_every_date_and_moment_of_a_payload_is_judged_or_may_lie_ahead():
    found = {
        (entry.payload, name)
        for entry in CATALOGUE.values()
        for name, field in entry.payload.model_fields.items()
        if re.search("Aware|date", f"{field.annotation} {field.metadata}")
    }
    judged = {*OWN_MOMENT.items(), *HAPPENED.items()}

    assert judged <= found
    others = {one for one in found - judged if CATALOGUE[TYPE_OF[one[0]]].senders != SYSTEM}
    assert {name for _, name in others} == MAY_LIE_AHEAD
