"""What was said of a dose is kept as it was said; which of it counts is chosen on reading."""

from datetime import date, timedelta
from typing import Any

import pytest

from events.identifiers import Payload
from events.practice import PatientWithdrawn, Teller, WithdrawalReason
from events.visits import NotGiven, RetractionReason
from infra.postgres.database import Database, Who
from infra.postgres.pages import status
from services.accept.rebuild import compare
from services.accept.submission import Status
from tests.builders import REGION, a_record, changed, say, system_for
from tests.facts import (
    NOW,
    a_correction,
    a_dose,
    a_patient,
    a_retraction,
    given_elsewhere,
    not_given,
    uid,
)
from tests.services.accept.looking import rows, set_aside

pytestmark = pytest.mark.postgres
COUNTED = "SELECT person, dose_no, lot FROM person_doses ORDER BY person, dose_no, lot"
LATER = NOW + timedelta(days=7)
TEAM = system_for(a_dose()).sources[0] + "test"
PRACTICE = system_for(given_elsewhere()).sources[0] + "test"


async def counted(database: Database) -> list[tuple[Any, ...]]:
    return await rows(database, COUNTED)


async def test_the_same_dose_with_another_id_counts_once(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_dose("p1"), now=LATER)

    await say(
        door, a_dose("p1"), a_dose("p1", given_at=a_dose().given_at + timedelta(hours=2)), now=LATER
    )

    assert await counted(door) == [(uid("p1"), 1, "LOT1")]
    assert await rows(door, "SELECT count(*) FROM doses") == [(3,)]


@pytest.mark.parametrize(
    "other", [{"lot": "LOT2"}, {"given_at": a_dose().given_at + timedelta(days=1)}]
)
async def test_another_lot_or_day_is_another_dose(fresh, other):
    door = await fresh.open("acceptor")

    await say(door, a_dose("p1"), a_dose("p1", **other), now=LATER)

    assert len(await counted(door)) == 2


async def test_a_dose_of_ours_that_a_practice_tells_again_without_a_lot_counts_once(fresh):
    door = await fresh.open("acceptor")

    await say(door, given_elsewhere("p1", given_on=date(2021, 2, 16)), a_dose("p1"), now=LATER)

    assert await counted(door) == [(uid("p1"), 1, "LOT1")]


async def test_the_newest_correction_holds_and_the_first_record_is_kept(fresh):
    door = await fresh.open("acceptor")
    dose = a_record(a_dose("p1"), "dose-1")
    late = a_record(a_correction((TEAM, "dose-1"), lot="LOT3"), "late")
    await say(door, dose, now=LATER)

    await say(door, changed_time(a_correction((TEAM, "dose-1"), "p2", lot="LOT2"), 3), now=LATER)
    await say(door, changed_time(a_correction((TEAM, "dose-1"), "p3"), 2), now=LATER)

    assert await counted(door) == [(uid("p2"), 1, "LOT2")]
    assert await rows(door, "SELECT person, lot FROM doses") == [(uid("p1"), "LOT1")]
    await say(door, late, now=LATER)  # says no time: of now
    assert await compare(fresh.dsn("owner")) == []


def changed_time(payload: Payload, hours: int) -> Any:
    """A record of a correction that was made some hours after the dose."""
    return changed(a_record(payload), time=(NOW + timedelta(days=2, hours=hours)).isoformat())


async def test_a_correction_may_come_before_its_record(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_correction((TEAM, "dose-1"), lot="LOT2"), now=LATER)
    before = await counted(door)

    await say(door, a_record(a_dose("p1"), "dose-1"), now=LATER)

    assert before == []
    assert await counted(door) == [(uid("p1"), 1, "LOT2")]


async def test_what_is_taken_back_counts_no_more_until_it_is_corrected_again(fresh):
    door = await fresh.open("acceptor")
    dose = a_record(a_dose("p1"), "dose-1")
    await say(door, dose, changed_time(a_retraction((TEAM, "dose-1")), 1), now=LATER)
    without = await counted(door)

    await say(door, changed_time(a_correction((TEAM, "dose-1")), 2), now=LATER)

    assert without == []
    assert await counted(door) == [(uid("p1"), 1, "LOT1")]


async def test_a_refusal_that_was_said_of_the_wrong_person_is_taken_back(fresh):
    door = await fresh.open("acceptor")
    missed = a_record(not_given("p1", NotGiven.REFUSED), "missed")

    await say(door, missed, a_correction((TEAM, "missed")), now=LATER)
    kept = await rows(door, "SELECT outcome FROM person_doses")
    await say(door, a_retraction((TEAM, "missed"), reason=RetractionReason.WRONG_PERSON), now=LATER)

    assert kept == [("not_given",)]
    assert await rows(door, "SELECT outcome FROM person_doses") == []


async def test_a_practice_corrects_what_it_said_itself_and_nothing_else(fresh):
    door = await fresh.open("acceptor")
    practice = system_for(a_patient())
    own = a_record(given_elsewhere("p1"), "own")
    await say(door, own, a_record(a_dose("p2"), "dose-2"), now=LATER)

    outcomes = await say(
        door,
        a_record(a_retraction((PRACTICE, "own")), system=practice),
        a_record(a_retraction((TEAM, "dose-2"), "p2"), system=practice),
        now=LATER,
    )

    assert [one.status for one in outcomes] == [Status.ACCEPTED, Status.REJECTED]
    assert await set_aside(door) == [("source_not_allowed", ["of_source"])]
    assert await counted(door) == [(uid("p2"), 1, "LOT1")]


async def test_who_recorded_a_dose_where_and_who_told_of_it_are_kept(fresh):
    door = await fresh.open("acceptor")
    by = {"author_id": uid("nurse"), "device_id": "tablet-3", "device_at": NOW}

    await say(door, a_dose("p1", **by), not_given("p2", **by), now=LATER)
    await say(
        door, given_elsewhere("p3", place="in the hospital", told_by=Teller.LETTER), now=LATER
    )

    query = "SELECT author, device, device_at, place, told_by FROM doses ORDER BY seq"
    assert await rows(door, query) == [
        (uid("nurse"), "tablet-3", NOW, None, None),
        (uid("nurse"), "tablet-3", NOW, None, None),
        (None, None, None, "in the hospital", "letter"),
    ]


async def test_doses_of_people_who_are_withdrawn_stay_in_the_totals(fresh):
    door, reader = await fresh.open("acceptor"), await fresh.open("reader")
    people = [f"p{n}" for n in range(10)]
    await say(door, *(a_patient(name) for name in people), now=LATER)
    await say(door, *(a_dose(name) for name in people), now=LATER)
    before = await totals(reader)

    withdrawn = [
        PatientWithdrawn(
            person_id=uid(name),
            campaign_id=uid("corona"),
            location_id=uid("wilg"),
            practice_id=uid("practice"),
            reason=WithdrawalReason.DECEASED,
        )
        for name in people
    ]
    await say(door, *withdrawn, now=LATER)

    assert before == (10, 10, 10)
    assert await totals(reader) == (0, 10, 10)
    courier = await fresh.open("courier")
    assert await rows(courier, "SELECT registered, dose_1_given FROM courier_progress") == [(0, 10)]


async def totals(reader: Database) -> tuple[int, int, int]:
    """Registered people, people given, doses given."""
    async with reader.reading(Who("crisis", REGION, None, "crisis@example.org")) as tx:
        (row,) = await status.people(tx, REGION)
    return row.registered, row.given, row.doses_given
