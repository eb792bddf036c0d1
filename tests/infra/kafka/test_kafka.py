import asyncio

import pytest

from infra.errors import NotConfigured, Unavailable
from infra.kafka.consumer import reading
from infra.kafka.producer import Outgoing, Producer
from infra.kafka.topics import end_offsets, make_topics
from infra.settings import Kafka
from tests.infra.kafka.broker import a_topic, everything_on

pytestmark = pytest.mark.kafka
NOWHERE = Kafka(bootstrap_servers="127.0.0.1:1")


@pytest.fixture
def settings(kafka) -> Kafka:
    return Kafka(bootstrap_servers=kafka.kafka_bootstrap, partitions=3)


async def test_topics_are_made_with_their_partitions_and_making_them_again_is_safe(settings):
    inward, outward = a_topic("in.x"), a_topic("out.x")

    made = await make_topics(settings, [inward], [outward])
    again = await make_topics(settings, [inward], [outward])

    assert made == again == sorted([inward, outward])
    assert sorted(await end_offsets(settings, [inward])) == [(inward, n) for n in range(3)]


async def test_two_that_make_a_topic_at_once_both_succeed(settings):
    topic = a_topic("in.x")

    await asyncio.gather(*(make_topics(settings, [topic], []) for _ in range(2)))

    assert len(await end_offsets(settings, [topic])) == 3


async def test_what_is_sent_can_be_read_in_order_per_key(settings):
    topic = a_topic("out.x")
    await make_topics(settings, [], [topic])
    sent = [
        Outgoing(topic, key, b"%d" % n, [("ce_id", b"%d" % n)])
        for n in range(50)
        for key in (b"GG0111", b"GG2514")
    ]

    async with Producer(settings) as producer:
        await producer.send_all(sent)

    records = await everything_on(settings, [topic])
    for key in (b"GG0111", b"GG2514"):
        values = [record.value for record in records if record.key == key]
        assert values == [b"%d" % n for n in range(50)]
    assert all(dict(record.headers)["ce_id"] == record.value for record in records)


async def test_one_key_stays_in_one_partition(settings):
    topic = a_topic("out.x")
    await make_topics(settings, [], [topic])

    async with Producer(settings) as producer:
        for n in range(5):
            await producer.send(topic, b"GG2514", b"%d" % n, [])

    assert len({record.partition for record in await everything_on(settings, [topic])}) == 1


async def test_the_ends_are_the_next_offsets(settings):
    topic = a_topic("out.x")
    await make_topics(settings, [], [topic])

    async with Producer(settings) as producer:
        await producer.send_all([Outgoing(topic, b"k", b"v", []) for _ in range(7)])

    assert sum((await end_offsets(settings, [topic])).values()) == 7


async def test_who_reads_from_now_on_does_not_see_what_was(settings):
    topic = a_topic("out.x")
    await make_topics(settings, [], [topic])
    async with Producer(settings) as producer:
        await producer.send(topic, b"k", b"old", [])

        async with reading(settings, [topic], from_start=False) as consumer:
            for partition in consumer.assignment():
                await consumer.position(partition)
            await producer.send(topic, b"k", b"new", [])
            record = await asyncio.wait_for(consumer.getone(), 20)

    assert record.value == b"new"


async def test_without_a_broker_each_says_that_kafka_is_away():
    with pytest.raises(Unavailable, match="Kafka"):
        await make_topics(NOWHERE, ["in.x.v1"], [])
    with pytest.raises(Unavailable, match="Kafka"):
        await end_offsets(NOWHERE, ["in.x.v1"])
    with pytest.raises(Unavailable, match="Kafka"):
        async with Producer(NOWHERE):
            pass


async def test_a_record_that_the_broker_refuses_is_told(settings):
    topic = a_topic("out.x")
    await make_topics(settings, [], [topic])

    async with Producer(settings) as producer:
        with pytest.raises(Unavailable, match="MessageSizeTooLarge"):
            await producer.send(topic, b"k", b"x" * 2_000_000, [])


async def test_more_copies_than_brokers_are_refused_at_once(settings):
    wanted = settings.model_copy(update={"replication": 3})

    with pytest.raises(NotConfigured, match="InvalidReplicationFactor"):
        await make_topics(wanted, [a_topic("in.x")], [])
