"""Faust's Kafka transport with some changes: fetches return soon, records travel in bundles, Postgres says where to begin,
only committed records are read, and only as many as fit into memory.

Faust waits 1.5 s, and a fetch asks all partitions that have nothing buffered: while the one busy partition
still has records, a fetch for the idle ones goes out and holds the connection for that long. With one region
(one key, so one busy partition for each topic) that was 1,270 records a second.

And faust spends some 120 microseconds on every message that it carries: queue, event, acknowledgement, sensors.
So what one fetch brought of one partition is made one message, whose offset is that of its last record.
Assignment, flow control, streams, `noack_take` and commits are faust's own still, a bundle at a time.
"""

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, cast

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP, ConsumerMessage
from typing_extensions import override

from infra.kafka.committed import ROOM

Begin = Callable[[Any], Awaitable[Mapping[TP, int]]]
FETCH_WAIT_MS = 20  # against faust's 1,500
MOST_RECORDS = 500  # in a bundle
MOST_HELD: Final = (
    64 * 1_048_576
)  # bytes that were read and are not stored yet; the next poll waits
FULL_SECONDS: Final = 0.02


@dataclass
class Held:
    """How many bytes of records wait in this process to be stored."""

    bytes: int = 0

    def count(self, bundle: "Bundle", size: int) -> Callable[[], object]:
        """Count a bundle until this is called, or until nobody has it any more."""
        self.bytes += size
        return weakref.finalize(bundle, self.give_back, size)

    def give_back(self, size: int) -> None:
        """These were stored, or dropped."""
        self.bytes -= size


HELD: Final = Held()


class Bundle(ConsumerMessage):
    """Consecutive records of one partition, as one message of faust's; acknowledged whole."""

    def __init__(self, tp: TP, records: Sequence[Any], generation: int) -> None:
        last = records[-1]
        super().__init__(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000,
            last.timestamp_type,
            None,
            b"",
            b"",
            None,
            tp=tp,
            generation_id=generation,
        )
        self.records = records
        size = sum(len(one.value or b"") + len(one.key or b"") for one in records)
        self.release = HELD.count(self, size)


class PromptThread(AIOKafkaConsumerThread):
    """Faust's consumer thread, whose fetches come back soon."""

    @override
    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Read when it starts; faust has no setting for it.
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        return consumer

    @override
    def highwater(self, tp: TP) -> int:
        """Where reading ends now: before the first transaction that is still open."""
        return cast("int", self._ensure_consumer().last_stable_offset(tp))

    def find_open_end(self, tp: TP) -> int:
        """Where the partition ends, open transactions included."""
        return cast("int", self._ensure_consumer().highwater(tp))


class PromptConsumer(Consumer):
    """A consumer on such a thread, that hands on bundles."""

    @override
    def _new_consumer_thread(self) -> Any:
        return PromptThread(self, loop=self.loop, beacon=self.beacon)

    @override
    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        if HELD.bytes > MOST_HELD:
            await asyncio.sleep(FULL_SECONDS)
            return {}
        ROOM.empty()
        found = await super()._getmany(active_partitions, timeout)
        return {tp: split_into_bundles(records) for tp, records in found.items()}

    @override
    def _to_message(self, tp: TP, record: Any) -> Bundle:
        return Bundle(tp, record, self.app.consumer_generation_id)

    @override
    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Nothing: between the last records of two bundles there is no gap, and real ones are found in `offsets`."""

    @override
    def _new_offset(self, tp: TP) -> int | None:
        """The offset after the newest bundle that was acknowledged: bundles are stored and acknowledged in order."""
        acked = self._acked[tp]
        if not acked:
            return None
        following: int = max(acked) + 1
        self._acked_index[tp].difference_update(acked)
        acked.clear()
        return following

    @override
    async def seek_to_committed(self) -> Any:
        """Seek to the offsets that Postgres has: those that the broker keeps for the group may be behind, ahead or gone.

        Faust asks for this after the partitions were assigned, and would undo a seek that was made then.
        """
        found = dict(await super().seek_to_committed())
        for tp, offset in (await cast("PromptTransport", self.transport).begin(self)).items():
            await self._seek(tp, offset)
            found[tp] = offset
        return found


class PromptTransport(Transport):
    """A transport of such consumers; `begin` gives the offsets of the partitions that were just assigned to one."""

    Consumer: ClassVar[Any] = PromptConsumer

    def __init__(self, url: Any, app: Any, begin: Begin) -> None:
        super().__init__(url, app)
        self.begin = begin


def split_into_bundles(records: Sequence[Any]) -> list[Sequence[Any]]:
    """The records in bundles of at most MOST_RECORDS."""
    return [records[begin : begin + MOST_RECORDS] for begin in range(0, len(records), MOST_RECORDS)]
