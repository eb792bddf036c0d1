"""Events per second from Kafka into ledger and state, through one real intake process, beside two limits.

Run by `make bench`. The limits: a bare librdkafka consumer that parses nothing, and COPY of the same rows.
Asserts only that nothing was lost, unless SPEED_BARS=1.
"""

import asyncio
import os
import statistics
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from infra.embedded.session import Servers
from services.commands.connecting import connect, exercise_systems
from tests.bench.measuring import (
    CLOCK,
    REGION,
    Spent,
    copy_rate,
    postgres_pid,
    registration,
    said,
    show,
)
from tests.conftest import Fresh
from tests.flow.processes import environment, start
from tests.services.accept.looking import rows

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]
COUNT = int(os.environ.get("COUNT", "100000"))
TOPIC = "in.practice.his.v1"
SOURCE = "urn:nld:prikploeg:practice:bench"


def produce(bootstrap: str, values: list[bytes]) -> None:
    producer = Producer(
        {"bootstrap.servers": bootstrap, "linger.ms": 20, "queue.buffering.max.messages": 1_000_000}
    )
    headers = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
    for value in values:
        producer.produce(TOPIC, value, REGION.encode(), headers=headers)
        producer.poll(0)
    assert producer.flush(60) == 0


def bare_consumer_rate(bootstrap: str, partitions: int) -> float:
    """Records a second that librdkafka reads of the topic, 1,000 at a time, without looking into them."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "bare", "enable.auto.commit": False}
    )
    consumer.assign([TopicPartition(TOPIC, part, 0) for part in range(partitions)])
    count, began = 0, 0.0
    while count < COUNT:
        got = consumer.consume(1000, 10.0)
        if not began:
            began, count = CLOCK.monotonic(), -len(got)
        count += len(got)
        if count + 1000 >= COUNT:
            break
    rate = count / (CLOCK.monotonic() - began)
    consumer.close()
    return rate


async def until_stored(fresh: Fresh) -> tuple[float, float]:
    """Rate of what was stored between the first look that saw something and the last, and the seconds."""
    database = await fresh.open("acceptor", 1)
    first, stored = None, 0
    while stored < COUNT:
        ((stored,),) = await rows(database, "SELECT coalesce(sum(n), 0)::bigint FROM region_seq")
        if stored and first is None:
            first = (CLOCK.monotonic(), stored)
        await asyncio.sleep(0.02)
    assert first is not None
    seconds = CLOCK.monotonic() - first[0]
    return (COUNT - first[1]) / seconds, seconds


async def test_registrations_through_one_intake_process(
    kafka: Servers, fresh: Fresh, tmp_path: Path, capsys
):
    settings = fresh.settings(kafka)
    await connect(settings, exercise_systems(REGION))
    events = [registration(n, SOURCE) for n in range(COUNT)]
    await asyncio.to_thread(produce, kafka.kafka_bootstrap, [said(event) for event in events])

    bare = statistics.median(
        [
            await asyncio.to_thread(
                bare_consumer_rate, kafka.kafka_bootstrap, settings.kafka.partitions
            )
            for _ in range(3)
        ]
    )
    copied = statistics.median([await copy_rate(fresh, events[:50_000]) for _ in range(3)])
    child = await start("intake", environment(fresh, kafka), tmp_path)
    try:
        await asyncio.sleep(0)
        own, base = Spent(child.process.pid), Spent(postgres_pid(fresh))
        rate, seconds = await until_stored(fresh)
        spent, postgres = own.microseconds(COUNT), base.microseconds(COUNT)
        memory = psutil.Process(child.process.pid).memory_info().rss / 1024**2
    finally:
        await child.stop()

    show(
        capsys,
        f"Kafka to ledger and state, one intake process, {COUNT:,} registrations",
        [
            ("intake", f"{rate:,.0f} events/s over {seconds:.1f} s; {memory:.0f} MB"),
            ("processor time", f"intake {spent:.0f} us an event (with its start), Postgres {postgres:.0f} us"),
            ("bare librdkafka", f"{bare:,.0f} records/s: intake is {rate / bare:.1%} of it"),
            ("COPY", f"{copied:,.0f} rows/s: intake is {rate / copied:.1%} of it"),
        ],
    )  # fmt: skip
    looker = await fresh.open("acceptor", 1)
    assert await rows(looker, "SELECT count(*) FROM registrations") == [(COUNT,)]
    if os.environ.get("SPEED_BARS"):
        assert rate >= 8_000
        assert rate / copied >= 0.035
