"""Each dose is told to the own practice once, corrected and taken back there, whatever breaks in between."""

import json
from datetime import timedelta
from types import ModuleType

import pytest

from events.reports import ReturnRecordAcknowledged, ReturnRecordRejected, ReturnRecordRequested
from services.courier import returns as steps
from services.courier.returns import list_due, make_returns, post_next
from tests.builders import a_record, say
from tests.facts import DONE, TEN, a_dose, a_patient
from tests.services.accept.looking import rows
from tests.services.courier.returning_world import (
    NORTH,
    SOUTH,
    Listener,
    Loop,
)

pytestmark = pytest.mark.postgres
OUTCOME = "OperationOutcome"


class Crashed(Exception):
    """The process ends here."""


def refusal(code: str) -> dict[str, object]:
    return {"resourceType": OUTCOME, "issue": [{"severity": "error", "code": code}]}


async def crash_and_go_on(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, module: ModuleType, step: str
) -> None:
    """Posts the one message that is due: the process ends in this step, and goes on an hour later."""
    await make_returns(loop.desk)
    (address,) = await list_due(loop.desk)

    async def crash(*_: object) -> None:
        raise Crashed

    with monkeypatch.context() as patch:
        patch.setattr(module, step, crash)
        with pytest.raises(Crashed):
            await post_next(loop.desk, address)
    loop.desk.clock.at += timedelta(hours=1)  # type: ignore[attr-defined]
    await post_next(loop.desk, address)


async def said_of_returns(loop: Loop) -> list[str]:
    found = await rows(
        loop.desk.door, "SELECT type FROM ledger WHERE type LIKE 'return_record.%' ORDER BY seq"
    )
    return [one.split(".")[1] for (one,) in found]


async def test_a_dose_lies_ready_for_the_practice_that_registered_the_person_and_for_no_other(
    loop: Loop,
):
    (anna,) = await loop.register("Anna")
    await loop.register("Bram", practice=SOUTH)
    await loop.give(anna)

    await loop.turn()

    assert await loop.states() == [("given", "sent")]
    assert await rows(loop.desk.store, "SELECT practice FROM return_messages") == [(NORTH,)]
    assert await said_of_returns(loop) == ["sent"]


async def test_looking_again_says_nothing_again(loop: Loop):
    (anna,) = await loop.register("Anna")
    await loop.give(anna)
    await loop.turn()

    await rows(loop.desk.store, "UPDATE return_positions SET seq = 0 RETURNING 1")
    await loop.turn()

    assert await loop.states() == [("given", "sent")]
    assert await said_of_returns(loop) == ["sent"]


async def test_the_same_dose_said_twice_is_told_once(loop: Loop):
    (anna,) = await loop.register("Anna")
    await loop.give(anna)
    await loop.give(anna)

    await loop.turn()

    assert await loop.states() == [("given", "sent")]


async def test_a_dose_of_somebody_whom_nobody_registered_waits_for_a_practice(loop: Loop):
    await loop.say(a_dose("stranger"))
    await loop.turn()
    nobody = await loop.states()

    await loop.say(a_patient("stranger", practice_id=NORTH))
    await loop.turn()

    assert (nobody, await loop.states()) == ([], [("given", "sent")])


async def test_a_practice_with_an_address_gets_a_bundle_and_its_answer_is_the_state(
    loop: Loop, listener: Listener
):
    (anna,) = await loop.register("Anna")
    await loop.address(listener.url)
    await loop.give(anna, lot="AB12")

    await loop.turn()

    (bundle,) = listener.got.values()
    found = {one["resource"]["resourceType"]: one["resource"] for one in bundle["entry"]}
    assert found["Medication"]["batch"] == {"lotNumber": "AB12"}
    assert found["Patient"]["identifier"][0]["value"] == "111222333"
    assert found["Immunization"]["status"] == "completed"
    assert found["Organization"]["name"] == "Post"
    assert await loop.states() == [("given", "acknowledged")]
    assert await said_of_returns(loop) == ["sent", "acknowledged"]


