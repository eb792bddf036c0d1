"""Reads the records of a batch that unpacks to more than is held: what is too large is measured and passed over.

Of a value that is too large its beginning, length and SHA-256 digest stay; the records behind it are read like any
other. Only what lies behind a gigabyte is given up, so that the time for a batch has a bound too.
"""

import hashlib
from collections.abc import Generator, Iterator
from typing import Any, Final

from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordPy

from events.cloudevents import MAX_BYTES
from events.envelope import Cut, Head
from events.errors import Refusal
from infra.kafka.cutting import HEAD_BYTES, MOST_HEADERS, MOST_KEY, shorten

# Unpacking and digesting takes 2 to 6 s for as much. gzip can not make more of the megabyte that a broker takes.
MOST_FLOWING: Final = 1_073_741_824
LONGEST_NUMBER: Final = 10  # bytes
Headers = list[tuple[str, bytes | None]]
PASSED: Final = None  # stands between records: others may have a turn


class Behind(Exception):
    """A batch that unpacks to more than anybody reads on for; `head` is the beginning of the record where that was seen."""

    def __init__(self, head: Head) -> None:
        super().__init__("batch")
        self.head = head


class Flow:
    """The unpacked bytes of a batch, taken in order."""

    def __init__(self, pieces: Iterator[bytes | memoryview], most: int) -> None:
        self._pieces = pieces
        self._piece: bytes | memoryview = b""
        self._at = 0
        self._left = most
        self._came = 0

    def take_count(self) -> int:
        """Bytes that came since this was asked last."""
        came, self._came = self._came, 0
        return came

    def is_at_end(self) -> bool:
        """Whether nothing follows."""
        while self._at >= len(self._piece):
            piece = next(self._pieces, None)
            if piece is None:
                return True
            if self._left <= 0:
                raise Behind(Head(b"", Cut(Refusal.TOO_LARGE, "batch")))
            self._piece, self._at = piece, 0
            self._left -= len(piece)
            self._came += len(piece)
        return False

    def some(self, most: int) -> bytes | memoryview:
        """The next bytes, at most so many and at least one. CorruptRecordException at the end."""
        if self.is_at_end():
            raise CorruptRecordException("lengths that do not fit")
        part = memoryview(self._piece)[self._at : self._at + most]
        self._at += len(part)
        return part

    def read(self, size: int) -> bytes:
        """So many bytes."""
        found = bytearray()
        while len(found) < size:
            found += self.some(size - len(found))
        return bytes(found)

    def number(self) -> tuple[int, int]:
        """A number in Kafka's form (zigzag, seven bits in each byte), and how many bytes it takes."""
        found = 0
        for place in range(LONGEST_NUMBER):
            byte = self.some(1)[0]
            found |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                return (found >> 1) ^ -(found & 1), place + 1
        raise CorruptRecordException("a number that does not end")


class Records:
    """The records of one batch, by what its header says of all of them."""

    def __init__(self, header: Any, flow: Flow) -> None:
        self._header = header
        self._flow = flow
        self._left = 0  # bytes of the record in hand

    def read(self, count: int) -> Iterator[Any]:
        """Each record, shortened where it must be, and PASSED behind each and behind each piece that is passed over.

        CorruptRecordException where lengths do not fit, Behind where there is too much.
        """
        for _ in range(count):
            yield from self._read_one()
            yield PASSED
        if not self._flow.is_at_end():
            raise CorruptRecordException("lengths that do not fit")

    def _read_one(self) -> Iterator[Any]:
        header = self._header
        self._left, _ = self._flow.number()
        self._take(1)  # attributes, which nobody uses
        since, delta = self._number(), self._number()
        key, key_cut = yield from self._read_part(MOST_KEY, MOST_KEY, "key")
        value, value_cut = yield from self._read_part(MAX_BYTES, HEAD_BYTES, "value")
        headers, headers_cut = yield from self._read_headers()
        cut = value_cut or key_cut or headers_cut
        if cut is not None:
            value = Head((value or b"")[:HEAD_BYTES], cut)
        made = _DefaultRecordPy(
            header.base_offset + delta,
            header.max_timestamp if header.timestamp_type else header.first_timestamp + since,
            header.timestamp_type,
            key or None,
            value,
            headers,
        )
        yield made if cut is not None else shorten(made)

    def _read_part(
        self, most: int, kept: int, name: str
    ) -> Generator[None, None, tuple[bytes | None, Cut | None]]:
        """Key or value: whole, or its beginning and why."""
        size = self._number()
        if size < 0:
            return None, None
        if size <= most:
            return self._take(size), None
        self._spend(size)
        head = self._flow.read(min(size, kept))
        digest = hashlib.sha256(head)
        try:
            yield from self._pass_over(size - len(head), digest)
        except Behind:
            cut = Cut(Refusal.TOO_LARGE, name, size if name == "value" else None)
            raise Behind(Head(head if name == "value" else b"", cut)) from None
        if name == "value":
            return head, Cut(Refusal.TOO_LARGE, name, size, digest.digest())
        return head, Cut(Refusal.TOO_LARGE, name)

    def _read_headers(self) -> Generator[None, None, tuple[Headers, Cut | None]]:
        """What is left of the record: its headers, or none and why."""
        if self._left > 2 * MOST_HEADERS:  # lengths stand between them
            left, self._left = self._left, 0
            yield from self._pass_over(left, hashlib.sha256())
            return [], Cut(Refusal.TOO_LARGE, "headers")
        found: Headers = []
        for _ in range(self._count()):
            name = self._take(self._number()).decode(errors="replace")
            size = self._number()
            found.append((name, None if size < 0 else self._take(size)))
        if self._left:
            raise CorruptRecordException("lengths that do not fit")
        return found, None

    def _pass_over(self, size: int, digest: Any) -> Iterator[None]:
        while size:
            part = self._flow.some(size)
            digest.update(part)
            size -= len(part)
            yield PASSED

    def _count(self) -> int:
        count = self._number()
        if not 0 <= count <= self._left:
            raise CorruptRecordException("lengths that do not fit")
        return count

    def _number(self) -> int:
        number, size = self._flow.number()
        self._spend(size)
        return number

    def _take(self, size: int) -> bytes:
        self._spend(size)
        return self._flow.read(size)

    def _spend(self, size: int) -> None:
        if not 0 <= size <= self._left:
            raise CorruptRecordException("lengths that do not fit")
        self._left -= size
