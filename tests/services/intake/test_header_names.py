"""A header whose name is no text, as a careless client may write it: no broker looks, and the client library raises."""

import asyncio
import os
import sys

import pytest
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from events.envelope import System
from infra.kafka.producer import Outgoing, Producer
from infra.kafka.reading import PatientRecords
from services.commands.connecting import connect
from tests.builders import REGION, a_record
from tests.facts import a_patient
from tests.flow.processes import children, environment, until
from tests.services.intake.a_system import a_practice_system

CARELESS = """
import asyncio, sys
from aiokafka import AIOKafkaProducer
class Bytes(str):
    def encode(self, *_): return b"\\xff\\xfe"
async def main():
    async with AIOKafkaProducer(bootstrap_servers=sys.argv[1]) as producer:
        await producer.send_and_wait(sys.argv[2], b"{}", key=b"GG2514", headers=[(Bytes("xx"), b"1")])
asyncio.run(main())
"""


class Bytes(str):
    """A name that is written as bytes that are no text."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


@pytest.mark.parametrize("compression", [0, 1], ids=["plain", "gzip"])
def test_a_batch_with_such_a_name_is_read_whole(compression: int):
    builder = _DefaultRecordBatchBuilderPy(2, compression, False, -1, -1, -1, 1 << 16)
    names = ["first", Bytes("xx"), "last"]
    for offset, name in enumerate(names):
        builder.append(offset, 0, b"key", b"value %d" % offset, [(name, b"x")])

    records = PatientRecords(bytes(builder.build()))
    read = list(records.next_batch())

    assert [record.offset for record in read] == [0, 1, 2]
    assert [record.value for record in read] == [b"value 0", b"value 1", b"value 2"]
    assert [record.headers[0][0] for record in read] == ["first", "\ufffd\ufffd", "last"]
    assert not records.has_next()


@pytest.mark.kafka
async def test_such_a_record_is_set_aside_and_what_follows_is_stored(fresh, kafka, tmp_path):
    settings = fresh.settings(kafka)
    system = a_practice_system(REGION)
    await connect(settings, [system])
    await send_patient(settings, system, "before")
    careless = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CARELESS, kafka.kafka_bootstrap, system.topic, env={**os.environ, "AIOKAFKA_NO_EXTENSIONS": "1"}
    )  # fmt: skip
    assert await careless.wait() == 0
    await send_patient(settings, system, "after")
    database = await fresh.open("acceptor")

    async def counts() -> tuple[int, int]:
        async with database.transaction() as tx:
            return (
                await tx.fetchval("SELECT count(*) FROM ledger"),
                await tx.fetchval("SELECT count(*) FROM quarantine"),
            )

    async def all_there() -> bool:
        return await counts() == (2, 1)

    async with children(environment(fresh, kafka), tmp_path, "intake"):
        await until(all_there)


async def send_patient(settings, system: System, name: str) -> None:
    record = a_record(a_patient(name), name, REGION, system)
    async with Producer(settings.kafka) as producer:
        await producer.send_all(
            [Outgoing(system.topic, REGION.encode(), record.value, list(record.headers.items()))]
        )
