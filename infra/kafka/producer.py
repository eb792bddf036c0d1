"""An idempotent producer: a send returns when every in-sync replica has the record, or raises."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from infra.errors import Unavailable
from infra.kafka.reaching import NOT_ALLOWED, unallowed, why
from infra.kafka.security import client_arguments

if TYPE_CHECKING:
    from infra.settings import Kafka

CLOSE_SECONDS = 5.0
SEND_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to send."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


class Producer:
    """A connection for sending; use with `async with`. Opened at start: the first send is not slower.

    Opening raises NotConfigured when a broker refuses us, Unavailable when none is there.
    """

    def __init__(self, kafka: "Kafka") -> None:
        self._kafka = kafka
        self._producer = AIOKafkaProducer(
            **client_arguments(kafka),
            enable_idempotence=True,
            acks="all",
            linger_ms=0,
            max_batch_size=262_144,
            request_timeout_ms=30_000,
            retry_backoff_ms=100,
        )

    async def __aenter__(self) -> Self:
        try:
            await self._producer.start()
        except (KafkaError, OSError) as error:
            await self._close()
            raise await why(self._kafka, error) from error
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._close()

    async def send(
        self, topic: str, key: bytes, value: bytes, headers: list[tuple[str, bytes]]
    ) -> None:
        """Sends one record and waits until it is safe. Raises Unavailable when that is not known."""
        await self.send_all([Outgoing(topic, key, value, headers)])

    async def send_all(self, records: Sequence[Outgoing]) -> None:
        """Sends records in order and waits for all. After an error some may have arrived; assume nothing.

        NotConfigured when we have no right on the topic.
        """
        try:
            async with asyncio.timeout(SEND_SECONDS):
                waits = [
                    await self._producer.send(r.topic, key=r.key, value=r.value, headers=r.headers)
                    for r in records
                ]
                await asyncio.gather(*waits)
        except NOT_ALLOWED as error:
            raise unallowed(self._kafka, error) from error
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable(f"Kafka: {type(error).__name__}") from error

    async def _close(self) -> None:
        """Closes the producer; a broker that is gone for good must not block that."""
        try:
            await asyncio.wait_for(self._producer.stop(), CLOSE_SECONDS)
        except (TimeoutError, KafkaError, OSError):
            return
