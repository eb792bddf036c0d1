"""Unpacks a batch piece by piece, for what is too much to be held: no more of it is in memory than a piece.

gzip and snappy give pieces by themselves. The library for lz4 and zstd writes to a buffer or to a file and to nothing
else; so it writes into a pipe, from a thread, and waits there until the piece before was taken.
"""

import os
import threading
import zlib
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any, Final

import cramjam

from infra.kafka.unpacking import (
    GZIP,
    GZIP_OR_ZLIB,
    LZ4,
    SNAPPY,
    ZSTD,
    Unreadable,
    find_blocks,
    unpack_block,
)

Pieces = Generator[bytes | memoryview, None, None]
PIECE: Final = 262_144  # bytes
FEED: Final = 1_024  # packed bytes at a time: of gzip at most a megabyte comes out of them
# A block of snappy is unpacked whole. It swells 21 times at most, so this is one of three messages as a broker takes them.
MOST_OF_BLOCK: Final = 64 * 1_048_576


def flow(packing: int, packed: memoryview) -> Pieces:
    """What is packed, in order, in pieces. Unreadable where it can not be unpacked, TooMuch for too large a block."""
    if packing == GZIP:
        return flow_gzip(packed)
    if packing == SNAPPY:
        return flow_snappy(packed)
    if packing == LZ4:
        return flow_through_pipe(cramjam.lz4.decompress_into, packed)
    if packing == ZSTD:
        return flow_through_pipe(cramjam.zstd.decompress_into, packed)
    raise Unreadable("packing")


def flow_gzip(packed: memoryview) -> Pieces:
    """Gzip may be several members one after the other."""
    member, at, rest = zlib.decompressobj(GZIP_OR_ZLIB), 0, b""
    try:
        while rest or at < len(packed):
            if not rest:
                rest, at = bytes(packed[at : at + FEED]), at + FEED
            if member.eof:
                member = zlib.decompressobj(GZIP_OR_ZLIB)
            if piece := member.decompress(rest, PIECE):
                yield piece
            rest = member.unused_data if member.eof else member.unconsumed_tail
        while piece := member.decompress(b"", PIECE):
            yield piece
    except zlib.error as error:
        raise Unreadable(type(error).__name__) from None
    if not member.eof:
        raise Unreadable("gzip")


def flow_snappy(packed: memoryview) -> Pieces:
    """Block by block."""
    try:
        for block in find_blocks(packed):
            yield unpack_block(block, MOST_OF_BLOCK)
    except cramjam.DecompressionError as error:
        raise Unreadable(type(error).__name__) from None


def flow_through_pipe(into: Callable[[memoryview, Any], int], packed: memoryview) -> Pieces:  # fmt: skip
    """What this function writes, as far as anybody takes it."""
    reader, writer = os.pipe()
    errors: list[str] = []

    def write() -> None:
        out = None
        try:
            out = cramjam.File(f"/dev/fd/{writer}", read=False, write=True)
            os.close(writer)
            into(packed, out)
        except (cramjam.DecompressionError, ValueError, OSError) as error:
            errors.append(type(error).__name__)
            if out is None:
                with suppress(OSError):
                    os.close(writer)
        finally:
            del out  # closes it: else the end would never be read

    thread = threading.Thread(target=write, name="unpacking", daemon=True)
    thread.start()
    try:
        while piece := os.read(reader, PIECE):
            yield piece
    finally:
        os.close(reader)  # whoever still writes gets an error and ends
        thread.join()
    if errors:
        raise Unreadable(errors[0])
