"""A topic of which nearly everything is refused: it stands still and is kept, the others go on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from faust.exceptions import ConsumerNotStarted

from events.envelope import Sender, System
from events.identifiers import NATIONAL
from infra.clock import SystemClock
from infra.embedded.session import Servers
from infra.kafka.producer import Outgoing
from infra.postgres.database import Database
from infra.postgres.systems import (
    connect_systems,
    read_offsets,
    read_stopped,
    read_systems,
    resume_topic,
)
from infra.settings import Kafka
from services.commands.connecting import connect
from services.intake.limit import LAST, Limit, Window
from services.intake.store import Intake
from tests.builders import REGION, a_record, systems
from tests.conftest import Fresh
from tests.facts import NOW, a_patient
from tests.flow.processes import Child, environment, start, until
from tests.infra.kafka.broker import a_topic
from tests.services.accept.looking import rows
from tests.services.intake.test_process import produce, until_taken_in
from tests.services.intake.test_store import Message

POISON = 4_000
TOPIC, OTHER = systems()[Sender.PRACTICE].topic, systems()[Sender.HAP].topic


def test_a_burst_of_poison_below_the_limit_goes_through():
    window = Window()

    assert not window.add(900, 900)
    assert not window.add(100, 49)
    assert not window.add(1_000, 949)


def test_the_limit_is_reached_at_95_of_100_in_the_last_thousand():
    window = Window()

    assert not window.add(999, 999)
    assert window.add(1, 0)


def test_what_was_good_long_ago_does_not_count():
    window = Window()
    window.add(50_000, 0)

    answers = [window.add(100, 100) for _ in range(10)]

    assert answers == [False] * 9 + [True]


@pytest.fixture
async def intake(fresh) -> Intake:
    database = await fresh.open("acceptor")
    async with database.transaction() as tx:
        await connect_systems(tx, [systems()[Sender.PRACTICE], systems()[Sender.HAP]], 1)
        known, stored = await read_systems(tx), await read_offsets(tx)
    return Intake(database, SystemClock(), known, stored)


def poison(begin: int, count: int, topic: str = TOPIC) -> list[Message]:
    return [Message(offset, b"poison %d" % offset, topic) for offset in range(begin, begin + count)]


@pytest.mark.postgres
async def test_a_bad_topic_is_stopped_kept_and_its_position_stays(intake):
    await intake.store(poison(0, LAST))
    await intake.store([*poison(LAST, 10), *poison(0, 1, OTHER)])

    async with intake.database.transaction() as tx:
        assert await read_stopped(tx) == {TOPIC}
        assert await read_offsets(tx) == {(TOPIC, 0): LAST, (OTHER, 0): 1}
    found = await rows(intake.database, "SELECT refused, of_last FROM intake_stops")
    assert found == [(LAST, LAST)]


@pytest.mark.postgres
async def test_after_it_was_resumed_a_topic_that_is_bad_still_is_stopped_anew(intake):
    await intake.store(poison(0, LAST))
    async with intake.database.transaction() as tx:
        assert await resume_topic(tx, TOPIC, "somebody", NOW)
        stopped = await read_stopped(tx)
    await intake.limit.obey(App(), intake.stored, stopped)

    await intake.store(poison(LAST, LAST - 1))
    assert intake.limit.stopped == set()
    await intake.store(poison(2 * LAST - 1, 1))

    assert intake.limit.stopped == {TOPIC}
    async with intake.database.transaction() as tx:
        assert await read_stopped(tx) == {TOPIC}


async def test_a_stop_while_the_table_is_read_is_no_resumption(intake):
    known = frozenset(intake.limit.stopped)
    async with intake.database.transaction() as tx:
        stopped = await read_stopped(tx)
        await intake.store(poison(0, LAST))

    await intake.limit.obey(App(), intake.stored, stopped | intake.limit.since(known))

    assert intake.limit.stopped == {TOPIC}


class App:
    """A streaming library whose consumer has not started."""

    @property
    def consumer(self) -> "App":
        return self

    def assignment(self) -> frozenset[object]:
        raise ConsumerNotStarted


async def test_what_is_on_its_way_from_a_stopped_topic_is_left_out():
    limit = Limit({TOPIC})

    assert limit.drop_stopped([*poison(0, 2), *poison(0, 1, OTHER)]) == poison(0, 1, OTHER)


# --- a real process ---


def a_system(kind: Sender) -> System:
    source = f"urn:nld:prikploeg:{kind.value}:"
    return System(a_topic(f"in.{kind.value}"), kind, (source,), frozenset({REGION, NATIONAL}))


def good(system: System, begin: int, count: int) -> list[Outgoing]:
    found = []
    for n in range(begin, begin + count):
        record = a_record(a_patient(f"{system.topic} {n}"), f"{system.topic}-{n}", REGION, system)
        assert record.value is not None
        headers = list(record.headers.items())
        found.append(Outgoing(system.topic, REGION.encode(), record.value, headers))
    return found


@dataclass
class Two:
    """A topic full of poison and a good one, in one intake process."""

    fresh: Fresh
    kafka: Servers
    folder: Path
    door: Database
    bad: System
    fine: System
    child: Child | None = None

    @property
    def client(self) -> Kafka:
        return self.fresh.settings(self.kafka).kafka

    async def start(self) -> Child:
        self.child = await start("intake", environment(self.fresh, self.kafka), self.folder)
        return self.child

    async def is_stopped(self) -> bool:
        async with self.door.transaction() as tx:
            return self.bad.topic in await read_stopped(tx)

    async def kept(self) -> int:
        ((found,),) = await rows(self.door, "SELECT count(*) FROM quarantine")
        return int(found)

    async def take_in_good(self, begin: int, count: int) -> None:
        await produce(self.client, good(self.fine, begin, count), seconds=0)
        await until_taken_in(self.door, self.client, self.fine.topic)

    async def keep_resuming(self) -> None:
        """Somebody resumes the bad topic whenever it was stopped."""
        while True:
            async with self.door.transaction() as tx:
                await resume_topic(tx, self.bad.topic, "test", NOW)
            await asyncio.sleep(0.3)


@pytest.fixture
async def two(fresh: Fresh, kafka: Servers, tmp_path: Path) -> AsyncIterator[Two]:
    made = Two(
        fresh,
        kafka,
        tmp_path,
        await fresh.open("acceptor"),
        a_system(Sender.PRACTICE),
        a_system(Sender.PRACTICE),
    )
    await connect(fresh.settings(kafka), [made.bad, made.fine])
    poisoned = [
        Outgoing(made.bad.topic, REGION.encode(), b"poison %d" % n, []) for n in range(POISON)
    ]
    await produce(made.client, poisoned, seconds=0)
    yield made
    if made.child is not None:
        await made.child.stop()


@pytest.mark.kafka
@pytest.mark.postgres
async def test_a_stopped_topic_holds_up_nobody_and_survives_a_restart(two: Two):
    child = await two.start()
    await until(two.is_stopped, 30)
    await two.take_in_good(0, 500)
    at_the_stop = await two.kept()

    await child.kill()
    child = await two.start()
    await two.take_in_good(500, 500)
    await asyncio.sleep(2)

    assert LAST <= at_the_stop < POISON
    assert await two.kept() == at_the_stop, child.said()
    assert child.is_running, child.said()


@pytest.mark.kafka
@pytest.mark.postgres
async def test_a_resumed_topic_is_read_to_its_end_and_nothing_was_lost(two: Two):
    child = await two.start()
    await until(two.is_stopped, 30)
    await asyncio.sleep(1.5)
    await produce(two.client, good(two.bad, 0, 300), seconds=0)

    resuming = asyncio.create_task(two.keep_resuming())
    try:
        await until_taken_in(two.door, two.client, two.bad.topic)
    finally:
        resuming.cancel()

    lines = await rows(
        two.door, "SELECT seq, id FROM ledger WHERE region = $1 ORDER BY seq", REGION
    )
    assert lines == [(n + 1, f"{two.bad.topic}-{n}") for n in range(300)], child.said()
    kept = await rows(two.door, "SELECT count(*), count(DISTINCT sealed) FROM quarantine")
    assert kept == [(POISON, POISON)]
    assert await rows(two.door, "SELECT * FROM gaps") == []
