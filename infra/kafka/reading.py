"""Records that the client library can not read do not stop their partition.

Kafka says that the name of a header is text, and no broker looks: a careless client may write any bytes there.
The library then raises for the whole batch, at every fetch again, for ever. Here the batch is read once more
with such names as far as they are text; the record goes on and is judged like any other.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.legacy_records import LegacyRecordBatch
from aiokafka.record.memory_records import _MemoryRecordsPy
from typing_extensions import override

NEW_FORMAT = 2  # of record batches; older ones have no headers


def read_any_header_name() -> None:
    """Let every consumer of this process read its batches so; the library has no setting for it."""
    fetcher.MemoryRecords = PatientRecords


class PatientRecords(_MemoryRecordsPy):  # type: ignore[misc]
    """What one fetch brought of one partition, as batches that survive the name of a header."""

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
    """One batch, read by the fast reader, and once more by the patient one when that fails."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._fast = DefaultRecordBatch(raw)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fast, name)

    def __iter__(self) -> Iterator[Any]:
        read = 0
        try:
            for record in self._fast:
                yield record
                read += 1
        except UnicodeDecodeError:
            yield from islice(self._patiently(), read, None)

    def __next__(self) -> Any:
        return next(self._fast)

    def _patiently(self) -> Iterator[Any]:
        batch = _DefaultRecordBatchPy(self._raw)
        batch._maybe_uncompress()  # noqa: SLF001 - it would replace the buffer
        batch._buffer = Letters(batch._buffer)  # noqa: SLF001
        return iter(batch)


class Letters(bytearray):
    """Bytes whose parts are text as far as they can be."""

    @override
    def __getitem__(self, where: Any) -> Any:
        part = super().__getitem__(where)
        return Letters(part) if isinstance(where, slice) else part

    @override
    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return super().decode(encoding, "replace" if errors == "strict" else errors)
