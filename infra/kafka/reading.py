"""Records that the client library can not read, or that unpack to more than anybody may send, stop no partition.

Kafka says that the name of a header is text, and no broker looks: a careless client may write any bytes there.
The library then raises for the whole batch, at every fetch again, for ever. Here the batch is read once more
with such names as far as they are text; the record goes on and is judged like any other.

The library also unpacks a batch whole, whatever that takes. Here it is unpacked into a bounded piece, or in pieces when
that is not enough; of a record that is too large only the beginning goes on, the records behind it are read, and what
nobody could read goes on as a record without a value, by its offset. So every offset of the topic is answered for, and
a bad record costs its own sender that record.
"""

import struct
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Any, Final

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import (
    DefaultRecordBatch,
    _DefaultRecordBatchPy,
    _DefaultRecordPy,
)
from aiokafka.record.legacy_records import LegacyRecordBatch
from aiokafka.record.memory_records import _MemoryRecordsPy
from typing_extensions import override

from events.envelope import Cut, Head
from events.errors import Refusal
from infra.kafka.committed import CommittedRecords, PartlyRead, give_a_turn
from infra.kafka.cutting import shorten
from infra.kafka.flowing import flow
from infra.kafka.framing import count_whole
from infra.kafka.passing import MOST_FLOWING, PASSED, Behind, Flow, Records
from infra.kafka.unpacking import HEADER, TooMuch, Unreadable, packing_of, unpack

COUNT_BYTES: Final = 4  # the last field of the header
NEW_FORMAT: Final = 2  # of record batches; older ones have no headers


def read_with_care() -> None:
    """Let every consumer of this process read its batches so; the library has no setting for it."""
    fetcher.MemoryRecords = PatientRecords
    fetcher.PartitionRecords = CommittedRecords
    fetcher.FetchResult = PartlyRead
    fetcher.Fetcher._create_fetch_waiter = give_a_turn  # noqa: SLF001


class PatientRecords(_MemoryRecordsPy):  # type: ignore[misc]
    """What one fetch brought of one partition, as batches that survive what is in them."""

    is_for_reading = True  # else somebody only looks where a record is, and when it was written

    @override
    def next_batch(self) -> Any:
        raw = self._next_slice
        if raw is None or len(raw) < self.MIN_SLICE:
            return super().next_batch()
        self._cache_next()
        magic = raw[self.MAGIC_OFFSET]
        if magic < NEW_FORMAT:
            return LegacyRecordBatch(bytes(raw), magic)
        return Batch(bytes(raw), is_for_reading=self.is_for_reading)


class Batch:
    """One batch, unpacked within bounds, read by the fast reader, and once more by the patient one when that fails."""

    def __init__(self, raw: bytes, *, is_for_reading: bool = True) -> None:
        self._raw = raw
        self._fast = DefaultRecordBatch(raw)
        self._is_for_reading = is_for_reading
        self._unpacked = 0

    def take_unpacked(self) -> int:
        """Bytes that were unpacked since this was asked last."""
        size, self._unpacked = self._unpacked, 0
        return size

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fast, name)

    def __iter__(self) -> Iterator[Any]:
        following, end = self._fast.base_offset, self._fast.next_offset
        try:
            for record in self._read():
                if record is PASSED:
                    yield PASSED
                    continue
                if not following <= record.offset < end:
                    raise CorruptRecordException("offsets that do not fit")
                yield record
                following = record.offset + 1
        except (CorruptRecordException, Unreadable):
            yield from self._unread(following, Head(b"", Cut(Refusal.UNREADABLE, "batch")))
        except TooMuch:
            yield from self._unread(following, Head(b"", Cut(Refusal.TOO_LARGE, "batch")))
        except Behind as behind:
            yield from self._unread(following, behind.head)

    def __next__(self) -> Any:
        return next(self._fast)

    def _read(self) -> Iterator[Any]:
        if packing_of(self._raw):
            plain, is_whole = unpack(self._raw)
            self._unpacked = len(plain)
            if not is_whole:
                del plain
                if not self._is_for_reading:
                    raise TooMuch
                yield from self._flow()
                return
            self._raw = plain
            self._fast = DefaultRecordBatch(plain)
        yield from map(shorten, self._read_plain())

    def _read_plain(self) -> Iterator[Any]:
        claimed = self._count_claimed()
        whole, end = count_whole(self._raw, HEADER, claimed)
        if whole < claimed or end < len(self._raw):
            yield from islice(iter(self._patient()), whole)
            raise CorruptRecordException("lengths that do not fit")
        read = 0
        try:
            for record in self._fast:
                yield record
                read += 1
        except UnicodeDecodeError:
            yield from islice(iter(self._patient()), read, None)

    def _patient(self) -> _DefaultRecordBatchPy:
        batch = _DefaultRecordBatchPy(self._raw)
        batch._buffer = Letters(batch._buffer)  # noqa: SLF001
        return batch

    def _flow(self) -> Iterator[Any]:
        """Too much to be held: record by record, without those that are too large."""
        pieces = flow(packing_of(self._raw), memoryview(self._raw)[HEADER:])
        with closing(pieces):
            flowing = Flow(pieces, MOST_FLOWING)
            for record in Records(self._fast, flowing).read(self._count_claimed()):
                self._unpacked += flowing.take_count()
                yield record

    def _count_claimed(self) -> int:
        return int(struct.unpack_from(">i", self._raw, HEADER - COUNT_BYTES)[0])

    def _unread(self, begin: int, first: Head) -> Iterator[Any]:
        """A record for each offset from the first one that could not be read, so that none is passed over."""
        for offset in range(begin, self._fast.next_offset):
            value = first if offset == begin else Head(b"", Cut(first.cut.reason, "batch"))
            yield _DefaultRecordPy(offset, self._fast.max_timestamp, 0, None, value, [])


class Letters(bytearray):
    """Bytes whose parts are text as far as they can be."""

    @override
    def __getitem__(self, where: Any) -> Any:
        part = super().__getitem__(where)
        return Letters(part) if isinstance(where, slice) else part

    @override
    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return super().decode(encoding, "replace" if errors == "strict" else errors)
