"""How often more residents, opening hours, doses or shifts serve less, and how much: 500 problems at equal work.

Run by `make bench`; `PROBLEMS=50` takes fewer, `FIRST=20000` other ones.
"""

import os
import sys
from collections import defaultdict

import pytest

from tests.scheduling.more import losses

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_more_is_never_less_served_beyond_the_noise_of_the_search():
    count, first = int(os.environ.get("PROBLEMS", "500")), int(os.environ.get("FIRST", "0"))
    lost: dict[str, list[float]] = defaultdict(list)
    for seed in range(first, first + count):
        for kind, loss in losses(seed).items():
            if loss:
                lost[kind].append(loss)
    for kind, found in sorted(lost.items()):
        sys.stdout.write(
            f"more {kind}: {len(found)} of {count} lose, {100 * max(found):.1f} % at most\n"
        )

    assert sum(map(len, lost.values())) <= max(1, 0.001 * 4 * count)
    assert max((loss for found in lost.values() for loss in found), default=0) <= 0.02
