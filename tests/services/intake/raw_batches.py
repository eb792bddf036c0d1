"""Batches as bytes, as a careless or hostile client may send them: our own client library makes only good ones."""

import asyncio
import hashlib
import struct
import zlib
from collections.abc import Sequence

import cramjam
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import _DefaultRecordBatchPy as Format
from aiokafka.record.util import calc_crc32c, encode_varint
from aiokafka.structs import TopicPartition

MEGABYTE = 1_000_000
NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
CODECS = {"gzip": GZIP, "snappy": SNAPPY, "lz4": LZ4, "zstd": ZSTD}
ONCE_MORE = 5
LZ4_HEADER, LZ4_END = 7, bytes(4)
XERIAL = b"\x82SNAPPY\x00" + struct.pack(">ii", 1, 1)


def varint(number: int) -> bytes:
    found = bytearray()
    encode_varint(number, found.append)
    return bytes(found)


def record(offset: int, key: bytes, value: bytes, length: int | None = None) -> bytes:
    """One record; with `length` only its beginning: so many bytes of value and an end must follow."""
    head = b"\x00" + varint(0) + varint(offset) + varint(len(key)) + key
    size = len(value) if length is None else length
    body = head + varint(size)
    whole = len(body) + size + 1  # no headers
    if length is None:
        return varint(whole) + body + value + b"\x00"
    return varint(whole) + body


def compress(codec: int, part: bytes) -> bytes:
    """One member, frame or block of this codec: several after each other are one stream."""
    if codec == GZIP:
        made = zlib.compressobj(9, zlib.DEFLATED, 31)
        return made.compress(part) + made.flush()
    if codec == SNAPPY:
        block = bytes(cramjam.snappy.compress_raw(part))
        return struct.pack(">i", len(block)) + block
    if codec == LZ4:
        made = cramjam.lz4.Compressor(level=9, content_checksum=False, block_linked=False)
        made.compress(part)
        return bytes(made.finish())
    return bytes(cramjam.zstd.compress(part)) if codec == ZSTD else part


def zeros(codec: int, megabytes: int) -> bytes:
    """So many megabytes of nothing, packed, without ever holding them."""
    return compress(codec, bytes(MEGABYTE)) * megabytes


def digest_of_zeros(size: int) -> bytes:
    made = hashlib.sha256()
    for _ in range(size // MEGABYTE):
        made.update(bytes(MEGABYTE))
    return made.digest()


def batch(codec: int, packed: bytes, count: int, *, base: int = 0, attributes: int = 0) -> bytes:
    """A batch of these packed records, with a checksum that fits."""
    body = (XERIAL if codec == SNAPPY else b"") + packed
    tail = struct.pack(
        ">hiqqqhii", codec | attributes, count - 1, 1_600_000_000_000, 1_600_000_000_000, -1, -1, -1, count
    )  # fmt: skip
    crc = calc_crc32c(tail + body)
    length = 4 + 1 + 4 + len(tail) + len(body)
    made = struct.pack(">qiibI", base, length, -1, 2, crc) + tail + body
    assert len(made) == Format.HEADER_STRUCT.size + len(body)
    return made


def bomb(codec: int, megabytes: int, before: Sequence[bytes] = (), after: Sequence[bytes] = ()) -> bytes:  # fmt: skip
    """A batch with one record of so many megabytes of zeros, and good ones (their values) before and after it."""
    parts = [record(n, b"GG2514", value) for n, value in enumerate(before)]
    head = record(len(before), b"GG2514", b"", length=megabytes * MEGABYTE)
    ends = [b"\x00"]
    ends += [record(len(before) + 1 + n, b"GG2514", value) for n, value in enumerate(after)]
    packed = [compress(codec, b"".join(parts) + head), zeros(codec, megabytes), compress(codec, b"".join(ends))]  # fmt: skip
    whole = as_one_frame(packed, megabytes) if codec == LZ4 else b"".join(packed)
    return batch(codec, whole, len(before) + 1 + len(after))


def as_one_frame(parts: list[bytes], megabytes: int) -> bytes:
    """Frames of lz4 as one: Java's library reads no second one. A frame is a header, blocks and an end."""
    head, middle, tail = parts
    one = middle[LZ4_HEADER : len(middle) // megabytes - len(LZ4_END)]
    return head[: -len(LZ4_END)] + one * megabytes + tail[LZ4_HEADER:]


async def send_raw(bootstrap: str, topic: str, made: bytes, partition: int = 0) -> None:
    """This batch as it is; the broker judges it as those of any client."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    await client.bootstrap()
    try:
        client.add_topic(topic)
        asked = ProduceRequest(None, -1, 30_000, [(topic, [(partition, made)])])
        for number in range(
            ONCE_MORE + 1
        ):  # a topic that was just made may not have its leader yet
            await client.force_metadata_update()
            leader = client.cluster.leader_for_partition(TopicPartition(topic, partition))
            answer = await client.send(leader, asked)
            ((_, ((_, code, *_),)),) = answer.topics
            if not code:
                return
            if number == ONCE_MORE or not for_code(code).retriable:
                raise for_code(code)
            await asyncio.sleep(0.5)
    finally:
        await client.close()
