"""Spoilt records on the topics of real systems, through one real intake process: nothing crashes, stalls or is lost."""

import json
import os
import sys
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import pytest

from events.envelope import Sender
from infra.kafka.producer import Outgoing, Producer
from infra.postgres.database import Database
from infra.settings import Kafka
from services.connecting import connect, exercise_systems
from tests.builders import REGION
from tests.events.mutations import BSN, CANARY, Mutant, mutants
from tests.flow.processes import children, environment, until

pytestmark = [pytest.mark.kafka, pytest.mark.flow, pytest.mark.timeout(3600)]
COUNT = int(os.environ.get("FUZZ_FLOW_COUNT", "1500"))
RUN = int(os.environ.get("FUZZ_SEED", "1"))
FOR_OURS = "in.operator.core.v1"  # what only we may say comes in by another's topic


def to_outgoing(made: Mutant) -> Outgoing:
    record = made.record
    topic = FOR_OURS if record.system.sender is Sender.SYSTEM else record.system.topic
    key: Any = record.key if made.kind == "key" else REGION.encode()
    value: Any = record.value
    return Outgoing(topic, key, value, list(record.headers.items()))


async def send(kafka: Kafka, count: int) -> None:
    """All mutants, some hundred at a time."""
    async with Producer(kafka) as producer:
        batch: list[Outgoing] = []
        for made in mutants(RUN, count):
            batch.append(to_outgoing(made))
            if len(batch) == 200:
                await producer.send_all(batch)
                batch = []
        await producer.send_all(batch)


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
    await connect(settings, exercise_systems(REGION))
    database = await fresh.open("acceptor")
    await send(settings.kafka, COUNT)

    began = perf_counter()
    async with children(environment(fresh, kafka), tmp_path, "intake") as running:
        await until(lambda: is_so(read(database), COUNT), 60 + COUNT / 50, every=0.2)
        seconds = perf_counter() - began
        assert running["intake"].is_running, running["intake"].said()
        await until(lambda: counted(database, COUNT), 30)
        log = running["intake"].log.read_text()
        told = await last_sign(database)
    found = await stored(database)
    aside = sum(found.aside.values())
    repeated = told["events_in"] - told["accepted"] - told["rejected"]
    with capsys.disabled():
        sys.stdout.write(
            f"\nfuzzed intake: seed {RUN}, {COUNT:,} records, {COUNT / seconds:,.0f}/s with the start of the "
            f"process; {found.kept:,} in the ledger, {repeated} repeated, {aside:,} set aside: {found.aside}\n"
        )

    assert (told["events_in"], told["accepted"], told["rejected"]) == (COUNT, found.kept, aside)
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
