"""Reading a topic without a group: for the simulator and for tools that follow what we say outward."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from infra.kafka.reaching import why
from infra.kafka.security import client_arguments

if TYPE_CHECKING:
    from infra.settings import Kafka


@asynccontextmanager
async def reading(
    kafka: "Kafka", topics: Sequence[str], *, from_start: bool = True
) -> "AsyncIterator[Any]":
    """An aiokafka consumer of all partitions, from the first or from the next record on."""
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
