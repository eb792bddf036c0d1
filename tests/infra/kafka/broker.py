"""Looking at topics in tests: what is on them, and names that no other test uses."""

import asyncio
from collections.abc import Sequence
from typing import Any

from infra.identity import new_id
from infra.kafka.consumer import reading
from infra.kafka.topics import end_offsets
from infra.settings import Kafka


def a_topic(stem: str) -> str:
    """A name that was never used."""
    return f"{stem}.{new_id().hex[:8]}.v1"


async def everything_on(kafka: Kafka, topics: Sequence[str]) -> list[Any]:
    """Every record of these topics up to now, in order per partition."""
    ends = {place: end for place, end in (await end_offsets(kafka, topics)).items() if end}
    found: list[Any] = []
    async with reading(kafka, topics) as consumer:
        async with asyncio.timeout(30):
            while ends:
                for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                    found += records
                    if records[-1].offset + 1 >= ends.get((tp.topic, tp.partition), 0):
                        ends.pop((tp.topic, tp.partition), None)
    return found
