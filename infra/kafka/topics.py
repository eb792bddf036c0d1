"""Creates topics with their partitions and retention; brokers create none by themselves."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from infra.errors import NotConfigured, Unavailable
from infra.kafka.reaching import NOT_ALLOWED, unallowed, why
from infra.kafka.security import client_arguments
from infra.kafka.topic_settings import APPEND_TIME

if TYPE_CHECKING:
    from infra.settings import Kafka

DAY_MS = 86_400_000
INWARD = {
    "retention.ms": str(14 * DAY_MS),
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
    **APPEND_TIME,
}
OUTWARD = {"retention.ms": str(30 * DAY_MS), "retention.bytes": "-1", "cleanup.policy": "delete"}


async def make_topics(kafka: "Kafka", inward: Sequence[str], outward: Sequence[str]) -> list[str]:
    """Creates missing topics and waits for their leaders. Returns the names of all, sorted.

    NotConfigured when the broker refuses one: rights, or more copies than it has brokers.
    """
    wanted: Mapping[str, dict[str, str]] = {
        **dict.fromkeys(inward, INWARD),
        **dict.fromkeys(outward, OUTWARD),
    }
    admin = AIOKafkaAdminClient(**client_arguments(kafka))
    try:
        await admin.start()
        there = set(await admin.list_topics())
        missing = [
            NewTopic(name, kafka.partitions, kafka.replication, topic_configs=config)
            for name, config in sorted(wanted.items())
            if name not in there
        ]
        if missing:
            check_made(kafka, (await admin.create_topics(missing)).topic_errors)
        await wait_for_leaders(admin, sorted(wanted))
    except (KafkaError, OSError) as error:
        raise await why(kafka, error) from error
    finally:
        await admin.close()
    return sorted(wanted)


def check_made(kafka: "Kafka", answers: Sequence[tuple[str, int, str | None]]) -> None:
    """Raises for the first topic that the broker did not create; one that somebody else just created is fine."""
    for name, code, *_ in answers:
        error = for_code(code)
        if error in NOT_ALLOWED:
            raise unallowed(kafka, error(name))
        if error not in (NoError, TopicAlreadyExistsError):
            raise NotConfigured(f"Kafka: topic {name} was not made: {error.__name__}")


async def wait_for_leaders(admin: AIOKafkaAdminClient, names: Sequence[str]) -> None:
    """`create_topics` answers before the election: ask until every partition has a leader."""
    for _ in range(100):
        found = await admin.describe_topics(list(names))
        partitions = [part for topic in found for part in topic.get("partitions", [])]
        if (
            len(found) == len(names)
            and partitions
            and all(part["leader"] >= 0 for part in partitions)
        ):
            return
        await asyncio.sleep(0.1)
    raise Unavailable("Kafka: no leader for every partition within 10 s")


async def end_offsets(kafka: "Kafka", topics: Sequence[str]) -> dict[tuple[str, int], int]:
    """The next offset of every partition of these topics; Unavailable when the broker is away."""
    consumer = AIOKafkaConsumer(**client_arguments(kafka), group_id=None, enable_auto_commit=False)
    try:
        await consumer.start()
        parts = [
            TopicPartition(topic, part) for topic in topics for part in range(kafka.partitions)
        ]
        found = await consumer.end_offsets(parts)
        return {(tp.topic, tp.partition): offset for tp, offset in found.items()}
    except (KafkaError, OSError) as error:
        raise await why(kafka, error) from error
    finally:
        await consumer.stop()
