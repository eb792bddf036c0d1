"""Unpacks the records of a batch, and never more of them than a bounded piece, whatever the batch claims.

A batch of 19 kB may unpack to 600 MB, and every library that unpacks it whole holds all of that before anybody can
look. Here each way of packing writes into a buffer of a fixed size: what fits is read, the rest was never in memory.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

import cramjam
from aiokafka.record.default_records import _DefaultRecordBatchPy as Format

# Sixteen times what a producer puts into a batch unless somebody configured more (1 MB, before packing).
MOST_UNPACKED: Final = 16 * 1_048_576
GZIP, SNAPPY, LZ4, ZSTD = (
    Format.CODEC_GZIP,
    Format.CODEC_SNAPPY,
    Format.CODEC_LZ4,
    Format.CODEC_ZSTD,
)
HEADER: Final[int] = Format.HEADER_STRUCT.size
ATTRIBUTES: Final[int] = Format.ATTRIBUTES_OFFSET
PACKING: Final[int] = Format.CODEC_MASK
GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
FULL: Final = "failed to write whole buffer"  # what the library says when there is more than fits
Into = Callable[[memoryview, bytearray], int]
XERIAL: Final = (
    b"\x82SNAPPY\x00"  # the framing of Java's snappy: 16 bytes, then blocks with their length
)


class Unreadable(Exception):
    """The batch is not what its header says, or packed in a way that nobody may use."""


class TooMuch(Exception):
    """A part that can only be unpacked whole says that it is larger than anybody holds."""


def packing_of(batch: bytes) -> int:
    """How the records of a batch are packed; 0 when they are not."""
    return int(struct.unpack_from(">h", batch, ATTRIBUTES)[0]) & PACKING


def unpack(batch: bytes, most: int = MOST_UNPACKED) -> tuple[bytes, bool]:
    """The batch with its records unpacked, and whether these are all; at most `most` bytes of them.

    Unreadable when they can not be unpacked at all. The checksum no longer fits: check it before.
    """
    attributes = struct.unpack_from(">h", batch, ATTRIBUTES)[0]
    packed = memoryview(batch)[HEADER:]
    try:
        records = unpack_records(attributes & PACKING, packed, most + 1)
    except TooMuch:
        return b"", False
    except (cramjam.DecompressionError, zlib.error, struct.error, ValueError, OSError) as error:
        raise Unreadable(type(error).__name__) from None
    plain = bytearray(batch[:HEADER])
    struct.pack_into(">h", plain, ATTRIBUTES, attributes & ~PACKING)
    return b"".join((plain, records[:most])), len(records) <= most


def unpack_records(packing: int, packed: memoryview, most: int) -> memoryview:
    """The first `most` bytes of what is packed."""
    if packing == GZIP:
        return unpack_gzip(packed, most)
    if packing == SNAPPY:
        return unpack_snappy(packed, most)
    if packing == LZ4:
        return fill(cramjam.lz4.decompress_into, packed, most)
    if packing == ZSTD:
        return fill(cramjam.zstd.decompress_into, packed, most)
    raise Unreadable("packing")


def unpack_gzip(packed: memoryview, most: int) -> memoryview:
    """Gzip may be several members one after the other."""
    found = bytearray()
    rest: bytes | memoryview = packed
    while len(rest) and len(found) < most:
        member = zlib.decompressobj(GZIP_OR_ZLIB)
        found += member.decompress(rest, most - len(found))
        if not member.eof and len(found) < most:
            raise Unreadable("gzip")
        rest = member.unused_data
    return memoryview(found)


def unpack_snappy(packed: memoryview, most: int) -> memoryview:
    """Block by block. Each says its size, and is asked before it is unpacked."""
    found = bytearray()
    for block in find_blocks(packed):
        found += unpack_block(block, most)
        if len(found) >= most:
            break
    return memoryview(found)[:most]


def find_blocks(packed: memoryview) -> Iterator[memoryview]:
    """The blocks of snappy: the only one as it is, or those of Java's library."""
    if bytes(packed[: len(XERIAL)]) != XERIAL:
        yield packed
        return
    at = 16
    while at < len(packed):
        if at + 4 > len(packed):
            raise Unreadable("snappy")
        (size,) = struct.unpack_from(">i", packed, at)
        if size < 0 or at + 4 + size > len(packed):
            raise Unreadable("snappy")
        yield packed[at + 4 : at + 4 + size]
        at += 4 + size


def unpack_block(block: memoryview, most: int) -> memoryview:
    """One block of snappy: whole, or TooMuch when it says that it is larger than `most`."""
    if cramjam.snappy.decompress_raw_len(block) > most:
        raise TooMuch
    return memoryview(cramjam.snappy.decompress_raw(block))


def fill(into: Into, packed: memoryview, most: int) -> memoryview:
    """What this function writes into a buffer of `most` bytes; it stops where the buffer ends."""
    room = bytearray(most)  # the system gives its pages when they are written
    try:
        size = into(packed, room)
    except cramjam.DecompressionError as error:
        if str(error) != FULL:
            raise
        size = most
    return memoryview(room)[:size]
