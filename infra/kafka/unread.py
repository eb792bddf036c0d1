"""When the first record of a partition that nobody has read was written, by the time that the broker deletes by."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from infra.errors import Unavailable
from infra.kafka.security import client_arguments

if TYPE_CHECKING:
    from infra.settings import Kafka

WITHIN_SECONDS = 10.0
FETCH_BYTES = 16_384  # a broker always gives the first batch whole
Partition = tuple[str, int]


async def date_first_unread(
    kafka: "Kafka", offsets: Mapping[Partition, int]
) -> dict[Partition, datetime]:
    """The times of the first records at or after these offsets, where there is one. Unavailable without an answer."""
    places = {TopicPartition(*partition): offset for partition, offset in offsets.items()}
    consumer = AIOKafkaConsumer(
        **client_arguments(kafka),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    found: dict[Partition, datetime] = {}
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            await consumer.start()
            ends = await consumer.end_offsets(list(places))
            waiting = {tp for tp, offset in places.items() if ends[tp] > offset}
            consumer.assign(sorted(waiting))
            for tp in waiting:
                consumer.seek(tp, places[tp])
            while waiting:
                got = await consumer.getmany(timeout_ms=500, max_records=len(waiting))
                for tp, records in got.items():
                    found.setdefault(tuple(tp), to_moment(records[0].timestamp))
                if not got:
                    break  # markers only: nothing that could be lost
                waiting -= got.keys()
                consumer.pause(*got)
    except OffsetOutOfRangeError:
        return found
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable(f"Kafka: {type(error).__name__}") from error
    finally:
        await consumer.stop()
    return found


def to_moment(milliseconds: int) -> datetime:
    """A time of Kafka."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


async def find_beginnings(kafka: "Kafka", topic: str, parts: list[int]) -> dict[Partition, int]:
    """The first offset that the broker still has of each partition. Unavailable when no broker answers."""
    consumer = AIOKafkaConsumer(**client_arguments(kafka), group_id=None, enable_auto_commit=False)
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            await consumer.start()
            found = await consumer.beginning_offsets(
                [TopicPartition(topic, part) for part in parts]
            )
            return {tuple(tp): offset for tp, offset in found.items()}
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable(f"Kafka: {type(error).__name__}") from error
    finally:
        await consumer.stop()
