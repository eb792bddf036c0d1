"""Records that the client library can not read, or that unpack to more than anybody may send, stop no partition.

Kafka says that the name of a header is text, and no broker looks: a careless client may write any bytes there.
The library then raises for the whole batch, at every fetch again, for ever. Here the batch is read once more
with such names as far as they are text; the record goes on and is judged like any other.

The library also unpacks a batch whole, whatever that takes. Here it is unpacked into a bounded piece; of a record that
is too large only the beginning goes on, and what nobody could read goes on as a record without a value, by its offset.
So every offset of the topic is answered for, and a bad batch costs its own sender only.
"""

import hashlib
import struct
from collections.abc import Iterator
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
from aiokafka.record.util import decode_varint
from typing_extensions import override

from events.cloudevents import MAX_BYTES
from events.envelope import Cut, Head
from events.errors import Refusal
from infra.kafka.committed import CommittedRecords
from infra.kafka.framing import count_whole
from infra.kafka.unpacking import HEADER, MOST_UNPACKED, Unreadable, packing_of, unpack

COUNT_BYTES: Final = 4  # the last field of the header
NEW_FORMAT: Final = 2  # of record batches; older ones have no headers
HEAD_BYTES: Final = 4_096  # enough to see what it was
MOST_KEY, MOST_HEADERS = 4_096, 65_536  # bytes; attributes of a CloudEvent are some hundred in all


def read_with_care() -> None:
    """Let every consumer of this process read its batches so; the library has no setting for it."""
    fetcher.MemoryRecords = PatientRecords
    fetcher.PartitionRecords = CommittedRecords


class PatientRecords(_MemoryRecordsPy):  # type: ignore[misc]
    """What one fetch brought of one partition, as batches that survive what is in them."""

    @override
    def next_batch(self) -> Any:
        raw = self._next_slice
        if raw is None or len(raw) < self.MIN_SLICE:
            return super().next_batch()
        self._cache_next()
        magic = raw[self.MAGIC_OFFSET]
        if magic < NEW_FORMAT:
            return LegacyRecordBatch(bytes(raw), magic)
        return Batch(bytes(raw))


class Batch:
    """One batch, unpacked within bounds, read by the fast reader, and once more by the patient one when that fails."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._fast = DefaultRecordBatch(raw)
        self._is_whole = True
        self._unpacked = 0

    def take_unpacked(self) -> int:
        """Bytes that were unpacked since this was asked last."""
        size, self._unpacked = self._unpacked, 0
        return size

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fast, name)

    def __iter__(self) -> Iterator[Any]:
        following, end = self._fast.base_offset, self._fast.next_offset
        read = 0
        try:
            for record in self._read():
                if not following <= record.offset < end:
                    raise CorruptRecordException("offsets that do not fit")
                yield shorten(record)
                following, read = record.offset + 1, read + 1
        except (CorruptRecordException, Unreadable):
            yield from self._unread(read, following)

    def __next__(self) -> Any:
        return next(self._fast)

    def _read(self) -> Iterator[Any]:
        if packing_of(self._raw):
            self._raw, self._is_whole = unpack(self._raw)
            self._fast = DefaultRecordBatch(self._raw)
            self._unpacked = len(self._raw)
        claimed = struct.unpack_from(">i", self._raw, HEADER - COUNT_BYTES)[0]
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

    def _unread(self, read: int, begin: int) -> Iterator[Any]:
        """A record for each offset from the first one that could not be read, so that none is passed over."""
        end = self._fast.next_offset
        reason = Refusal.UNREADABLE if self._is_whole else Refusal.TOO_LARGE
        first = Head(b"", Cut(reason, "batch")) if self._is_whole else self._head_after(read)
        for offset in range(begin, end):
            value = first if offset == begin else Head(b"", Cut(reason, "batch"))
            yield _DefaultRecordPy(offset, self._fast.max_timestamp, 0, None, value, [])

    def _head_after(self, read: int) -> Head:
        """The beginning of the value of the first record that was not unpacked to its end, and its length."""
        at = HEADER
        try:
            for _ in range(read):
                length, at = decode_varint(self._raw, at)
                at += length
            return read_head(self._raw, at)
        except (IndexError, ValueError):
            return Head(b"", Cut(Refusal.TOO_LARGE, "batch"))


class Letters(bytearray):
    """Bytes whose parts are text as far as they can be."""

    @override
    def __getitem__(self, where: Any) -> Any:
        part = super().__getitem__(where)
        return Letters(part) if isinstance(where, slice) else part

    @override
    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return super().decode(encoding, "replace" if errors == "strict" else errors)


def read_head(records: bytes, at: int) -> Head:
    """The beginning of the value of the record that begins here, and how long the whole value is."""
    for _ in range(4):  # length, attributes, time, offset
        _, at = decode_varint(records, at)
    key, at = decode_varint(records, at)
    at += max(0, key)
    length, at = decode_varint(records, at)
    part = "value" if at + length >= MOST_UNPACKED else "batch"
    return Head(
        bytes(records[at : at + min(length, HEAD_BYTES)]), Cut(Refusal.TOO_LARGE, part, length)
    )


def shorten(record: Any) -> Any:
    """The record; of one that is too large the beginning of its value, with its length and digest."""
    value, key, headers = record.value or b"", record.key or b"", record.headers
    if len(value) > MAX_BYTES:
        part = "value"
    elif len(key) > MOST_KEY:
        part = "key"
    elif sum(len(name) + len(said or b"") for name, said in headers) > MOST_HEADERS:
        part = "headers"
    else:
        return record
    cut = Cut(Refusal.TOO_LARGE, part, len(value), hashlib.sha256(value).digest())
    head = Head(value[:HEAD_BYTES], cut)
    kept = [] if part == "headers" else list(headers)
    return _DefaultRecordPy(
        record.offset, record.timestamp, record.timestamp_type, key[:MOST_KEY] or None, head, kept
    )
