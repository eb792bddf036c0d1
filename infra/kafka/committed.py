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


PASSED: Final = Passed()
ROOM: Final = Room()


class CommittedRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """What one fetch brought of one partition; ends early, between two batches, when the poll is full."""

    @override
    def _unpack_records(self) -> Iterator[Any]:
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
            ROOM.taken += take_unpacked()
            if record.offset >= self.next_fetch_offset:  # the fetch may begin within a batch
                self.next_fetch_offset = record.offset + 1
                ROOM.taken += len(record.value or b"") + len(record.key or b"")
                yield self._consumer_record(self._tp, record)
