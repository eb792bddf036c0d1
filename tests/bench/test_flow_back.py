"""How long events stand still when a process is killed: ten kills each, 200 events a second, the embedded supervisor.

Run by `make bench`. Prints a table; KILLS sets the number, FLOW_BACK_BARS=1 makes the bars a test.
"""

import asyncio
import itertools
import json
import os
import signal
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2
import psutil
import pytest

from infra.clock import SystemClock
from infra.embedded.processes import process_program
from infra.embedded.session import Servers
from infra.embedded.supervisor import Supervisor
from infra.kafka.consumer import reading
from infra.kafka.producer import Outgoing, Producer
from infra.postgres.database import Database, Who
from infra.settings import read_secret
from infra.tokens import mint
from services.commands.connecting import connect, exercise_systems
from tests.builders import REGION, a_record
from tests.conftest import Fresh
from tests.facts import a_dose, a_patient, uid
from tests.flow.processes import a_free_port, until

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]
KILLS = int(os.environ.get("KILLS", "10"))
RATE = 100  # events a second to Kafka, and as many over HTTP
MEDIAN_SECONDS, LONGEST_SECONDS = 2.5, 5.0
EVERYBODY = ("intake", "web", "relay", "planner", "courier")
CLOCK = SystemClock()


@dataclass
class Watched:
    """When each event was said, and how long until somebody else saw it."""

    sent: dict[str, float] = field(default_factory=dict)
    delays: list[tuple[float, float]] = field(default_factory=list)  # when it was said, delay

    def said(self, name: str) -> None:
        self.sent[name] = CLOCK.monotonic()

    def seen(self, name: str) -> None:
        if (at := self.sent.pop(name, None)) is not None:
            self.delays.append((at, CLOCK.monotonic() - at))

    def longest(self, since: float) -> float:
        """Of the events said since then."""
        return max((delay for at, delay in self.delays if at >= since), default=0.0)

    def is_level(self, since: float) -> bool:
        """True when all that was said until a moment after `since` has been seen."""
        now = CLOCK.monotonic()
        return now - since > 1.0 and all(now - at < 0.25 for at in self.sent.values())


@dataclass
class World:
    """The processes under load, and what is watched of each."""

    database: Database
    supervisor: Supervisor
    run: str  # in every id: the broker keeps what other tests said
    ledger: Watched = field(default_factory=Watched)
    answers: Watched = field(default_factory=Watched)
    outward: Watched = field(default_factory=Watched)

    async def pid_beating(self, name: str) -> int:
        async with self.database.transaction() as tx:
            return int(
                await tx.fetchval(
                    "SELECT coalesce(max(pid), 0) FROM heartbeats WHERE process = $1", name
                )
            )

    def watched(self, name: str) -> Watched | None:
        return {"intake": self.ledger, "web": self.answers, "relay": self.outward}.get(name)


async def say_to_kafka(world: World, producer: Producer) -> None:
    """Doses of one region, evenly in time; their delay counts from the broker's answer."""
    for n in itertools.count():
        name = f"{world.run}-kafka-{n}"
        record = a_record(a_dose(name, visit_id=uid("v")), name, REGION)
        assert record.value is not None
        headers = list(record.headers.items())
        await producer.send_all(
            [Outgoing(record.system.topic, REGION.encode(), record.value, headers)]
        )
        world.ledger.said(name)
        world.outward.said(name)
        await asyncio.sleep(1 / RATE)


async def say_over_http(world: World, client: httpx2.AsyncClient) -> None:
    """Registrations, each asked again until it is answered; their delay counts all tries."""
    async with asyncio.TaskGroup() as asking:
        for n in itertools.count():
            asking.create_task(say_one(world, client, f"{world.run}-http-{n}"))
            await asyncio.sleep(1 / RATE)


async def say_one(world: World, client: httpx2.AsyncClient, name: str) -> None:
    source = f"urn:nld:prikploeg:practice:{uid('practice')}:web"
    record = a_record(a_patient(name), name, REGION)
    whole = json.loads(record.value or b"") | {"source": source}
    world.answers.said(name)
    while True:
        with suppress(httpx2.HTTPError):
            answer = await client.post("/api/v1/events", content=json.dumps(whole))
            if answer.status_code == 202:
                world.answers.seen(name)
                return
            assert answer.status_code >= 500, answer.text
        await asyncio.sleep(0.05)


