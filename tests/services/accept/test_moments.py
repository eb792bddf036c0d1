"""Which of two facts is the newer: what the senders say, never what arrived first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.identifiers import Payload
from events.location import LocationChanged, OutbreakDeclared, OutbreakLifted
from events.practice import PatientWithdrawn, WithdrawalReason
from events.supply import LotQuarantined, LotReleased
from events.teams import ShiftWithdrawn
from infra.postgres.database import Database
from infra.postgres.snapshot.load import load_snapshot
from scheduling.problem import Assessment, Consent
from services.accept.submission import Status
from services.care.series import assessment_of, consent_of, to_series
from tests.builders import REGION, a_record, say
from tests.facts import (
    NOW,
    a_campaign,
    a_consent,
    a_correction,
    a_dose,
    a_location,
    a_patient,
    a_shift,
    an_assessment,
    uid,
)
from tests.services.accept.looking import rows, set_aside

pytestmark = pytest.mark.postgres
MONDAY = datetime(2021, 2, 1, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
DELTA = {"product_id": "moderna", "lot": "LOT1"}


async def say_both(door: Database, older: Payload, newer: Payload, *, newer_first: bool) -> None:
    """Two facts about one thing, of Monday and of Tuesday, in two batches."""
    said = [a_record(older, time=MONDAY), a_record(newer, time=TUESDAY)]
    for record in reversed(said) if newer_first else said:
        await say(door, record)


def withdrawn() -> PatientWithdrawn:
    return PatientWithdrawn(
        person_id=uid("p1"),
        campaign_id=uid("corona"),
        location_id=uid("wilg"),
        practice_id=uid("practice"),
        reason=WithdrawalReason.OWN_REQUEST,
    )


def closed() -> LocationChanged:
    return LocationChanged(location_id=uid("wilg"), opening=(), contact_known=False)


PAIRS: dict[str, tuple[Payload, Payload, str, Any]] = {
    "details": (a_patient(), a_patient(location_id=uid("eik")),
                "SELECT at_location FROM registrations", uid("eik")),
    "a withdrawal": (a_patient(), withdrawn(), "SELECT live FROM registrations", False),
    "a registration again": (withdrawn(), a_patient(), "SELECT live FROM registrations", True),
    "opening hours": (a_location(), closed(),
                      "SELECT (room ->> 'contact_known')::boolean FROM locations", False),
    "a location": (a_location(seats=3), a_location(seats=9),
                   "SELECT (registered ->> 'seats')::int FROM locations", 9),
    "an outbreak": (OutbreakLifted(location_id=uid("wilg")), OutbreakDeclared(location_id=uid("wilg")),
                    "SELECT outbreak IS NOT NULL FROM locations", True),
    "its end": (OutbreakDeclared(location_id=uid("wilg")), OutbreakLifted(location_id=uid("wilg")),
                "SELECT outbreak IS NOT NULL FROM locations", False),
    "a shift": (a_shift(), ShiftWithdrawn(shift_id=uid("shift")), "SELECT live FROM shifts", False),
    "a shift after all": (ShiftWithdrawn(shift_id=uid("shift")), a_shift(), "SELECT live FROM shifts", True),
    "a lot": (LotReleased(**DELTA), LotQuarantined(**DELTA), "SELECT usable FROM lots", False),
    "a lot after all": (LotQuarantined(**DELTA), LotReleased(**DELTA), "SELECT usable FROM lots", True),
    "a campaign": (a_campaign(doses=1), a_campaign(doses=2),
                   "SELECT (facts ->> 'doses')::int FROM campaigns", 2),
}  # fmt: skip


@pytest.mark.parametrize("newer_first", [False, True])
@pytest.mark.parametrize("what", PAIRS)
async def test_an_older_fact_that_arrives_later_changes_nothing(fresh, what, newer_first):
    door = await fresh.open("acceptor")
    older, newer, query, expected = PAIRS[what]

    await say_both(door, older, newer, newer_first=newer_first)

    assert await rows(door, query) == [(expected,)]


async def look(fresh: Any, of: Callable[..., Any]) -> Any:
    """What the planner makes of the facts about p1."""
    snapshot = await load_snapshot(await fresh.open("planner"), REGION, NOW)
    return of(to_series(snapshot.people.facts)[uid("p1"), uid("corona")])


@pytest.mark.parametrize("newer_first", [False, True])
async def test_the_later_answer_counts_whatever_arrived_first(fresh, newer_first):
    door = await fresh.open("acceptor")
    await say(door, a_patient())

    await say_both(door, a_consent(), a_consent(status="refused"), newer_first=newer_first)

    assert await look(fresh, consent_of) is Consent.REFUSED


@pytest.mark.parametrize("newer_first", [False, True])
async def test_the_later_judgement_counts_whatever_arrived_first(fresh, newer_first):
    door = await fresh.open("acceptor")
    await say(door, a_patient(), a_consent())

    await say_both(
        door, an_assessment(), an_assessment(judgement="excluded"), newer_first=newer_first
    )

    assert await look(fresh, assessment_of) is Assessment.EXCLUDED


async def test_two_answers_of_one_day_that_differ_are_a_conflict(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_patient())

    await say(door, a_record(a_consent(status="refused"), time=MONDAY))
    await say(door, a_record(a_consent(), time=MONDAY))

    assert await look(fresh, consent_of) is Consent.CONFLICTING


async def test_two_judgements_of_one_day_that_differ_wait_for_a_clinician(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_patient(), a_consent())

    await say(door, a_record(an_assessment(judgement="excluded"), time=MONDAY))
    await say(door, a_record(an_assessment(), time=MONDAY))

    assert await look(fresh, assessment_of) is Assessment.TRIAGE


async def test_answers_of_one_batch_without_a_moment_go_by_number(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_patient(), a_consent(status="refused"), a_consent())

    assert await look(fresh, consent_of) is Consent.GIVEN


async def test_a_fact_from_the_future_is_set_aside_by_the_field_that_says_it(fresh):
    door = await fresh.open("acceptor")
    ahead = NOW + timedelta(days=2)

    outcomes = await say(
        door, a_record(a_consent(), time=ahead), a_dose(given_at=ahead), a_patient()
    )

    assert [one.status for one in outcomes] == [Status.REJECTED, Status.REJECTED, Status.ACCEPTED]
    assert await set_aside(door) == [("in_the_future", ["time"]), ("in_the_future", ["given_at"])]


async def test_a_correction_that_dates_its_dose_in_the_future_is_set_aside_by_the_field(fresh):
    door = await fresh.open("acceptor")
    ahead = NOW + timedelta(days=2)
    team = ("urn:nld:prikploeg:team:test", "dose")

    await say(
        door, a_record(a_dose(), "dose"), a_record(a_correction(team, given_at=ahead), time=NOW)
    )

    assert await set_aside(door) == [("in_the_future", ["given_at"])]
    assert await rows(door, "SELECT is_corrected FROM person_doses") == [(False,)]
