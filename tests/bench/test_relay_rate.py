"""Events per second from the ledger to the outward topics, through one real relay process.

Run by `make bench`. Prints a table; asserts only that all of them left.
"""

import os
import sys
from pathlib import Path

import psutil
import pytest

from events.catalogue import OUTWARD_TOPICS
from infra.clock import SystemClock
from infra.kafka.topics import make_topics
from tests.flow.processes import environment, start, until
from tests.services.accept.looking import rows
from tests.services.relay.backlog import fill

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]
COUNT = 50_000


@pytest.mark.parametrize("regions", [1, 4])
async def test_a_backlog_leaves(kafka, fresh, tmp_path: Path, capsys, regions: int):
    await make_topics(fresh.settings(kafka).kafka, [], OUTWARD_TOPICS)
    await fill(fresh, COUNT, [f"GG{n:04}" for n in range(regions)])
    watcher = await fresh.open("relay", 1)
    clock = SystemClock()
    query = "SELECT coalesce(sum(seq), 0)::bigint FROM relay_positions"

    relay = await start("relay", environment(fresh, kafka), tmp_path)
    started = clock.monotonic()

    async def sent() -> int:
        found: int = (await rows(watcher, query))[0][0]
        return found

    await until(sent, every=0.01)
    first, begun = await sent(), clock.monotonic()

    async def is_done() -> bool:
        return await sent() == COUNT

    await until(is_done, 120, every=0.01)
    seconds = clock.monotonic() - begun
    memory = psutil.Process(relay.process.pid).memory_info().rss / 1024**2
    await relay.stop()

    with capsys.disabled():
        sys.stdout.write(
            f"\nrelay, {regions} region(s): {(COUNT - first) / seconds:,.0f} events/s; {COUNT:,} waiting are gone"
            f" {clock.monotonic() - started:.1f} s after the start; {memory:.0f} MB; load {os.getloadavg()[0]:.1f}\n"
        )
