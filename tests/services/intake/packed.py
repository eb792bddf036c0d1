"""Batches that unpack to much, or not at all, at random: for `make fuzz`."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from events.cloudevents import MAX_BYTES
from tests.services.intake.raw_batches import CODECS, MEGABYTE, batch, bomb, compress, record

MOST_MEGABYTES = {"gzip": 600, "snappy": 18, "lz4": 200, "zstd": 600}  # a broker takes a megabyte


@dataclass(frozen=True)
class Packed:
    """A batch and how many offsets it takes."""

    kind: str
    made: bytes
    count: int


def small(random: Random) -> list[bytes]:
    """Values that are read, whatever they say."""
    return [random.randbytes(random.randrange(200)) for _ in range(random.randrange(4))]


def a_bomb(random: Random, codec: str) -> Packed:
    """One record of zeros, up to the most that a broker lets through, with small ones around it."""
    before, after = small(random), small(random)
    size = max(1, round(MOST_MEGABYTES[codec] ** random.random()))
    made = bomb(CODECS[codec], size, before, after)
    return Packed(f"{codec}: {size} MB", made, len(before) + 1 + len(after))


def a_large_one(random: Random, codec: str) -> Packed:
    """A record around the largest size among small ones."""
    values = [*small(random), bytes(MAX_BYTES + random.randrange(-3, 4)), *small(random)]
    return packed(f"{codec}: large", codec, values)


def many(random: Random, codec: str) -> Packed:
    """Many records of nothing."""
    return packed(f"{codec}: many", codec, [b""] * random.randrange(1, 60))


def spoilt(random: Random, codec: str) -> Packed:
    """One byte of what is packed is another, or its end is missing; the checksum fits."""
    values = [*small(random), b"x" * random.randrange(1, MEGABYTE // 4)]
    body = bytearray(inside(codec, values))
    if random.random() < 0.5:
        body[random.randrange(len(body))] ^= 1 << random.randrange(8)
    else:
        del body[random.randrange(len(body)) :]
    return Packed(f"{codec}: spoilt", batch(CODECS[codec], bytes(body), len(values)), len(values))


def another(random: Random, codec: str) -> Packed:
    """Packed in another way than the header says, or twice."""
    values = small(random) or [b"x"]
    other = random.choice(list(CODECS))
    body = compress(CODECS[codec], inside(other, values))
    return Packed(f"{codec}: {other} inside", batch(CODECS[codec], body, len(values)), len(values))


def inside(codec: str, values: list[bytes]) -> bytes:
    """These values as records, packed."""
    return compress(
        CODECS[codec], b"".join(record(n, b"GG2514", value) for n, value in enumerate(values))
    )


def packed(kind: str, codec: str, values: list[bytes]) -> Packed:
    """A batch of these values."""
    return Packed(kind, batch(CODECS[codec], inside(codec, values), len(values)), len(values))


KINDS = (a_bomb, a_large_one, many, spoilt, another)


def generate(run: int, count: int) -> Iterator[Packed]:
    """So many batches of this run, of every kind and codec."""
    random = Random(f"packed {run}")
    for number in range(count):
        codec = list(CODECS)[number % len(CODECS)]
        yield random.choice(KINDS)(random, codec)
