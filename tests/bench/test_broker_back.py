"""How long events stand still when a server is killed: the single broker, one of three, Postgres; ten kills each.

200 events a second, from the moment at which they are said to the moment at which another reader sees them in the
ledger. Run by `make bench`. Prints a table; KILLS sets the number, FLOW_BACK_BARS=1 makes the bars a test.
"""

import asyncio
import os
import signal
import statistics
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest

from infra.clock import SystemClock
from infra.embedded.folder import scratch
from infra.embedded.session import Servers, running
from infra.embedded.supervisor import LASTING
from infra.errors import Unavailable
from infra.kafka.producer import Outgoing, Producer
from infra.postgres.database import Database
from infra.settings import Kafka, Postgres, Settings, Vault, Web
from infra.settings import Run as Runs
from services.commands.connecting import connect, exercise_systems
from services.commands.setup import migrate_all
from tests.builders import REGION, a_record
from tests.facts import a_dose
from tests.faults.cluster import COPIES, Cluster, a_cluster
from tests.flow.processes import children

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]
KILLS = int(os.environ.get("KILLS", "10"))
TICK_SECONDS, EVENTS = 0.01, 2  # 200 a second
clock = SystemClock()


@dataclass
class Watched:
    """Who said what when, and how long it took until somebody else saw it."""

    bench: "Bench"
    waiting: deque[Outgoing] = field(default_factory=deque)
    said: dict[str, float] = field(default_factory=dict)
    delays: list[tuple[float, float]] = field(default_factory=list)
    seen: int = 0
    number: int = 0

    async def keep_saying(self) -> None:
        """By the clock, whether anybody takes it or not."""
        due = clock.monotonic()
        while True:
            for _ in range(EVENTS):
                self.number += 1
                record = a_record(a_dose(f"p{self.number}"), f"e{self.number}")
                headers = list(record.headers.items())
                value = record.value or b""
                self.waiting.append(Outgoing(record.system.topic, REGION.encode(), value, headers))
                self.said[f"e{self.number}"] = due
            due += TICK_SECONDS
            await asyncio.sleep(max(0.0, due - clock.monotonic()))

    async def keep_sending(self) -> None:
        """All that waits, in order, again and again until the broker has it."""
        while True:
            with suppress(Unavailable):
                async with Producer(self.bench.settings.kafka) as producer:
                    while True:
                        if batch := [*self.waiting][:500]:
                            await producer.send_all(batch)
                            for _ in batch:
                                self.waiting.popleft()
                        await asyncio.sleep(0.001)
            await asyncio.sleep(0.1)

    async def keep_looking(self) -> None:
        """As a page does: a transaction of its own, again and again."""
        while True:
            with suppress(Unavailable):
                await self.look()
            await asyncio.sleep(0.01)

    async def look(self) -> None:
        async with self.bench.reader.transaction() as tx:
            lines = await tx.fetch(
                "SELECT seq, id FROM ledger WHERE region = $1 AND seq > $2 ORDER BY seq",
                REGION,
                self.seen,
            )
        now = clock.monotonic()
        for line in lines:
            at = self.said.pop(line["id"])
            self.delays.append((at, now - at))
            self.seen = line["seq"]

    async def level(self, seconds: float = 60.0) -> None:
        """Until nothing that was said is older than a quarter of a second, for a second."""
        since = clock.monotonic()
        async with asyncio.timeout(seconds):
            while clock.monotonic() - since < 1.0:
                now = clock.monotonic()
                if any(now - at > 0.25 for at in self.said.values()):
                    since = now
                await asyncio.sleep(0.05)

    def longest(self, since: float) -> float:
        return max(delay for at, delay in self.delays if at >= since)


@dataclass
class Bench:
    """Servers, settings and what is watched."""

    servers: Servers
    broker: Cluster
    settings: Settings
    reader: Database
    watched: Watched = field(init=False)

    def __post_init__(self) -> None:
        self.watched = Watched(self)


