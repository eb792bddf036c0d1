"""Batches are unpacked into a bounded piece, whatever they claim, and every offset of theirs is answered for."""

import subprocess
import sys
import threading
from pathlib import Path
from time import process_time

import pytest

from events.cloudevents import MAX_BYTES
from events.envelope import Cut, Head
from events.errors import Refusal
from infra.embedded.folder import CHECKOUT
from infra.kafka import reading
from infra.kafka.cutting import HEAD_BYTES
from infra.kafka.reading import PatientRecords
from infra.kafka.unpacking import HEADER, MOST_UNPACKED
from tests.services.intake.raw_batches import (
    CODECS,
    MEGABYTE,
    XERIAL,
    ZSTD,
    batch,
    bomb,
    compress,
    digest_of_zeros,
    record,
    varint,
)

GOOD = [b'{"n": 1}', b'{"n": 2}']
# What snappy can unpack to is bounded by what a broker lets through at once.
SIZES = {"gzip": 600, "snappy": 18, "lz4": 200, "zstd": 600}

READ = """
import resource, sys
from infra.kafka.reading import PatientRecords
made = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read = [one for one in PatientRecords(made).next_batch() if one is not None]
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, len(read))
"""


def body_of(made: bytes, codec: str) -> bytes:
    """What is packed in this batch."""
    return made[HEADER + (len(XERIAL) if codec == "snappy" else 0) :]


def read_all(made: bytes) -> list[object]:
    return [one for one in PatientRecords(made).next_batch() if one is not None]