async def test_each_person_that_is_opened_for_a_message_is_a_line_in_the_access_log(
    loop: Loop, listener: Listener
):
    anna, bram = await loop.register("Anna", "Bram")
    await loop.address(listener.url)
    await loop.give(anna)
    await loop.give(bram)
    await loop.turn()

    owner = await loop.fresh.open("owner", 1)
    logged = await rows(owner, "SELECT person, role, organisation, action FROM access_log")

    assert sorted(logged) == sorted((one, "courier", NORTH, "send") for one in (anna, bram))


async def test_a_correction_replaces_what_was_told_under_the_same_identifier(
    loop: Loop, listener: Listener
):
    (anna,) = await loop.register("Anna")
    await loop.address(listener.url)
    named = await loop.give(anna, lot="WRONG")
    await loop.turn()

    await loop.correct(named, anna, lot="RIGHT")
    await loop.turn()

    first, second = (one["entry"][0]["resource"] for one in listener.got.values())
    assert first["identifier"] == second["identifier"]
    assert (first["lotNumber"], second["lotNumber"]) == ("WRONG", "RIGHT")
    assert await loop.states() == [("given", "corrected"), ("corrected", "acknowledged")]


async def test_a_retraction_withdraws_what_was_told(loop: Loop, listener: Listener):
    (anna,) = await loop.register("Anna")
    await loop.address(listener.url)
    named = await loop.give(anna)
    await loop.turn()

    await loop.retract(named, anna)
    await loop.turn()

    statuses = [one["entry"][0]["resource"]["status"] for one in listener.got.values()]
    assert statuses == ["completed", "entered-in-error"]
    assert await loop.states() == [("given", "corrected"), ("retracted", "acknowledged")]


async def test_what_is_taken_back_before_it_was_sent_is_never_sent(loop: Loop):
    (anna,) = await loop.register("Anna")
    named = await loop.give(anna)
    await make_returns(loop.desk)

    await loop.retract(named, anna)
    await loop.turn()

    assert await loop.states() == [("given", "corrected")]
    assert await said_of_returns(loop) == []


async def test_a_dose_of_somebody_else_moves_from_one_practice_to_the_other(loop: Loop):
    (anna,) = await loop.register("Anna")
    (bram,) = await loop.register("Bram", practice=SOUTH)
    named = await loop.give(anna)
    await loop.turn()

    await loop.correct(named, bram)
    await loop.turn()

    found = await rows(
        loop.desk.store, "SELECT practice, kind, state FROM return_states WHERE replaced_at IS NULL"
    )
    assert sorted(found) == sorted([(NORTH, "retracted", "sent"), (SOUTH, "given", "sent")])


async def test_a_correction_that_comes_before_the_dose_is_told_of_the_right_person(loop: Loop):
    (anna,) = await loop.register("Anna")
    (bram,) = await loop.register("Bram", practice=SOUTH)
    source = json.loads(a_record(a_dose()).value or b"")["source"]
    await loop.correct((source, "thedose"), bram)
    await loop.turn()

    await say(loop.desk.door, a_record(a_dose(person_id=anna), "thedose"), now=DONE)
    await loop.turn()

    assert await rows(loop.desk.store, "SELECT practice, kind FROM return_messages") == [
        (SOUTH, "given")
    ]


async def test_a_rejected_message_shows_why_and_is_sent_again_when_somebody_asks(
    loop: Loop, listener: Listener
):
    (anna,) = await loop.register("Anna")
    await loop.address(listener.url)
    await loop.give(anna)
    listener.judge = lambda _, __: (422, refusal("not-found"))
    await loop.turn()
    await loop.turn()
    ((rejected, why),) = await rows(
        loop.desk.store,
        "SELECT message, rejected_reason FROM return_states WHERE state = 'rejected'",
    )

    listener.judge = lambda _, __: (201, {})
    await loop.say(ReturnRecordRequested(return_id=rejected, requested_at=DONE))
    await loop.turn()

    assert why == "unknown_person"
    assert await loop.states() == [("given", "corrected"), ("given", "acknowledged")]
    assert len(listener.tries) == 2


async def test_an_answer_of_the_practice_itself_is_the_state_of_what_it_fetched(loop: Loop):
    anna, bram = await loop.register("Anna", "Bram")
    await loop.give(anna)
    await loop.give(bram)
    await loop.turn()
    taken, wrong = await loop.messages()

    await loop.say(
        ReturnRecordAcknowledged(return_id=taken, acknowledged_at=DONE),
        ReturnRecordRejected(return_id=wrong, rejected_at=DONE),
    )

    assert sorted(await loop.states()) == [("given", "acknowledged"), ("given", "rejected")]


