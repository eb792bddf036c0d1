"""Batches are unpacked into a bounded piece, whatever they claim, and every offset of theirs is answered for."""

import subprocess
import sys
from pathlib import Path

import pytest

from events.cloudevents import MAX_BYTES
from events.envelope import Cut, Head
from events.errors import Refusal
from infra.embedded.folder import CHECKOUT
from infra.kafka.reading import HEAD_BYTES, PatientRecords
from infra.kafka.unpacking import MOST_UNPACKED
from tests.services.intake.raw_batches import CODECS, batch, bomb, compress, record

GOOD = [b'{"n": 1}', b'{"n": 2}']
# What snappy can unpack to is bounded by what a broker lets through at once.
SIZES = {"gzip": 600, "snappy": 18, "lz4": 200, "zstd": 600}

READ = """
import resource, sys
from infra.kafka.reading import PatientRecords
made = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read = list(PatientRecords(made).next_batch())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, len(read))
"""


def read_all(made: bytes) -> list[object]:
    return list(PatientRecords(made).next_batch())


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
def test_of_a_batch_with_such_a_record_what_comes_before_is_read_and_the_rest_is_named(codec: str):
    read = read_all(bomb(CODECS[codec], SIZES[codec], before=GOOD, after=GOOD))

    assert [one.offset for one in read] == [0, 1, 2, 3, 4]
    assert [one.value for one in read[:2]] == GOOD
    found = read[2].value
    assert (bytes(found), found.cut) == (
        bytes(HEAD_BYTES), Cut(Refusal.TOO_LARGE, "value", SIZES[codec] * 1_000_000)
    )  # fmt: skip
    assert [one.value.cut for one in read[3:]] == [Cut(Refusal.TOO_LARGE, "batch")] * 2


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
