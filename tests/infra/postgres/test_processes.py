"""What processes tell each other through Postgres: notices, signs of life, locks, connected systems."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from events.envelope import Sender, System
from infra.clock import SystemClock
from infra.errors import Unavailable
from infra.postgres.heartbeats import Process, beat
from infra.postgres.listening import follow, listening
from infra.postgres.locks import RELAY, become_only_one, become_only_planner, open_lock_connection
from infra.postgres.systems import connect_systems, read_offsets, read_systems
from tests.builders import REGION, a_record, say
from tests.conftest import Fresh
from tests.facts import NOW, a_campaign, a_patient
from tests.flow.processes import until
from tests.services.accept.looking import rows

pytestmark = pytest.mark.postgres
TOPIC = "in.practice.x.v1"


async def test_who_listens_is_woken_by_what_is_accepted_and_told_the_newest_numbers(fresh):
    door = await fresh.open("acceptor")
    async with listening(fresh.dsn("planner")) as wakened:
        await say(door, a_patient("p1"), a_patient("p2"), a_campaign())

        assert await wakened.wait(10)
        assert wakened.newest == {REGION: 2, "NL": 1}


async def test_without_news_waiting_ends_after_its_time(fresh):
    clock = SystemClock()
    async with listening(fresh.dsn("planner")) as wakened:
        begun = clock.monotonic()

        assert not await wakened.wait(0.2)

    assert clock.monotonic() - begun < 5


async def test_a_duplicate_wakes_nobody(fresh):
    door, record = await fresh.open("acceptor"), a_record(a_patient())
    await say(door, record)
    async with listening(fresh.dsn("planner")) as wakened:
        await say(door, record)

        assert not await wakened.wait(0.3)


FORGED = (
    f"{REGION} 999999999 NL 40",
    f"{REGION} abc",
    "GG9999 7",
    f"{REGION}",
    "",
    f"{REGION} -1",
    "x" * 4000,
)


@pytest.mark.parametrize("payload", FORGED)
async def test_a_forged_notice_makes_nobody_believe_a_number_that_the_ledger_does_not_have(
    fresh, payload: str
):
    door = await fresh.open("acceptor")
    async with listening(fresh.dsn("planner")) as wakened, a_follower(fresh) as told:
        await notify(fresh, payload)
        assert not await wakened.wait(0.3)
        await say(door, a_patient("p1"))

        assert await wakened.wait(10)
        assert wakened.newest == {REGION: 1}
        await until(lambda: is_equal(told, [(REGION, 1)]), 10)


async def test_a_late_notice_of_an_earlier_number_says_nothing(fresh):
    await say(await fresh.open("acceptor"), a_patient("p1"), a_patient("p2"))
    async with listening(fresh.dsn("planner")) as wakened, a_follower(fresh) as told:
        await notify(fresh, f"{REGION} 1")
        assert not await wakened.wait(0.3)

        assert wakened.newest == {REGION: 2}
        assert told == [(REGION, 2)]


async def test_what_has_no_number_is_told_of_to_pages_and_wakes_no_reader_of_the_ledger(fresh):
    async with listening(fresh.dsn("planner")) as wakened, a_follower(fresh) as told:
        await notify(fresh, f"{REGION} 0 nowhere 0")

        await until(lambda: is_equal(told, [(REGION, 0)]), 10)
        assert not await wakened.wait(0.1)


async def is_equal(one: object, other: object) -> bool:
    return one == other


async def notify(fresh: Fresh, payload: str) -> None:
    """As somebody who may sign in and do nothing else with accepted events."""
    somebody = await fresh.open("courier", size=1)
    async with somebody.transaction() as tx:
        await tx.execute("SELECT pg_notify('accepted', $1)", payload)


@asynccontextmanager
async def a_follower(fresh: Fresh) -> AsyncIterator[list[tuple[str, int]]]:
    told: list[tuple[str, int]] = []
    begun = asyncio.Event()
    following = asyncio.create_task(
        follow(fresh.dsn("reader"), lambda region, seq: told.append((region, seq)), begun.set)
    )
    await begun.wait()
    yield told
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_who_listens_knows_that_the_connection_is_lost(fresh):
    owner = await asyncpg.connect(fresh.dsn("owner"))
    async with listening(fresh.dsn("planner")) as wakened:
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'planner'"
            " AND datname = current_database()"
        )

        assert await wakened.wait(10)
        assert wakened.lost
    await owner.close()


async def test_nobody_can_listen_to_a_database_that_is_away():
    with pytest.raises(Unavailable):
        async with listening("postgresql://planner@127.0.0.1:1/nowhere"):
            pass


async def test_a_process_keeps_one_row_for_its_slot(fresh):
    database = await fresh.open("planner")
    for second, pid in enumerate((10, 10, 11)):
        async with database.transaction() as tx:
            at = NOW + timedelta(seconds=second)
            await beat(tx, Process("planner", 0, pid, NOW), at, {"lag": second})

    found = await rows(database, "SELECT pid, at, state ->> 'lag' FROM heartbeats")
    assert found == [(11, NOW + timedelta(seconds=2), "2")]


async def test_one_relay_at_a_time_and_the_next_when_it_is_gone(fresh):
    dsn = fresh.dsn("relay")
    async with open_lock_connection(dsn) as second:
        async with open_lock_connection(dsn) as first:
            assert await become_only_one(first, RELAY)
            assert not await become_only_one(second, RELAY)

        await until(lambda: become_only_one(second, RELAY), 10)
        async with open_lock_connection(dsn) as third:
            assert not await become_only_one(third, RELAY)


async def test_one_planner_for_a_region_and_others_for_others(fresh):
    dsn = fresh.dsn("planner")
    async with (
        become_only_planner(dsn, "GG2514") as mine,
        become_only_planner(dsn, "GG2514") as second,
        become_only_planner(dsn, "GG0111") as other,
    ):
        assert (mine, second, other) == (True, False, True)


async def test_a_connected_system_is_known_with_its_rights_and_its_places(fresh):
    door = await fresh.open("acceptor")
    system = System(TOPIC, Sender.PRACTICE, ("urn:a:", "urn:b:"), frozenset({"GG2514", "NL"}))

    async with door.transaction() as tx:
        await connect_systems(tx, [system], 2)
        assert await read_systems(tx) == {TOPIC: system}
        assert await read_offsets(tx) == {(TOPIC, 0): 0, (TOPIC, 1): 0}


async def test_connecting_again_changes_the_rights_and_keeps_the_places(fresh):
    door = await fresh.open("acceptor")
    before = System(TOPIC, Sender.PRACTICE, ("urn:a:",), frozenset({"GG2514"}))
    after = System(TOPIC, Sender.GGD, ("urn:b:",), frozenset({"GG0111"}))
    async with door.transaction() as tx:
        await connect_systems(tx, [before], 2)
        await tx.execute("UPDATE kafka_positions SET next_offset = 7 WHERE part = 1")

    async with door.transaction() as tx:
        await connect_systems(tx, [after], 3)
        assert await read_systems(tx) == {TOPIC: after}
        assert await read_offsets(tx) == {(TOPIC, 0): 0, (TOPIC, 1): 7, (TOPIC, 2): 0}
