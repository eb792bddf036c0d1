"""What of a partition is read: committed records only, and no more at once than fits into memory.

Faust asks for committed records inside its own transactions only, and without that a record whose sender took it back
is read like any other. What is passed over (the markers of transactions, and what was taken back) takes offsets that no
record has; it is told to `PASSED`, so that nobody takes those for a loss.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from typing_extensions import override

Partition = tuple[str, int]


@dataclass
class Passed:
    """Offsets that hold no record for us. Told from the thread of the consumer, asked from that of the intake."""

    _told: deque[tuple[Partition, int, int]] = field(default_factory=deque)
    _ranges: defaultdict[Partition, dict[int, int]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def tell(self, partition: Partition, begin: int, end: int) -> None:
        """From `begin` up to, not including, `end` there is nothing to read."""
        self._told.append((partition, begin, end))

    def follow(self, partition: Partition, offset: int) -> int:
        """The first offset from here on at which a record may be; forgets what lies before."""
        while self._told:
            where, begin, end = self._told.popleft()
            ranges = self._ranges[where]
            ranges[begin] = max(end, ranges.get(begin, end))
        for begin, end in sorted(self._ranges[partition].items()):
            if begin <= offset < end:
                offset = end
        return offset

    def forget(self, partition: Partition, below: int) -> None:
        """What lies below a stored offset is not asked again."""
        ranges = self._ranges[partition]
        for begin in [begin for begin, end in ranges.items() if end <= below]:
            del ranges[begin]


@dataclass
class Room:
    """How much one poll may bring, over all partitions: unpacking takes time in which nothing else happens, and what is
    read stands in memory until it is stored. What does not fit is fetched again."""

    most: int = 32 * 1_048_576  # bytes; two thousand records of the usual size are less than two
    taken: int = 0
    # Of what is passed over for its size, as much as takes a tenth of a second; then others have their turn.
    most_passed: int = 16 * 1_048_576
    passed: int = 0

    @property
    def is_full(self) -> bool:
        """Whether no more is unpacked in this turn."""
        return self.taken > self.most or self.passed > self.most_passed

    def empty(self) -> None:
        """A new turn begins."""
        self.taken = self.passed = 0


PASSED: Final = Passed()
PAUSE: Final = object()  # stands between records: what follows is for the next poll
CREATE_FETCH_WAITER: Final = fetcher.Fetcher._create_fetch_waiter  # noqa: SLF001
ROOM: Final = Room()


class CommittedRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """What one fetch brought of one partition; ends early, between two batches, when the poll is full."""

    @override
    def _unpack_records(self) -> Iterator[Any]:
        self._records.is_for_reading = self._isolation_level == fetcher.READ_COMMITTED
        while self._records.has_next() and ROOM.taken <= ROOM.most:
            batch = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")  # fetched again
            if self._is_passed(batch):
                PASSED.tell(tuple(self._tp), batch.base_offset, batch.next_offset)
            else:
                yield from self._records_of(batch)
            self.next_fetch_offset = batch.next_offset

    def _is_passed(self, batch: Any) -> bool:
        """Whether it is the end of a transaction, or belongs to one that was taken back."""
        if self._isolation_level == fetcher.READ_COMMITTED and batch.producer_id is not None:
            self._consume_aborted_up_to(batch.base_offset)
            if batch.is_control_batch and self._contains_abort_marker(batch):
                self._aborted_producers.discard(batch.producer_id)
            if batch.is_transactional and batch.producer_id in self._aborted_producers:
                return True
        return bool(batch.is_control_batch)

    def _records_of(self, batch: Any) -> Iterator[Any]:
        take_unpacked = getattr(batch, "take_unpacked", int)  # an old format has none
        for record in batch:
            if record is None:
                ROOM.passed += take_unpacked()
                if ROOM.is_full:
                    yield PAUSE
                continue
            ROOM.taken += take_unpacked()
            if record.offset >= self.next_fetch_offset:  # the fetch may begin within a batch
                self.next_fetch_offset = record.offset + 1
                ROOM.taken += len(record.value or b"") + len(record.key or b"")
                yield self._consumer_record(self._tp, record)


class PartlyRead(fetcher.FetchResult):  # type: ignore[misc]
    """What one fetch brought of one partition, and how far it was handed out: it may stop within a batch."""

    _partition_records: Any

    @override
    def getall(self, max_records: int | None = None) -> list[Any]:
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        found: list[Any] = []
        for record in self._partition_records:
            if record is not PAUSE:
                found.append(record)
            if record is PAUSE or len(found) == max_records:
                break
        else:
            self._update_position()
            self._partition_records = None
            return found
        self._update_position()
        return found


def give_a_turn(waiting: Any) -> Any:
    """What a fetcher waits for that found nothing to hand out: the next fetch, or no more than a turn of others when it
    stopped within a batch."""
    future = CREATE_FETCH_WAITER(waiting)
    if ROOM.is_full:
        ROOM.empty()
        future.set_result(None)
    return future
