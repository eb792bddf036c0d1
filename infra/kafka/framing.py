"""How many records of a batch are whole, by the lengths that stand in it.

The fast reader of the client library is written in C and trusts these lengths: spoilt ones took the whole process down.
A broker looks at them too and refuses such a batch; this is for one that does not, and for what was unpacked in part.
"""

from typing import Final

from aiokafka.record.util import decode_varint

BEYOND: Final = bytes(16)  # a length that begins at the end is read from here, and is then too long
SHORT: Final = 0x80  # a byte below it is a whole number of its own


def count_whole(records: bytes, at: int, most: int) -> tuple[int, int]:
    """How many records from here on are whole, at most so many, and where the first other byte is."""
    end = len(records)
    padded = records + BEYOND
    for number in range(most):
        after = find_end(padded, at, end)
        if after is None:
            return number, at
        at = after
    return most, at


def find_end(records: bytes, at: int, end: int) -> int | None:
    """Where the record that begins here ends; None when it does not, within `end` bytes."""
    try:
        length, at = read_size(records, at)
        last = at + length
        if length < 0 or last > end:
            return None
        _, at = decode_varint(records, at + 1)  # time, behind the attributes
        _, at = decode_varint(records, at)  # offset
        for _ in ("key", "value"):
            size, at = read_size(records, at)
            if size > 0 and (at := at + size) > last:
                return None
        at = skip_headers(records, at, last)
    except (IndexError, ValueError, OverflowError):
        return None
    return last if at == last else None


def skip_headers(records: bytes, at: int, last: int) -> int:
    """Where the headers end; ValueError beyond `last`."""
    headers, at = read_size(records, at)
    if not 0 <= headers <= last - at:
        raise ValueError("headers")
    for _ in range(headers):
        size, at = read_size(records, at)
        if size < 0:
            raise ValueError("headers")
        at += size
        size, at = read_size(records, at)
        at += max(size, 0)
        if at > last:
            raise ValueError("headers")
    return at


def read_size(records: bytes, at: int) -> tuple[int, int]:
    """A length, and where it ends; most take one byte."""
    byte = records[at]
    if byte < SHORT:
        return (byte >> 1) ^ -(byte & 1), at + 1
    size, at = decode_varint(records, at)
    return int(size), int(at)
