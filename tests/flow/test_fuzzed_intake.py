"""Spoilt records on the topics of real systems, through one real intake process: nothing crashes, stalls or is lost."""

import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from events.envelope import Sender
from infra.kafka.producer import Outgoing, Producer
from infra.postgres.database import Database
from infra.settings import Kafka
from services.commands.connecting import connect, exercise_systems
from tests.builders import REGION
from tests.effort import either
from tests.events.mutations import Mutant, bases, mutants
from tests.events.oddities import BSN, CANARY
from tests.flow.processes import children, environment, until
from tests.infra.kafka.broker import a_topic
from tests.services.intake.packed import generate
from tests.services.intake.raw_batches import send_raw

pytestmark = [pytest.mark.kafka, pytest.mark.flow, pytest.mark.timeout(3600)]
COUNT = int(os.environ.get("FUZZ_FLOW_COUNT", either(short="600", long="1500")))
RUN = int(os.environ.get("FUZZ_SEED", "1"))
PACKED_EVERY = 20
GOOD_EVERY = 6  # a topic on which nearly all is refused is stopped: that is tried elsewhere
# On topics of their own: what is accepted of them would be news to every later test of this broker.
OWN = {
    system.topic: replace(system, topic=a_topic(f"in.{system.sender.value}"))
    for system in exercise_systems(REGION)
}
TOPICS = [system.topic for system in OWN.values()]
BY_TOPIC = {system.topic: system for system in OWN.values()}


def to_outgoing(number: int, made: Mutant) -> Outgoing:
    """What only we may say comes in by the topics of others."""
    record = made.record
    by_us = record.system.sender is Sender.SYSTEM
    topic = TOPICS[number % len(TOPICS)] if by_us else OWN[record.system.topic].topic
    key: Any = record.key if made.kind == "key" else REGION.encode()
    value: Any = record.value
    return Outgoing(topic, key, value, list(record.headers.items()))


def good(number: int) -> Outgoing:
    """A valid event of a topic, the next one each time."""
    topic = TOPICS[number % len(TOPICS)]
    own = [base for base in bases() if BY_TOPIC[topic].sender in base.entry.senders]
    record = own[number % len(own)].structured
    said = (record.value or b"").replace(b'"id":"e"', b'"id":"good-%d"' % number, 1)
    whole = json.loads(said) | {"source": f"{BY_TOPIC[topic].sources[0]}good"}
    return Outgoing(topic, REGION.encode(), json.dumps(whole).encode(), [])


async def send(kafka: Kafka, count: int) -> int:
    """All mutants with good records between them, some hundred at a time; how many in all."""
    sent = 0
    async with Producer(kafka) as producer:
        batch: list[Outgoing] = []
        for number, made in enumerate(mutants(RUN, count)):
            batch.append(to_outgoing(number, made))
            if number % GOOD_EVERY == 0:
                batch.append(good(number // GOOD_EVERY))
            if len(batch) >= 200:
                await producer.send_all(batch)
                sent, batch = sent + len(batch), []
        await producer.send_all(batch)
    return sent + len(batch) + await send_packed(kafka, count // PACKED_EVERY)


async def send_packed(kafka: Kafka, count: int) -> int:
    """Batches that unpack to much or not at all, as far as the broker lets them through; how many records."""
    sent = 0
    for number, one in enumerate(generate(RUN, count)):
        with suppress(
            KafkaError
        ):  # the broker looks into batches too, and refuses most that are spoilt
            await send_raw(kafka.bootstrap_servers, TOPICS[number % len(TOPICS)], one.made, 1)
            sent += one.count
    return sent


async def read(database: Database) -> int:
    """How many records of all topics were read and stored or set aside."""
    async with database.transaction() as tx:
        found: int = await tx.fetchval(
            "SELECT coalesce(sum(next_offset), 0)::bigint FROM kafka_positions"
        )
    return found


async def last_sign(database: Database) -> dict[str, int]:
    """What the intake last said of itself."""
    async with database.transaction() as tx:
        told: str = await tx.fetchval("SELECT state FROM heartbeats WHERE process = 'intake'")
    found: dict[str, int] = json.loads(told)
    return found


@dataclass
class Stored:
    """What the database holds afterwards."""

    kept: int
    aside: dict[str, int]
    unnamed: list[str]
    gaps: int
    fields: str


async def stored(database: Database) -> Stored:
    async with database.transaction() as tx:
        return Stored(
            await tx.fetchval(
                "SELECT count(*) FROM ledger WHERE source NOT LIKE 'urn:nld:prikploeg:system%'"
            ),
            dict(
                await tx.fetch("SELECT reason, count(*) FROM quarantine GROUP BY 1 ORDER BY 2 DESC")
            ),
            [
                str(row["reason"])
                for row in await tx.fetch("SELECT reason FROM quarantine WHERE fields = '{}'")
            ],
            await tx.fetchval("SELECT count(*) FROM gaps"),
            await tx.fetchval(
                "SELECT coalesce(string_agg(array_to_string(fields, ' '), ' '), '') FROM quarantine"
            ),
        )


async def test_spoilt_records_are_stored_or_set_aside_and_counted(fresh, kafka, tmp_path, capsys):
    settings = fresh.settings(kafka)
    await connect(settings, list(OWN.values()))
    database = await fresh.open("acceptor")
    sent = await send(settings.kafka, COUNT)

    began = perf_counter()
    async with children(environment(fresh, kafka), tmp_path, "intake") as running:
        await until(lambda: is_so(read(database), sent), 60 + sent / 50, every=0.2)
        seconds = perf_counter() - began
        assert running["intake"].is_running, running["intake"].said()
        await until(lambda: counted(database, sent), 30)
        log = running["intake"].log.read_text()
        told = await last_sign(database)
    found = await stored(database)
    aside = sum(found.aside.values())
    repeated = told["events_in"] - told["accepted"] - told["rejected"]
    with capsys.disabled():
        sys.stdout.write(
            f"\nfuzzed intake: seed {RUN}, {sent:,} records, {sent / seconds:,.0f}/s with the start of the "
            f"process; {found.kept:,} in the ledger, {repeated} repeated, {aside:,} set aside: {found.aside}\n"
        )

    assert (told["events_in"], told["accepted"], told["rejected"]) == (sent, found.kept, aside)
    assert repeated >= 0
    assert found.gaps == 0
    assert found.unnamed == []
    assert CANARY not in found.fields + log
    assert BSN not in found.fields + log


async def is_so(looked: Any, wanted: int) -> bool:
    """Whether a look finds this."""
    return bool(await looked == wanted)


async def counted(database: Database, count: int) -> bool:
    """Whether the last sign of life counts them all."""
    return (await last_sign(database))["events_in"] == count
