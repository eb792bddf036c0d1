"""The next offset of each partition, and the offsets that were skipped. Pure: from offsets only.

The topics are not compacted, so a hole in the offsets is a loss unless the broker gave something there that is no record
for us: the markers of transactions, and what was taken back in one (`follow` says where that ends).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Partition = tuple[str, int]
Follow = Callable[[Partition, int], int]


@dataclass(frozen=True, slots=True)
class Skipped:
    """Offsets that should have come and did not: from `expected` up to, not including, `found`."""

    partition: Partition
    expected: int
    found: int


def stay(partition: Partition, offset: int) -> int:
    """Where nothing is passed over."""
    del partition
    return offset


def find_next_offsets(
    stored: Mapping[Partition, int],
    offsets: Iterable[tuple[str, int, int]],
    follow: Follow = stay,
) -> tuple[dict[Partition, int], list[Skipped]]:
    """The next offset of every partition of a batch, and every jump before or within it.

    Offsets below the stored one are records read again and prove nothing. A partition without a stored
    offset starts at its first record.
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
                expected = follow(partition, expected)
            if offset > expected:
                jumps.append(Skipped(partition, expected, offset))
            expected = max(expected, offset + 1)
        nexts[partition] = follow(partition, expected)
    return nexts, jumps