@asynccontextmanager
async def a_bench(nodes: int) -> AsyncIterator[Bench]:
    """Two intakes behind so many brokers, everything flowing."""
    with scratch() as folder, scratch() as logs:
        async with running(folder, kafka=False) as servers, a_cluster(logs.data, nodes) as broker:
            settings = Settings(
                postgres=Postgres(url=servers.database_url(), passwords=folder.passwords),
                kafka=Kafka(bootstrap_servers=broker.bootstrap, replication=nodes),
                web=Web(session_key_file=folder.session_key),
                vault=Vault(master_key_file=folder.master_key),
                run=Runs(embedded=True),
            )
            await migrate_all(settings)
            await connect(settings, exercise_systems(REGION))
            reader = await Database.open(servers.postgres_dsn("acceptor"), size=1)
            bench = Bench(servers, broker, settings, reader)
            async with flowing(bench, logs.logs):
                yield bench
            await reader.close()


@asynccontextmanager
async def flowing(bench: Bench, folder: Path) -> AsyncIterator[None]:
    told = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **bench.servers.environment(),
        "KAFKA_BOOTSTRAP_SERVERS": bench.broker.bootstrap,
    }
    second = folder / "second"
    second.mkdir()
    watched = bench.watched
    ways = (watched.keep_saying, watched.keep_sending, watched.keep_looking)
    async with (
        children(told, folder, "intake"),
        children(told | {"PRIKPLOEG_SLOT": "1"}, second, "intake"),
    ):
        tasks = [asyncio.create_task(way()) for way in ways]
        try:
            await asyncio.sleep(3)
            await watched.level()
            yield
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ends), ends


async def measure(
    bench: Bench, kill: Callable[[int], Awaitable[float]]
) -> list[tuple[float, float]]:
    """Longest delay of any event and what the server itself needed, for each kill."""
    found = []
    for n in range(KILLS):
        await asyncio.sleep(
            LASTING
        )  # else the supervisor takes it for one that can not start, and waits longer
        begun = clock.monotonic()
        own = await kill(n)
        await bench.watched.level()
        found.append((bench.watched.longest(begun - 1.0), own))
        sys.stdout.write(f"  kill {n + 1}: {found[-1][0]:.2f} s (the server itself {own:.2f} s)\n")
    return found


def tell(what: str, delays: list[float], median: float, most: float) -> None:
    middle, worst = statistics.median(delays), max(delays)
    sys.stdout.write(
        f"{what}: {len(delays)} kills, longest delay of any event: median {middle:.2f} s,"
        f" max {worst:.2f} s (bars {median} and {most})\n"
    )
    if os.environ.get("FLOW_BACK_BARS"):
        assert middle <= median
        assert worst <= most


@pytest.mark.parametrize("nodes", [1, COPIES], ids=["the single broker", "one of three"])
async def test_flow_is_back_after_a_broker_was_killed(nodes: int):
    async with a_bench(nodes) as bench:

        async def kill(n: int) -> float:
            begun = clock.monotonic()
            node = 1 + n % nodes
            bench.broker.signal(node, signal.SIGKILL)
            await asyncio.sleep(
                3
            )  # longer than the session of a broker: before that nothing is known
            if nodes == COPIES:
                await bench.broker.until_whole()
            return clock.monotonic() - begun

        found = await measure(bench, kill)

    tell(f"broker, {nodes} node(s)", [delay for delay, _ in found], 5.0, 8.0)


async def test_flow_is_back_after_postgres_was_killed():
    async with a_bench(1) as bench:

        async def kill(_: int) -> float:
            """Returns the seconds until Postgres takes a connection again: its start and its recovery."""
            pid = bench.servers.supervisor.pid("postgres")
            assert pid is not None
            begun = clock.monotonic()
            os.kill(pid, signal.SIGKILL)
            while True:
                with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    found = await asyncpg.connect(bench.servers.postgres_dsn("owner"), timeout=2)
                    found.terminate()
                    return clock.monotonic() - begun
                await asyncio.sleep(0.01)

        found = await measure(bench, kill)

    tell("Postgres with its recovery", [delay for delay, _ in found], 99, 99)
    tell("Postgres without its recovery", [delay - own for delay, own in found], 3.0, 3.0)
