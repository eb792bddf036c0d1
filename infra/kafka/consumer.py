"""Reads topics without a consumer group: for the simulator and for tools that follow the outward topics."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from infra.kafka.reaching import why
from infra.kafka.security import client_arguments

if TYPE_CHECKING:
    from infra.settings import Kafka


WITHIN_SECONDS = 5.0


@asynccontextmanager
async def reading(
    kafka: "Kafka", topics: Sequence[str], *, from_start: bool = True
) -> "AsyncIterator[Any]":
    """Opens an aiokafka consumer of all partitions, from the first record or from the next one on."""
    consumer = AIOKafkaConsumer(
        *topics,
        **client_arguments(kafka),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest" if from_start else "latest",
    )
    try:
        await consumer.start()
        yield consumer
    except KafkaError as error:
        raise await why(kafka, error) from error
    finally:
        await consumer.stop()


async def first_offset_from(kafka: "Kafka", topic: str, partition: int, offset: int) -> int | None:
    """The offset of the first record at or after `offset` that the broker still has; None when it does not answer soon.

    Asks with a client of its own, so that it tells what the broker has and not what another client skipped.
    """
    place = TopicPartition(topic, partition)
    consumer = AIOKafkaConsumer(
        **client_arguments(kafka), group_id=None, enable_auto_commit=False, auto_offset_reset="none"
    )
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            await consumer.start()
            consumer.assign([place])
            consumer.seek(place, offset)
            found: int = (await consumer.getone(place)).offset
    except (KafkaError, OSError, TimeoutError):
        return None
    else:
        return found
    finally:
        await consumer.stop()
