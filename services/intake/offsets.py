"""Where each partition stands, and whether records were skipped: pure, from offsets only.

The topics are neither compacted nor transactional, so their offsets have no holes of their own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Partition = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Skipped:
    """Offsets that should have come and did not: from `expected` up to, not including, `found`."""

    partition: Partition
    expected: int
    found: int


def find_next_offsets(
    stored: Mapping[Partition, int], offsets: Iterable[tuple[str, int, int]]
) -> tuple[dict[Partition, int], list[Skipped]]:
    """The next offset of every partition of a batch, and every jump in it, also within the batch.

    Offsets below the stored position are repeats and prove nothing. A partition without a stored
    position starts at its first record.
    """
    seen: dict[Partition, set[int]] = defaultdict(set)
    for topic, part, offset in offsets:
        seen[topic, part].add(offset)
    nexts: dict[Partition, int] = {}
    jumps: list[Skipped] = []
    for partition, found in sorted(seen.items()):
        expected = stored.get(partition, min(found))
        for offset in sorted(found):
            if offset > expected:
                jumps.append(Skipped(partition, expected, offset))
            expected = max(expected, offset + 1)
        nexts[partition] = expected
    return nexts, jumps
