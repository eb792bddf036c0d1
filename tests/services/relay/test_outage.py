"""Kafka away under load: the relay holds little, ends when it must, and catches up in order without a gap."""

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from events.catalogue import OUTWARD_TOPICS
from infra.clock import SystemClock
from infra.embedded.session import Servers
from infra.kafka.topics import make_topics
from infra.postgres.database import Database
from tests.conftest import Fresh
from tests.flow.processes import Child, environment, start, until
from tests.infra.kafka.broker import everything_on
from tests.services.accept.looking import rows
from tests.services.relay.backlog import fill

pytestmark = pytest.mark.kafka
REGIONS = ("GG4441", "GG4442", "GG4443")
WAITING = 50_000
AWAY_SECONDS = 12.0
MORE_MEMORY_MB = 60.0


@contextmanager
def stopped(servers: Servers) -> Iterator[None]:
    """The broker does not answer: its process stands still, connections stay half-open."""
    pid = servers.supervisor.pid("kafka")
    assert pid is not None
    broker = psutil.Process(pid)
    broker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        broker.send_signal(signal.SIGCONT)


def memory(child: Child) -> float:
    return float(psutil.Process(child.process.pid).memory_info().rss / 1024**2)


async def lag(database: Database) -> int:
    found: int = (
        await rows(
            database,
            "SELECT coalesce(sum(s.n - coalesce(p.seq, 0)), 0)::bigint FROM region_seq s LEFT JOIN relay_positions p USING (region)",
        )
    )[0][0]
    return found


async def test_fifty_thousand_events_wait_out_an_outage_and_leave_in_order(
    fresh: Fresh, kafka: Servers, tmp_path: Path
):
    await make_topics(fresh.settings(kafka).kafka, [], OUTWARD_TOPICS)
    watcher, clock = await fresh.open("relay", 1), SystemClock()
    await fill(fresh, 300, REGIONS)
    relay = await start("relay", environment(fresh, kafka), tmp_path)

    async def is_done() -> bool:
        return await lag(watcher) == 0

    try:
        await until(is_done)
        before = memory(relay)
        with stopped(kafka):
            away = clock.monotonic() + AWAY_SECONDS
            for _ in range(10):
                await fill(fresh, WAITING // 10, REGIONS)
            await asyncio.sleep(max(0.0, away - clock.monotonic()))
            during, waiting = memory(relay), await lag(watcher)
            assert relay.is_running
        begun = clock.monotonic()
        await until(is_done, 60)
        seconds = clock.monotonic() - begun
        assert relay.is_running
    finally:
        await relay.stop()

    sent: dict[str, list[str]] = {region: [] for region in REGIONS}
    for record in await everything_on(fresh.settings(kafka).kafka, ["out.dose.v1"]):
        if (region := record.key.decode()) in sent:
            sent[region].append(json.loads(record.value)["id"])
    for region, ids in sent.items():
        written = await rows(
            watcher, "SELECT id FROM ledger WHERE region = $1 ORDER BY seq", region
        )
        assert list(dict.fromkeys(ids)) == [one for (one,) in written]
    assert waiting > WAITING // 2
    assert during - before < MORE_MEMORY_MB
    assert seconds < 40


async def test_without_a_broker_the_relay_ends_and_says_why(
    fresh: Fresh, kafka: Servers, tmp_path: Path
):
    settings = environment(fresh, kafka, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")

    relay = await start("relay", settings, tmp_path)
    code = await asyncio.wait_for(relay.process.wait(), 60)

    assert code == 70
    assert "Kafka" in relay.said()
