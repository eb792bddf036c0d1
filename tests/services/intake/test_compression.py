"""Senders compress as their client library likes; every way that Kafka knows is read."""

import pytest
from confluent_kafka import Producer as OtherProducer

from events.envelope import System
from services.commands.connecting import connect
from tests.builders import REGION, a_record
from tests.facts import a_patient
from tests.flow.processes import children, environment, until
from tests.services.intake.a_system import a_practice_system

pytestmark = pytest.mark.kafka
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


async def test_records_are_stored_whatever_way_their_sender_compresses(fresh, kafka, tmp_path):
    system = a_practice_system(REGION)
    await connect(fresh.settings(kafka), [system])
    for codec in CODECS:
        send(kafka.kafka_bootstrap, system, codec)
    database = await fresh.open("acceptor")

    async def all_there() -> bool:
        async with database.transaction() as tx:
            return await tx.fetchval("SELECT count(*) FROM ledger") == len(CODECS)

    async with children(environment(fresh, kafka), tmp_path, "intake"):
        await until(all_there)


def send(bootstrap: str, system: System, codec: str) -> None:
    """One patient by another client, in a batch that is compressed so."""
    record = a_record(a_patient(codec), codec, REGION, system)
    producer = OtherProducer({"bootstrap.servers": bootstrap, "compression.type": codec})
    producer.produce(system.topic, record.value, REGION, headers=list(record.headers.items()))
    assert producer.flush(20) == 0
