"""Senders compress as their client library likes; every way that Kafka knows is read."""

import pytest
from confluent_kafka import Producer as OtherProducer

from services.connecting import connect, exercise_systems
from tests.builders import REGION, a_record
from tests.facts import a_patient
from tests.flow.processes import children, environment, until

pytestmark = pytest.mark.kafka
TOPIC = "in.practice.his.v1"
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


async def test_records_are_stored_whatever_way_their_sender_compresses(fresh, kafka, tmp_path):
    await connect(fresh.settings(kafka), exercise_systems(REGION))
    for codec in CODECS:
        send(kafka.kafka_bootstrap, codec)
    database = await fresh.open("acceptor")

    async def all_there() -> bool:
        async with database.transaction() as tx:
            return await tx.fetchval("SELECT count(*) FROM ledger") == len(CODECS)

    async with children(environment(fresh, kafka), tmp_path, "intake"):
        await until(all_there)


def send(bootstrap: str, codec: str) -> None:
    """One patient by another client, in a batch that is compressed so."""
    record = a_record(a_patient(codec), codec)
    producer = OtherProducer({"bootstrap.servers": bootstrap, "compression.type": codec})
    producer.produce(TOPIC, record.value, REGION, headers=list(record.headers.items()))
    assert producer.flush(20) == 0