async def watch_ledger(world: World) -> None:
    last = 0
    while True:
        async with world.database.transaction() as tx:
            rows = await tx.fetch(
                "SELECT seq, id FROM ledger WHERE region = $1 AND seq > $2 ORDER BY seq",
                REGION,
                last,
            )
        for row in rows:
            last = row["seq"]
            world.ledger.seen(row["id"])
        await asyncio.sleep(0.02)


async def watch_outward(world: World, kafka: Any) -> None:
    async with reading(kafka, ["out.dose.v1"]) as consumer:
        async for message in consumer:
            world.outward.seen(json.loads(message.value)["id"])


@asynccontextmanager
async def a_world(fresh: Fresh, kafka: Servers) -> AsyncIterator[World]:
    """All processes under load, everything ended afterwards."""
    settings = fresh.settings(kafka)
    await connect(settings, exercise_systems(REGION))
    port = a_free_port()
    own = {
        **fresh.servers.environment(),
        "DATABASE_URL": fresh.servers.database_url(fresh.name),
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap,
        "WEB_PORT": str(port),
        "PLANNER_SECONDS": "1",
    }
    who = Who("practice", REGION, uid("practice"), "bench")
    token = mint(read_secret(fresh.servers.folder.session_key).encode(), who)
    headers = {
        "authorization": f"Bearer {token}",
        "content-type": "application/cloudevents+json",
    }
    async with AsyncExitStack() as stack:
        supervisor = await stack.enter_async_context(Supervisor(lambda _: None))
        world = World(await fresh.open("acceptor"), supervisor, fresh.name)
        for name in EVERYBODY:
            await supervisor.start(process_program(name, kafka, own))
        producer = await stack.enter_async_context(Producer(settings.kafka))
        client = await stack.enter_async_context(
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=2)
        )

        async def all_beat() -> bool:
            beating = [await world.pid_beating(name) == supervisor.pid(name) for name in EVERYBODY]
            return all(beating)

        await until(all_beat, 60)
        tasks = [
            asyncio.create_task(say_to_kafka(world, producer)),
            asyncio.create_task(say_over_http(world, client)),
            asyncio.create_task(watch_ledger(world)),
            asyncio.create_task(watch_outward(world, settings.kafka)),
        ]
        await asyncio.sleep(3)
        try:
            yield world
            assert [task for task in tasks if task.done()] == []
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def kill_and_measure(world: World, name: str) -> float:
    """Seconds until events flow again: the longest delay of any, or until the next sign of life."""
    pid = world.supervisor.pid(name)
    assert pid is not None
    began = CLOCK.monotonic()
    os.kill(pid, signal.SIGKILL)

    async def beats_anew() -> bool:
        return await world.pid_beating(name) not in (0, pid)

    await until(beats_anew, 60, 0.02)
    beat_after = CLOCK.monotonic() - began
    watched = world.watched(name)
    if watched is None:
        return beat_after

    async def flows() -> bool:
        return watched.is_level(began)

    await until(flows, 30)
    return watched.longest(began - 1.0)


@pytest.mark.parametrize("name", EVERYBODY)
async def test_events_flow_again_after_a_kill(fresh, kafka, capsys, name: str):
    async with a_world(fresh, kafka) as world:
        found = []
        for _ in range(KILLS):
            found.append(await kill_and_measure(world, name))
            await asyncio.sleep(2.5)
        lost = [name for name, at in world.ledger.sent.items() if CLOCK.monotonic() - at > 3]

    median, longest = statistics.median(found), max(found)
    load = psutil.getloadavg()[0]
    with capsys.disabled():
        each = " ".join(f"{one:.2f}" for one in found)
        sys.stdout.write(
            f"\n{name}: median {median:.2f} s, longest {longest:.2f} s of {KILLS} kills [{each}], load {load:.1f}\n"
        )
    assert lost == [], (kafka.folder.logs / "intake.log").read_text()[-6000:]
    if os.environ.get("FLOW_BACK_BARS"):
        assert median <= MEDIAN_SECONDS
        assert longest <= LONGEST_SECONDS
