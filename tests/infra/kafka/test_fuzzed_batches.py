"""Batches of every packing, spoilt and swollen: read in bounded memory, and every offset is answered for."""

import os
import resource

import pytest

from events.cloudevents import MAX_BYTES
from events.envelope import Head
from infra.kafka.reading import PatientRecords
from infra.kafka.unpacking import MOST_UNPACKED
from tests.effort import either
from tests.services.intake.packed import generate

COUNT = min(int(os.environ.get("FUZZ_COUNT", either(short="200", long="2000"))) // 20 + 100, 20_000)
RUN = int(os.environ.get("FUZZ_SEED", "1"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_whatever_is_packed_every_offset_is_answered_for_in_bounded_memory():
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kinds = set()
    for one in generate(RUN, COUNT):
        read = [found for found in PatientRecords(one.made).next_batch() if found is not None]

        assert [record.offset for record in read] == list(range(one.count)), one.kind
        for record in read:
            assert len(record.value or b"") <= MAX_BYTES, one.kind
            kinds.add(record.value.cut.reason if isinstance(record.value, Head) else "read")

    assert kinds == {"read", "too_large", "unreadable"}
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - kilobytes
    assert more < 10 * MOST_UNPACKED / 1024
