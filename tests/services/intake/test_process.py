"""The intake as a real process between a real broker and a real database, killed in the middle of its work."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import asyncpg
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from events.envelope import Record, System
from infra.crypto import Keys
from infra.kafka.producer import Outgoing, Producer
from infra.kafka.topics import end_offsets
from infra.postgres.database import Database
from infra.postgres.systems import read_offsets
from infra.settings import Kafka
from services.commands.connecting import connect
from tests.builders import a_record
from tests.facts import a_consent, a_patient, uid
from tests.flow.processes import Child, environment, start, until
from tests.services.accept.looking import numbers, rows, values
from tests.services.intake.a_system import a_practice_system

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]
REGIONS = ("GG0111", "GG1413", "GG2514", "GG3714")
GOOD, COPIES = 2_600, 300
POISON = (
    b"not json",
    b"{}",
    b"\x00\xff\xfe",
    b'{"specversion": "1.0"}',
    b'{"specversion":"1.0","id":"x","source":"urn:nld:prikploeg:practice:x","type":"a.b.v1","data":{}}',
)


def outgoing(record: Record, region: str) -> Outgoing:
    assert record.value is not None
    return Outgoing(
        record.system.topic, region.encode(), record.value, list(record.headers.items())
    )


@dataclass
class Sent:
    """What the test put on the topic, in order."""

    records: list[Outgoing]
    good: dict[str, list[str]]  # ids per region, in the order of their first copy
    poison: list[bytes]


def a_mixture(system: System, random: Random) -> Sent:
    """Good events, copies of earlier ones, and poison in between."""
    good: dict[str, list[str]] = {region: [] for region in REGIONS}
    records: list[Outgoing] = []
    for n in range(GOOD):
        region = REGIONS[n % 4]
        fact = a_patient(f"p{n}") if n % 2 else a_consent(f"p{n}", location_id=uid("nowhere"))
        good[region].append(f"e{n}")
        records.append(outgoing(a_record(fact, f"e{n}", region, system), region))
    for _ in range(COPIES):
        place = random.randrange(len(records))
        records.insert(random.randrange(place, len(records)) + 1, records[place])
    poison = [POISON[n % len(POISON)] + b" " * n for n in range(100)]
    for value in poison:
        key = random.choice(REGIONS).encode()
        records.insert(random.randrange(len(records)), Outgoing(system.topic, key, value, []))
    return Sent(records, good, poison)


async def produce(kafka: Kafka, records: Sequence[Outgoing], seconds: float) -> None:
    """Send the records in order, spread over these seconds."""
    async with Producer(kafka) as producer:
        for begin in range(0, len(records), 100):
            await producer.send_all(records[begin : begin + 100])
            await asyncio.sleep(seconds * 100 / len(records))


def in_quarters(records: Sequence[Outgoing]) -> list[Sequence[Outgoing]]:
    """Four parts in order, so that after each kill something is still to come, however fast the intake is."""
    quarter = -(-len(records) // 4)
    return [records[begin : begin + quarter] for begin in range(0, len(records), quarter)]


async def taken_in(door: Database) -> int:
    ((count,),) = await rows(door, "SELECT count(*) FROM ledger")
    return int(count)


async def kill_in_the_middle_of_a_batch(
    owner: "asyncpg.Connection[asyncpg.Record]", child: Child
) -> None:
    """Hold the lock of the regions until the child waits for it inside its transaction, then kill it."""
    async with owner.transaction():
        await owner.execute("SELECT FROM region_seq FOR UPDATE")

        async def waits() -> bool:
            # Postgres lists backends once in a transaction: one that connects after that would never be seen.
            await owner.execute("SELECT pg_stat_clear_snapshot()")
            return bool(
                await owner.fetchval(
                    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'acceptor'"
                    " AND datname = current_database() AND wait_event_type = 'Lock'"
                )
            )

        await until(waits)
        await child.kill()


async def disturb(dsn: str) -> None:
    """End the backends of the acceptor again and again."""
    owner = await asyncpg.connect(dsn)
    try:
        while True:
            await asyncio.sleep(0.7)
            await owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'acceptor'"
                " AND datname = current_database() AND query LIKE 'INSERT%'"
            )
    finally:
        await owner.close()


async def until_taken_in(door: Database, kafka: Kafka, topic: str) -> None:
    """Wait until every partition of the topic is stored to its end."""
    ends = await end_offsets(kafka, [topic])

    async def is_stored() -> bool:
        async with door.transaction() as tx:
            stored = await read_offsets(tx)
        return all(stored[place] == end for place, end in ends.items())

    await until(is_stored)


@pytest.mark.timeout(500)
async def test_killed_three_times_nothing_is_missing_and_nothing_double(
    fresh, kafka, tmp_path: Path
):
    system, settings = a_practice_system(*REGIONS), fresh.settings(kafka)
    await connect(settings, [system])
    sent = a_mixture(system, Random(11))
    door, owner = await fresh.open("acceptor"), await asyncpg.connect(fresh.dsn("owner"))
    told = environment(fresh, kafka)

    first, *others = in_quarters(sent.records)
    await produce(settings.kafka, first, seconds=1)
    producing = asyncio.create_task(asyncio.sleep(0))
    disturbing = asyncio.create_task(disturb(fresh.dsn("owner")))
    child = await start("intake", told, tmp_path)
    try:
        for part, quarter in zip((200, 800, 1_400), others, strict=True):

            async def has_come_so_far(least: int = part) -> bool:
                return await taken_in(door) >= least

            await until(has_come_so_far)
            await producing
            producing = asyncio.create_task(produce(settings.kafka, quarter, seconds=3))
            await kill_in_the_middle_of_a_batch(owner, child)
            child = await start("intake", told, tmp_path)
        await producing
        disturbing.cancel()
        await until_taken_in(door, settings.kafka, system.topic)
    finally:
        producing.cancel()
        disturbing.cancel()
        await child.stop()
        await owner.close()

    for region in REGIONS:
        lines = await rows(
            door, "SELECT seq, id FROM ledger WHERE region = $1 ORDER BY seq", region
        )
        assert lines == list(enumerate(sent.good[region], 1)), child.said()
    await look_at_the_rest(door, fresh.keys(), sent)


async def look_at_the_rest(door: Database, keys: Keys, sent: Sent) -> None:
    """All poison stands in the quarantine, nothing was skipped, and every fact is in the state."""
    kept = Counter(await values(door, keys))
    assert kept == Counter(sent.poison)
    assert await rows(door, "SELECT * FROM gaps") == []
    consents = await rows(door, "SELECT count(*) FROM consents")
    assert consents == [(GOOD // 2,)]


async def test_records_that_are_deleted_unread_are_told_and_the_rest_is_taken_in(
    fresh, kafka, tmp_path: Path
):
    system, settings = a_practice_system(*REGIONS), fresh.settings(kafka)
    await connect(settings, [system])
    region = REGIONS[0]
    records = [
        outgoing(a_record(a_patient(f"p{n}"), f"e{n}", region, system), region) for n in range(50)
    ]
    await produce(settings.kafka, records, seconds=0)
    ((place, _),) = [
        found for found in (await end_offsets(settings.kafka, [system.topic])).items() if found[1]
    ]
    await delete_before(settings.kafka, place, 20)
    door = await fresh.open("acceptor")

    child = await start("intake", environment(fresh, kafka), tmp_path)
    try:
        await until_taken_in(door, settings.kafka, system.topic)
    finally:
        await child.stop()

    gaps = await rows(door, "SELECT topic, part, expected, found FROM gaps")
    assert gaps == [(*place, 0, 20)], child.said()
    assert await numbers(door, region) == list(range(1, 31))
    assert await rows(door, "SELECT min(substr(id, 2)::int) FROM ledger") == [(20,)]


async def delete_before(kafka: Kafka, place: tuple[str, int], offset: int) -> None:
    """What retention does to records that nobody read in time."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(*place): RecordsToDelete(before_offset=offset)})
    finally:
        await admin.close()
