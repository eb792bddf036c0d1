"""Records that nobody has read are not deleted by the date that their sender gave them: on a real broker that deletes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from infra.embedded.folder import scratch
from infra.embedded.program import Child
from infra.kafka.topic_settings import use_append_time
from infra.kafka.topics import make_topics, wait_for_leaders
from infra.kafka.unread import date_first_unread, find_beginnings
from infra.settings import Kafka
from services.intake.ageing import list_old
from tests.flow.processes import until
from tests.infra.kafka.broker import a_topic
from tests.infra.kafka.node import a_cluster_id, format_node, free_ports, java, node_program, write

pytestmark = pytest.mark.kafka
DAYS = timedelta(days=60)
COUNT = 20
RETENTION_MS = str(14 * 86_400_000)


@pytest.fixture(scope="module")
async def eager() -> AsyncIterator[Kafka]:
    """A broker that looks every half second for what it may delete."""
    with scratch() as folder:
        place = Path(folder.data)
        clients, controller = free_ports(2)
        command, properties = java(place, tls=False), place / "server.properties"
        write(
            properties,
            {
                "log.dirs": str(place / "log"),
                "listeners": f"PLAINTEXT://127.0.0.1:{clients},CONTROLLER://127.0.0.1:{controller}",
                "advertised.listeners": f"PLAINTEXT://127.0.0.1:{clients}",
                "controller.quorum.voters": f"1@127.0.0.1:{controller}",
                "log.retention.check.interval.ms": "500",
                "log.initial.task.delay.ms": "500",
            },
        )
        format_node(command, properties, a_cluster_id())
        kafka = Kafka(bootstrap_servers=f"127.0.0.1:{clients}", partitions=1)

        async def is_ready(_: int) -> bool:
            admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
            try:
                await admin.start()
            except (KafkaError, OSError):
                return False
            finally:
                await admin.close()
            return True

        child = await Child.start(node_program("kafka", command, properties, is_ready))
        await child.until_ready()
        try:
            yield kafka
        finally:
            await child.stop()


async def as_made_before(kafka: Kafka, topic: str) -> None:
    """A topic whose records have the time of their sender, as this system made them until now."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    configs = {"retention.ms": RETENTION_MS, "retention.bytes": "-1", "segment.bytes": "2000000"}
    await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=configs)])
    await wait_for_leaders(admin, [topic])
    await admin.close()


async def send_dated(kafka: Kafka, topic: str, ago: timedelta) -> None:
    at = int((datetime.now(UTC) - ago).timestamp() * 1000)
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        for n in range(COUNT):
            await producer.send_and_wait(topic, b"%d" % n, timestamp_ms=at, partition=0)


async def begins(kafka: Kafka, topic: str) -> int:
    return (await find_beginnings(kafka, topic, [0]))[topic, 0]


async def test_what_an_old_topic_deletes_a_migrated_one_keeps(eager: Kafka):
    before, migrated, new = (a_topic("in.practice") for _ in range(3))
    await as_made_before(eager, before)
    await as_made_before(eager, migrated)
    await make_topics(eager, [new], [])

    found = await use_append_time(eager, [migrated, new, "in.practice.absent.v1"])
    for topic in (before, migrated, new):
        await send_dated(eager, topic, DAYS)

    async def is_gone() -> bool:
        return await begins(eager, before) == COUNT

    await until(is_gone, 30)
    await asyncio.sleep(2)
    assert [await begins(eager, topic) for topic in (migrated, new)] == [0, 0]
    assert {name: said.by_append_time for name, said in found.items()} == {migrated: True, new: True}  # fmt: skip


async def test_the_migration_leaves_every_other_setting_as_it_is(eager: Kafka):
    topic = a_topic("in.practice")
    await as_made_before(eager, topic)

    await use_append_time(eager, [topic])
    again = await use_append_time(eager, [topic])

    assert again[topic].by_append_time is True
    assert again[topic].retention == timedelta(milliseconds=int(RETENTION_MS))
    admin = AIOKafkaAdminClient(bootstrap_servers=eager.bootstrap_servers)
    await admin.start()
    (answer,) = await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, topic, {"segment.bytes": None})]
    )
    await admin.close()
    assert answer.resources[0][4][0][1] == "2000000"


async def test_the_oldest_unread_record_is_an_alarm_past_half_of_its_time(eager: Kafka):
    old, young, read = (a_topic("in.practice") for _ in range(3))
    for topic, ago in ((old, timedelta(days=8)), (young, timedelta(days=6)), (read, timedelta(days=8))):  # fmt: skip
        await as_made_before(eager, topic)
        await send_dated(eager, topic, ago)
    settings = await use_append_time(eager, [old, young, read])
    stored = {(old, 0): 5, (young, 0): 0, (read, 0): COUNT}

    found = await date_first_unread(eager, stored)
    alarms = list_old(found, settings, datetime.now(UTC))

    assert set(found) == {(old, 0), (young, 0)}
    (alarm,) = alarms
    assert (alarm["kind"], alarm["topic"], alarm["partition"]) == ("unread_for_long", old, 0)
    assert alarm["kept_seconds"] == 14 * 86_400
    assert 7.9 * 86_400 < alarm["seconds"] < 8.1 * 86_400
