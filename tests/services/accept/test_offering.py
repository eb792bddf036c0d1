"""The quarantine: kept once, offered again, done with when the door accepts it."""

import json
from dataclasses import replace

import pytest

from events.envelope import Record, Sender, System
from events.errors import Refusal, RejectedEvent
from infra.postgres.acceptor import quarantine
from infra.postgres.systems import connect_systems
from services.accept.offering import Offered, offer_again, offer_all
from tests.builders import REGION, a_raw, a_record, say, system_for, systems
from tests.facts import NOW, a_patient, given_elsewhere, uid
from tests.services.accept.looking import numbers, rows, set_aside, unsealed, values

pytestmark = pytest.mark.postgres
OPEN = "SELECT reason, fields, offered_by FROM quarantine WHERE resolved_at IS NULL ORDER BY number"


def on_topic(record: Record, offset: int) -> Record:
    return replace(record, topic=record.system.topic, partition=0, offset=offset)


def not_allowed(name: str = "p1", offset: int = 0) -> Record:
    """A good event on a topic whose system may not use its source yet."""
    record = a_record(a_patient(name), name)
    return on_topic(replace(record, system=replace(record.system, sources=("urn:x",))), offset)


def signed_in() -> System:
    """A practice, as the web takes its events."""
    source = f"urn:nld:prikploeg:practice:{uid('practice')}"
    return replace(systems()[Sender.PRACTICE], topic="https", sources=(f"{source}:web", source))


async def connected(door) -> None:
    async with door.transaction() as tx:
        await connect_systems(tx, [system_for(a_patient())], 1)


async def test_a_record_is_accepted_when_its_system_may_say_it_now(fresh):
    door = await fresh.open("acceptor")
    await say(door, not_allowed())
    await connected(door)

    done = await offer_all(
        door, fresh.keys().for_quarantine(), None, None, offered_by="somebody", now=NOW
    )

    assert done == Offered(accepted=1)
    assert await numbers(door, REGION) == [1]
    assert await rows(door, OPEN) == []
    assert await rows(door, "SELECT offered_by, resolved_at FROM quarantine") == [("somebody", NOW)]


async def test_a_record_that_is_refused_again_stays_with_its_new_reason(fresh):
    door = await fresh.open("acceptor")
    record = not_allowed()
    await say(door, record)
    await connected(door)
    other = a_record(a_patient("p2"), "p1")
    await say(door, other)

    done = await offer_all(
        door,
        fresh.keys().for_quarantine(),
        record.topic,
        "source_not_allowed",
        offered_by="somebody",
        now=NOW,
    )

    assert done == Offered(refused=1)
    assert await rows(door, OPEN) == [("id_reused", ["id"], "somebody")]


async def test_offering_twice_does_nothing_the_second_time(fresh):
    door = await fresh.open("acceptor")
    await say(door, not_allowed())
    await connected(door)
    await offer_again(door, fresh.keys().for_quarantine(), [1], "one", NOW)

    again = await offer_again(door, fresh.keys().for_quarantine(), [1], "two", NOW)

    assert again == Offered(gone=1)
    assert await numbers(door, REGION) == [1]
    assert await rows(door, "SELECT offered_by FROM quarantine") == [("one",)]


async def test_a_record_that_was_accepted_by_another_way_meanwhile_is_done_with(fresh):
    door = await fresh.open("acceptor")
    await say(door, not_allowed())
    await connected(door)
    await say(door, a_record(a_patient("p1"), "p1"))

    assert await offer_again(door, fresh.keys().for_quarantine(), [1], "one", NOW) == Offered(
        accepted=1
    )
    assert await numbers(door, REGION) == [1]


async def test_only_the_topic_and_reason_that_were_asked_for_are_offered(fresh):
    door = await fresh.open("acceptor")
    await say(door, not_allowed("p1", 0), on_topic(a_raw(b"?"), 1), not_allowed("p2", 2))
    await connected(door)

    done = await offer_all(
        door,
        fresh.keys().for_quarantine(),
        None,
        "source_not_allowed",
        offered_by="somebody",
        now=NOW,
    )

    assert done == Offered(accepted=2)
    assert [reason for reason, *_ in await rows(door, OPEN)] == ["not_an_event"]


async def test_a_record_of_a_topic_that_is_connected_no_more_stays(fresh):
    door = await fresh.open("acceptor")
    await say(door, not_allowed())

    assert await offer_all(
        door, fresh.keys().for_quarantine(), None, None, offered_by="somebody", now=NOW
    ) == Offered(gone=1)
    assert await rows(door, OPEN) == [("source_not_allowed", ["source"], None)]


async def test_a_record_by_https_is_offered_with_the_rights_that_its_sender_had(fresh):
    door = await fresh.open("acceptor")
    system = signed_in()
    first, other = (a_record(a_patient(name), "same", system=system) for name in ("p1", "p2"))
    await say(door, first)
    await say(door, other)
    headers = {"content-type": b"application/cloudevents+json"}
    await say(door, Record(system, b"{}", headers))

    done = await offer_all(
        door, fresh.keys().for_quarantine(), "https", None, offered_by="somebody", now=NOW
    )

    assert done == Offered(refused=2)
    assert [reason for reason, _ in await set_aside(door)] == ["id_reused", "not_an_event"]


async def test_a_practice_may_speak_for_itself_only_also_when_offered_again(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_patient("own"), a_patient("of others", practice_id=uid("other practice")))
    system = signed_in()
    kept = [
        a_record(given_elsewhere("own"), "fine", system=system),
        a_record(given_elsewhere("of others"), "person", system=system),
        a_record(a_patient("p3", practice_id=uid("other practice")), "practice", system=system),
    ]
    async with door.transaction() as tx:
        unknown = RejectedEvent(Refusal.UNKNOWN_TYPE, ("type",))
        await quarantine.put(tx, [(record, unknown) for record in kept], NOW)

    done = await offer_all(
        door, fresh.keys().for_quarantine(), "https", None, offered_by="somebody", now=NOW
    )

    assert done == Offered(accepted=2, refused=1)
    open_now = await rows(door, OPEN)
    assert [fields for _, fields, _ in open_now] == [["practice_id"]]


async def test_a_record_without_an_offset_whose_commit_was_in_doubt_is_kept_once(fresh):
    door = await fresh.open("acceptor")
    for _ in range(2):
        await say(door, a_raw(b"?"), a_raw(b"?"), a_raw(b"!"), a_raw(None))

    assert await values(door, fresh.keys()) == [b"?", b"!", None]


async def test_the_bytes_key_and_headers_are_offered_as_they_came(fresh):
    door = await fresh.open("acceptor")
    record = a_record(a_patient("p1"), "p1")
    binary = on_topic(
        Record(
            replace(record.system, regions=frozenset()),
            b"\xff\x00",
            {"ce_type": b"patient.registered.v1", "x": b"\xe9"},
            b"\x00k",
        ),
        7,
    )
    await say(door, binary)
    await connected(door)
    await offer_again(door, fresh.keys().for_quarantine(), [1], "somebody", NOW)

    assert await rows(door, "SELECT part, off, offered_by FROM quarantine") == [(0, 7, "somebody")]
    (kept,) = await unsealed(door, fresh.keys())
    assert kept is not None
    assert (kept.raw, kept.key, json.loads(kept.headers)["x"]) == (b"\xff\x00", b"\x00k", "é")