@pytest.mark.parametrize("codec", CODECS)
def test_a_record_that_unpacks_to_much_costs_little_memory(codec: str, tmp_path: Path):
    made = tmp_path / "batch"
    made.write_bytes(bomb(CODECS[codec], SIZES[codec]))

    done = subprocess.run(
        [sys.executable, "-c", READ, str(made)],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    more, count = map(int, done.stdout.split())
    assert count == 1
    assert more < 6 * MOST_UNPACKED / 1024


@pytest.mark.parametrize("codec", CODECS)
def test_of_a_batch_with_such_a_record_all_others_are_read_and_it_is_measured(codec: str):
    read = read_all(bomb(CODECS[codec], SIZES[codec], before=GOOD, after=GOOD))

    assert [one.offset for one in read] == [0, 1, 2, 3, 4]
    assert [one.value for one in (*read[:2], *read[3:])] == GOOD + GOOD
    assert [one.key for one in read] == [b"GG2514"] * 5
    found, size = read[2].value, SIZES[codec] * 1_000_000
    assert (bytes(found), found.cut) == (
        bytes(HEAD_BYTES), Cut(Refusal.TOO_LARGE, "value", size, digest_of_zeros(size))
    )  # fmt: skip


@pytest.mark.parametrize("codec", CODECS)
def test_good_records_are_read_whatever_they_take_together(codec: str):
    values = [bytes([n]) * (MAX_BYTES - n) for n in range(100)]
    packed = b"".join(
        compress(CODECS[codec], record(n, b"k", value)) for n, value in enumerate(values)
    )

    read = read_all(batch(CODECS[codec], packed, len(values)))

    assert [one.value for one in read] == values


@pytest.mark.parametrize(("part", "key", "name"), [("key", 30, b""), ("headers", 0, b"x" * 2**25)])
def test_a_key_or_headers_of_thirty_megabytes_are_the_loss_of_that_record(part, key, name):
    fields = varint(key * MEGABYTE) + bytes(key * MEGABYTE) + varint(-1)
    body = (
        b"\0" + varint(0) + varint(1) + fields + varint(1) + varint(len(name)) + name + varint(-1)
    )
    made = record(0, b"k", GOOD[0]) + varint(len(body)) + body + record(2, b"k", GOOD[1])

    read = read_all(batch(ZSTD, compress(ZSTD, made), 3))

    assert [one.value for one in (read[0], read[2])] == GOOD
    assert read[1].value.cut == Cut(Refusal.TOO_LARGE, part)


@pytest.mark.parametrize("codec", CODECS)
def test_behind_the_most_that_is_unpacked_each_offset_is_named(codec: str, monkeypatch):
    monkeypatch.setattr(reading, "MOST_FLOWING", 17 * MEGABYTE)

    read = read_all(bomb(CODECS[codec], 18, before=GOOD, after=GOOD))

    assert [one.value for one in read[:2]] == GOOD
    cuts = [one.value.cut for one in read[2:]]
    rest = Cut(Refusal.TOO_LARGE, "batch")
    assert cuts == [Cut(Refusal.TOO_LARGE, "value", 18 * MEGABYTE), rest, rest]
    assert [one.offset for one in read] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("codec", CODECS)
def test_what_breaks_off_far_inside_is_told_for_each_offset_from_there(codec: str):
    made = bomb(CODECS[codec], 18, before=GOOD, after=GOOD)

    read = read_all(batch(CODECS[codec], body_of(made, codec)[:-40], 5))

    assert [one.value for one in read[:2]] == GOOD
    assert [one.offset for one in read] == [0, 1, 2, 3, 4]
    assert read[-1].value.cut == Cut(Refusal.UNREADABLE, "batch")


def test_whoever_only_looks_where_a_record_is_does_not_unpack_for_seconds():
    records = PatientRecords(bomb(ZSTD, 600, before=GOOD, after=GOOD))
    records.is_for_reading = False
    began = process_time()

    read = list(records.next_batch())

    assert [one.offset for one in read] == [0, 1, 2, 3, 4]
    assert process_time() - began < 0.5


@pytest.mark.parametrize("codec", CODECS)
def test_a_batch_of_which_nobody_reads_the_rest_leaves_nothing_open(codec: str):
    before = len(list(Path("/dev/fd").iterdir())), threading.active_count()
    reader = iter(PatientRecords(bomb(CODECS[codec], 18, before=GOOD)).next_batch())

    assert next(reader).value == GOOD[0]
    reader.close()

    assert (len(list(Path("/dev/fd").iterdir())), threading.active_count()) == before


@pytest.mark.parametrize("codec", ["none", *CODECS])
def test_a_large_record_among_good_ones_is_cut_and_the_others_are_read(codec: str):
    kind = CODECS.get(codec, 0)
    values = [GOOD[0], b"x" * (MAX_BYTES + 1), GOOD[1]]
    packed = compress(kind, b"".join(record(n, b"k", value) for n, value in enumerate(values)))

    read = read_all(batch(kind, packed, 3))

    assert [read[0].value, read[2].value] == GOOD
    assert isinstance(read[1].value, Head)
    assert read[1].value.cut.length == MAX_BYTES + 1
    assert read[1].value.cut.digest is not None


@pytest.mark.parametrize("codec", CODECS)
def test_what_can_not_be_unpacked_is_told_for_each_offset(codec: str):
    packed = compress(CODECS[codec], record(0, b"k", GOOD[0]) + record(1, b"k", GOOD[1]))

    read = read_all(batch(CODECS[codec], packed[: len(packed) // 2], 2, base=40))

    assert [one.offset for one in read] == [40, 41]
    assert [one.value.cut for one in read] == [Cut(Refusal.UNREADABLE, "batch")] * 2


def test_a_packing_that_nobody_knows_is_told_too():
    read = read_all(batch(7, record(0, b"k", GOOD[0]), 1))

    assert [one.value.cut.reason for one in read] == [Refusal.UNREADABLE]


@pytest.mark.parametrize("codec", ["none", *CODECS])
def test_what_is_good_is_read_as_before(codec: str):
    kind = CODECS.get(codec, 0)
    packed = compress(kind, b"".join(record(n, b"k", value) for n, value in enumerate(GOOD)))

    read = read_all(batch(kind, packed, 2, base=7))

    assert [(one.offset, one.key, one.value) for one in read] == [(7, b"k", GOOD[0]), (8, b"k", GOOD[1])]  # fmt: skip
