"""From an event to a plan in `/status`: mixed events through Kafka, intake, the door, the planner and the pages.

Run by `make bench`. EVENTS sets how many; with SPEED_BARS=1 the bars become tests.
"""

import os
import statistics
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from services.demo.scenario import Scenario
from tests.bench.happenings import KINDS
from tests.bench.measuring import percentile, show
from tests.bench.replanning import Answered, a_world, load
from tests.conftest import Fresh

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(7200)]
EVENTS = int(os.environ.get("EVENTS", "108"))
FIRST_SECONDS, LAST_SECONDS = 1.0, 4.0
MOVED_STOPS = 8  # of those that the event did not hit, in 95 of 100 events; none in most


def to_row(name: str, found: Sequence[Answered]) -> tuple[str, str]:
    firsts, lasts = [one.first for one in found], [one.last for one in found]
    moved = [one.moved_stops for one in found]
    return name, (
        f"n {len(found):3d}  first {statistics.median(firsts):5.2f} {percentile(firsts, 0.95):5.2f}"
        f"  last {statistics.median(lasts):5.2f} {percentile(lasts, 0.95):5.2f}"
        f"  moved {statistics.median(moved):3.0f} {percentile(moved, 0.95):3d}"
        f"  other day {sum(one.moved_days for one in found):4d}  lost {sum(one.lost for one in found):4d}"
        f"  served {found[-1].served}"
    )


async def test_from_an_event_to_a_plan(fresh: Fresh, kafka, tmp_path: Path, capsys):
    scenario, random = Scenario(), Random(1)
    async with a_world(fresh, kafka, tmp_path, scenario) as world:
        await load(world, scenario, tmp_path)
        found = []
        for n in range(EVENTS):
            found.append(await world.happen(await KINDS[n % len(KINDS)](world, random)))
            with capsys.disabled():
                print(*to_row(*(found[-1].name, found[-1:])), flush=True)  # noqa: T201

    names = sorted({one.name for one in found})
    rows = [to_row(name, [one for one in found if one.name == name]) for name in names]
    show(
        capsys,
        "From an event to a plan in /status: seconds (median, 95 %), stops of others that moved (the same), people of"
        " others on another day, people of others without an appointment, people served at the end",
        [*rows, to_row("all", found)],
    )
    assert sum(one.lost for one in found) == 0
    if os.environ.get("SPEED_BARS"):
        assert percentile([one.first for one in found], 0.95) <= FIRST_SECONDS
        assert percentile([one.last for one in found], 0.95) <= LAST_SECONDS
        assert percentile([one.moved_stops for one in found], 0.95) <= MOVED_STOPS
