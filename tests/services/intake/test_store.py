"""A batch of messages into the ledger with its positions: all of it, or none."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from faust.types import TP

from events.envelope import Sender, System
from infra.clock import SystemClock
from infra.postgres.systems import connect_systems, read_offsets, read_systems
from services.intake.loop import Watch
from services.intake.store import Intake, Lost, to_headers
from tests.builders import REGION, ClockAt, a_record, systems
from tests.facts import a_patient
from tests.services.accept.looking import numbers, rows, set_aside

TOPIC = systems()[Sender.PRACTICE].topic


@dataclass
class Message:
    """A Kafka message as faust hands it over."""

    offset: int
    value: bytes | None
    topic: str = TOPIC
    partition: int = 0
    key: bytes | None = b"GG2514"
    headers: object = ()


def messages(*offsets: int) -> list[Message]:
    return [
        Message(offset, a_record(a_patient(f"p{offset}"), f"e{offset}").value) for offset in offsets
    ]


@pytest.fixture
async def intake(fresh) -> Intake:
    database = await fresh.open("acceptor")
    async with database.transaction() as tx:
        await connect_systems(tx, [systems()[Sender.PRACTICE]], 2)
        known, stored = await read_systems(tx), await read_offsets(tx)
    return Intake(database, SystemClock(), known, stored)


async def positions(intake: Intake) -> dict[tuple[str, int], int]:
    async with intake.database.transaction() as tx:
        return await read_offsets(tx)


@pytest.mark.postgres
async def test_a_batch_is_stored_with_the_place_of_the_next(intake):
    await intake.store([*messages(0, 1), Message(2, b"poison")])

    assert await numbers(intake.database, REGION) == [1, 2]
    assert await positions(intake) == {(TOPIC, 0): 3, (TOPIC, 1): 0} == intake.stored
    assert (intake.events_in, intake.accepted, intake.rejected) == (3, 2, 1)


@pytest.mark.postgres
async def test_a_record_in_quarantine_says_where_it_stood(intake):
    await intake.store([Message(0, None, headers={"x": b"y"}, key=None)])

    found = await rows(intake.database, "SELECT topic, part, off, reason FROM quarantine")
    assert found == [(TOPIC, 0, 0, "not_an_event")]


@pytest.mark.postgres
async def test_records_that_were_skipped_and_still_exist_stop_the_intake(intake):
    with pytest.raises(Lost, match="0 to 2"):
        await intake.store(messages(2, 3))

    assert await numbers(intake.database, REGION) == []
    assert (await positions(intake))[TOPIC, 0] == 0


@pytest.mark.postgres
async def test_a_hole_within_a_batch_stops_the_intake_too(intake):
    with pytest.raises(Lost, match="1 to 3"):
        await intake.store(messages(0, 3))

    assert await numbers(intake.database, REGION) == []


@pytest.mark.postgres
async def test_records_that_are_gone_are_told_and_the_rest_is_stored(intake):
    intake.earliest[TOPIC, 0] = 2

    await intake.store(messages(2, 3))

    gaps = await rows(intake.database, "SELECT topic, part, expected, found FROM gaps")
    assert gaps == [(TOPIC, 0, 0, 2)]
    assert await numbers(intake.database, REGION) == [1, 2]


@pytest.mark.postgres
async def test_a_batch_read_again_changes_nothing(intake):
    batch = [*messages(0, 1), *messages(1)]
    batch[2].offset = 2
    await intake.store(batch)

    await intake.store(batch)

    assert await numbers(intake.database, REGION) == [1, 2]
    assert await set_aside(intake.database) == []
    assert (await positions(intake))[TOPIC, 0] == 3


@pytest.mark.postgres
async def test_while_postgres_is_away_a_batch_waits_and_is_then_stored_once(fresh, intake):
    owner = await asyncpg.connect(fresh.dsn("owner"))
    blocker = owner.transaction()
    await blocker.start()
    await owner.execute("LOCK TABLE ledger")

    storing = asyncio.create_task(intake.store(messages(0, 1, 2)))
    for _ in range(3):
        await ended_backend(fresh)
    await blocker.rollback()
    await owner.close()
    await asyncio.wait_for(storing, 30)

    assert await numbers(intake.database, REGION) == [1, 2, 3]
    assert intake.accepted == 3


async def ended_backend(fresh: Any) -> None:
    """End the acceptor's backend while it waits for the lock."""
    watcher = await asyncpg.connect(fresh.dsn("owner"))
    ended: Sequence[object] = ()
    while not ended:
        ended = await watcher.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = 'acceptor' AND datname = current_database() AND wait_event_type = 'Lock'"
        )
        await asyncio.sleep(0.01)
    await watcher.close()