@pytest.mark.parametrize("status", [500, 503, 404, 429])
async def test_a_receiver_that_fails_is_tried_again_later_and_gets_each_message_once(
    loop: Loop, listener: Listener, status: int
):
    anna, bram = await loop.register("Anna", "Bram")
    await loop.address(listener.url)
    await loop.give(anna)
    await loop.give(bram)
    failing = [True]
    listener.judge = lambda _, __: (status, {}) if failing[0] else (201, {})
    await loop.turn()
    at_once = await list_due(loop.desk)

    failing[0] = False
    loop.real.at += timedelta(hours=1)
    await loop.turn()

    assert at_once == []
    assert await loop.states() == 2 * [("given", "acknowledged")]
    assert len(listener.got) == 2
    assert len(set(listener.tries)) == 2


async def test_one_receiver_that_fails_delays_no_other(loop: Loop, listener: Listener):
    (anna,) = await loop.register("Anna")
    (bram,) = await loop.register("Bram", practice=SOUTH)
    await loop.address("http://127.0.0.1:1/fhir")
    await loop.address(listener.url, practice=SOUTH)
    await loop.give(anna)
    await loop.give(bram)

    await loop.turn()

    found = await rows(loop.desk.store, "SELECT practice, state FROM return_states")
    assert sorted(found) == sorted([(NORTH, "pending"), (SOUTH, "acknowledged")])


@pytest.mark.parametrize("broken", ["tell", "submit_own"])
async def test_a_crash_after_the_post_repeats_the_message_and_says_everything_once(
    loop: Loop, listener: Listener, monkeypatch: pytest.MonkeyPatch, broken: str
):
    (anna,) = await loop.register("Anna")
    await loop.address(listener.url)
    await loop.give(anna)
    await crash_and_go_on(loop, monkeypatch, steps, broken)

    assert len(set(listener.tries)) == 1
    assert await said_of_returns(loop) == ["sent", "acknowledged"]
    assert await loop.states() == [("given", "acknowledged")]
    assert await rows(loop.desk.door, "SELECT count(*) FROM quarantine") == [(0,)]


async def test_a_crash_after_everything_was_said_says_it_once(
    loop: Loop, listener: Listener, monkeypatch: pytest.MonkeyPatch
):
    (anna,) = await loop.register("Anna")
    await loop.address(listener.url)
    await loop.give(anna)
    await crash_and_go_on(loop, monkeypatch, steps.returns, "note_said")

    assert await said_of_returns(loop) == ["sent", "acknowledged"]
    assert await rows(loop.desk.door, "SELECT count(*) FROM quarantine") == [(0,)]


async def test_somebody_whom_the_practice_never_described_is_rejected_as_unknown(
    loop: Loop, listener: Listener
):
    await loop.say(a_patient("nameless", practice_id=NORTH), a_dose("nameless"))
    await loop.address(listener.url)

    await loop.turn()

    assert listener.tries == []
    assert await loop.states() == [("given", "rejected")]


async def test_given_minus_registered_is_counted_by_product_and_day(loop: Loop):
    anna, bram, cor = await loop.register("Anna", "Bram", "Cor")
    for one in (anna, bram, cor):
        await loop.give(one)
    await loop.opt_in(anna)
    await loop.turn()
    taken, *_ = await loop.messages()
    await loop.say(
        ReturnRecordAcknowledged(return_id=taken, acknowledged_at=TEN - timedelta(days=1))
    )

    async with loop.desk.store.transaction() as tx:
        await steps.returns.count(tx, ["GG2514"], DONE)

    counted = await rows(
        loop.desk.store,
        "SELECT product, given, registered, opted_in, in_register FROM return_counts",
    )
    assert counted == [("moderna", 3, 1, 1, 0)]


async def test_a_message_holds_no_detail_of_a_person(loop: Loop):
    (anna,) = await loop.register("Anna")
    await loop.give(anna)
    await loop.turn()

    kept = str(await rows(loop.desk.store, "SELECT m::text FROM return_messages m"))

    assert "Anna" not in kept
    assert "111222333" not in kept
    assert str(anna) in kept
