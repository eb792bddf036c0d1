"""Faust's Kafka transport with a shorter wait of a fetch that finds nothing.

Faust waits 1.5 s, and a fetch asks all partitions that have nothing buffered: while the one busy partition
still has records, a fetch for the idle ones goes out and holds the connection for that long. With one region
(one key, so one busy partition for each topic) that was 1,270 records a second.
"""

from typing import Any, ClassVar

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from typing_extensions import override

FETCH_WAIT_MS = 20


class PromptThread(AIOKafkaConsumerThread):
    """Faust's consumer thread, whose fetches come back soon."""

    @override
    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Read when it starts; faust has no setting for it.
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001
        return consumer


class PromptConsumer(Consumer):
    """A consumer on such a thread."""

    @override
    def _new_consumer_thread(self) -> Any:
        return PromptThread(self, loop=self.loop, beacon=self.beacon)


class PromptTransport(Transport):
    """A transport of such consumers."""

    Consumer: ClassVar[Any] = PromptConsumer
