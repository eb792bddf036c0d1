"""The quarantine is bounded: large values are cut, a topic fills no disk, and nothing is kept for ever."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from events.cloudevents import MAX_BYTES
from events.envelope import Sender
from infra.postgres.acceptor import room
from infra.postgres.acceptor.room import MOST_OF_TOPIC
from infra.postgres.systems import connect_systems
from services.accept.accept import accept
from services.accept.isolating import forget
from services.accept.offering import offer_all
from services.accept.submission import Submission
from tests.builders import a_raw, systems
from tests.facts import NOW
from tests.services.accept.looking import rows, unsealed, values

pytestmark = pytest.mark.postgres
TOPIC = systems()[Sender.PRACTICE].topic
VALUE = b"x" * MAX_BYTES


def bad(offset: int, value: bytes = VALUE, topic: str = TOPIC) -> Submission:
    system = replace(systems()[Sender.PRACTICE], topic=topic)
    record = replace(a_raw(value), system=system, topic=topic, partition=0, offset=offset)
    return Submission((record,))


async def test_a_value_that_is_too_large_is_kept_as_its_beginning_length_and_digest(fresh):
    door = await fresh.open("acceptor")
    large = VALUE + b"y"

    await accept(door, [bad(0, large), bad(1)], NOW)

    found = await rows(door, "SELECT whole, length, value_digest FROM quarantine ORDER BY off")
    assert found == [
        (False, len(large), hashlib.sha256(large).digest()),
        (True, None, None),
    ]
    assert await values(door, fresh.keys()) == [large[:4096], VALUE]


async def test_a_key_and_headers_of_any_size_are_bounded_too(fresh):
    door = await fresh.open("acceptor")
    (record,) = bad(0, b"{}").records
    wide = replace(record, key=b"k" * 100_000, headers={"x": b"h" * 1_000_000})

    await accept(door, [Submission((wide,))], NOW)

    (kept,) = await unsealed(door, fresh.keys())
    assert kept is not None
    assert (len(kept.key or b""), kept.headers, kept.cut) == (4096, "{}", True)


async def test_one_topic_fills_its_own_room_and_no_more_and_all_others_have_theirs(fresh):
    door = await fresh.open("acceptor")
    fits = MOST_OF_TOPIC // MAX_BYTES
    for begin in range(0, fits + 100, 50):
        await accept(door, [bad(begin + n) for n in range(50)], NOW)
    await accept(door, [bad(0, topic="in.practice.other.v1")], NOW)

    kept = await rows(
        door,
        "SELECT topic, count(*), count(sealed), sum(octet_length(sealed)) <= 67108864 FROM quarantine GROUP BY topic ORDER BY topic",
    )
    whole = await rows(door, "SELECT count(*) FROM quarantine WHERE NOT whole AND length = 262144 AND octet_length(value_digest) = 32")  # fmt: skip

    (_, lines, values, is_within), other = sorted(kept, key=lambda one: -one[1])
    assert lines >= fits + 100
    assert fits - 1 <= values <= fits
    assert is_within
    assert whole == [(lines - values,)]
    assert other == ("in.practice.other.v1", 1, 1, True)


@pytest.mark.parametrize("at_once", [False, True])
async def test_all_topics_together_fill_no_more_than_the_room_of_all(
    fresh, monkeypatch: pytest.MonkeyPatch, at_once: bool
):
    monkeypatch.setattr(room, "MOST_OF_ALL", 2 * MAX_BYTES + 1_000)  # with keys and headers
    door = await fresh.open("acceptor")
    sent = [bad(0, topic=f"in.practice.{name}.v1") for name in ("a", "b", "c", "d")]

    for part in [sent] if at_once else [[one] for one in sent]:
        await accept(door, part, NOW)

    assert await rows(door, "SELECT count(*), count(sealed), count(length) FROM quarantine") == [
        (4, 2, 2)
    ]


async def test_the_value_of_what_was_accepted_after_all_is_forgotten_sooner(fresh):
    door, owner = await fresh.open("acceptor"), await fresh.open("owner", 1)
    await accept(door, [bad(n, b"value") for n in range(3)], NOW - timedelta(days=60))
    async with owner.transaction() as tx:
        for offset, days in ((0, 31), (1, 29)):
            await tx.execute(
                "UPDATE quarantine SET resolved_at = $1 WHERE off = $2",
                NOW - timedelta(days=days),
                offset,
            )

    await forget(door, NOW)

    assert await values(door, fresh.keys()) == [None, b"value", b"value"]


async def test_values_are_forgotten_after_a_while_and_lines_after_a_year(fresh):
    door = await fresh.open("acceptor")
    for days, offset in ((401, 0), (91, 1), (10, 2)):
        await accept(door, [bad(offset, b"value")], NOW - timedelta(days=days))

    touched = await forget(door, NOW)

    assert await rows(door, "SELECT off, whole FROM quarantine ORDER BY off") == [
        (1, False),
        (2, True),
    ]
    assert await values(door, fresh.keys()) == [None, b"value"]
    assert touched >= 2
    assert await forget(door, NOW) == 0


async def test_what_is_cut_is_not_offered_again(fresh):
    door = await fresh.open("acceptor")
    async with door.transaction() as tx:
        await connect_systems(tx, [systems()[Sender.PRACTICE]], 1)
    await accept(door, [bad(0, VALUE + b"y"), bad(1, b"{}")], NOW)

    done = await offer_all(
        door, fresh.keys().for_quarantine(), None, None, offered_by="somebody", now=NOW
    )

    assert (done.accepted, done.refused, done.gone) == (0, 1, 0)