def test_headers_are_taken_from_pairs_or_a_mapping_and_empty_ones_left_out():
    pairs = [("ce_type", b"x"), ("empty", None)]

    assert to_headers(pairs) == to_headers(dict(pairs)) == {"ce_type": b"x"}
    assert to_headers(None) == {}


# --- the watch: when a process that is alive must end ---


@dataclass
class Consumer:
    """A consumer with or without partitions, fetched or not."""

    parts: frozenset[TP]
    high: int | None = 0

    def assignment(self) -> frozenset[TP]:
        return self.parts

    def highwater(self, tp: TP) -> int | None:
        assert tp in self.parts
        return self.high


@dataclass
class App:
    """The streaming library as the watch sees it."""

    consumer: Consumer
    crashed: bool = False
    rebalancing: bool = False
    consumer_generation_id: int = 0


ONE = frozenset({TP(TOPIC, 0)})
READING, IDLE = App(Consumer(ONE)), App(Consumer(frozenset()))


def still(events_in: int = 0, busy_since: float | None = None) -> Intake:
    nowhere: Any = None
    system = System(TOPIC, Sender.PRACTICE, (), frozenset())
    intake = Intake(nowhere, ClockAt(), {TOPIC: system}, {}, events_in=events_in)
    intake.trouble.busy_since = busy_since
    return intake


def test_an_intake_that_has_read_everything_may_be_still():
    assert Watch(0.0).complaint(600.0, READING, still(), lag=0) is None


def test_without_a_partition_for_half_a_minute_the_intake_ends():
    watch = Watch(0.0)

    assert watch.complaint(20.0, IDLE, still(), lag=0) is None
    assert "no partition" in str(watch.complaint(20.1, IDLE, still(), lag=0))


def test_an_empty_assignment_ends_the_intake_soon():
    watch, empty = Watch(0.0), App(Consumer(frozenset()), consumer_generation_id=3)

    assert watch.complaint(2.5, empty, still(), lag=0) is None
    assert "got no partition" in str(watch.complaint(2.6, empty, still(), lag=0))


def test_one_process_more_than_there_are_partitions_waits():
    watch, empty = Watch(0.0), App(Consumer(frozenset()), consumer_generation_id=3)
    spare = still()
    spare.spare = True

    assert watch.complaint(600.0, empty, spare, lag=0) is None
    spare.spare = False
    assert watch.complaint(602.0, empty, spare, lag=0) is None
    assert "got no partition" in str(watch.complaint(603.0, empty, spare, lag=0))


def test_while_partitions_are_shared_anew_nobody_is_in_a_hurry():
    watch, moving = Watch(0.0), App(Consumer(frozenset()), False, True, 3)

    assert watch.complaint(19.0, moving, still(), lag=0) is None


def test_records_that_wait_and_are_not_read_end_the_intake():
    watch = Watch(0.0)

    assert watch.complaint(30.0, READING, still(), lag=5) is None
    assert "none was read" in str(watch.complaint(30.1, READING, still(), lag=5))


@pytest.mark.parametrize("app", [App(Consumer(ONE, None)), App(Consumer(ONE), rebalancing=True)])
def test_partitions_that_are_not_read_at_all_end_the_intake_also_when_nothing_is_known_to_wait(app):
    watch, stopped = Watch(0.0), still()
    stopped.limit.stopped.add(TOPIC)

    assert watch.complaint(30.0, app, still(), lag=0) is None
    assert "has not begun" in str(watch.complaint(30.1, app, still(), lag=0))
    assert watch.complaint(600.0, app, stopped, lag=0) is None


def test_an_intake_that_reads_slowly_may_go_on():
    watch = Watch(0.0)

    answers = [watch.complaint(20.0 * n, READING, still(n), lag=5) for n in range(1, 9)]

    assert answers == [None] * 8


def test_a_batch_that_is_not_stored_ends_the_intake():
    watch = Watch(0.0)

    assert watch.complaint(15.0, READING, still(busy_since=0.0), lag=5) is None
    assert "not been stored" in str(watch.complaint(15.1, READING, still(busy_since=0.0), lag=5))


def test_a_batch_that_waits_for_postgres_may_wait_for_hours():
    watch, waiting = Watch(0.0), still()
    waiting.trouble.waiting = True

    assert watch.complaint(10_000.0, READING, waiting, lag=5) is None
    waiting.trouble.waiting = False
    assert watch.complaint(10_029.0, READING, waiting, lag=5) is None
    assert "none was read" in str(watch.complaint(10_031.0, READING, waiting, lag=5))


def test_a_crash_of_the_library_ends_the_intake():
    crashed = App(READING.consumer, crashed=True)

    assert "crashed" in str(Watch(0.0).complaint(1.0, crashed, still(), lag=0))
