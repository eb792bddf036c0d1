"""The last release is replaced while events flow, goes back, and is replaced again; accepting waits while the state is made anew.

The order is that of docs/decisions/0009 and 0019: migrate (expand, and rebuild with our fold), the new processes beside
the old ones, then the old ones end. From `migrate` on the old ones accept nothing more: over Kafka the records wait, over
HTTP the sender is told. Back: the state is handed back, the old ones beside the new, then the new ones end; the relay
of 0.1.0 can not pass by events that it does not know, so the relay alone stays.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from events.catalogue import CATALOGUE, OUTWARD_TOPICS
from events.envelope import Sender, System
from infra.clock import set_campaign_clock
from infra.embedded.supervisor import Supervisor
from infra.kafka.producer import Producer
from infra.kafka.topics import end_offsets
from infra.postgres.database import Who
from infra.postgres.fold import FOLD
from infra.settings import read_secret
from infra.tokens import mint
from services.accept.offering import offer_all
from services.accept.rebuild import compare
from services.commands.connecting import exercise_systems
from tests.builders import REGION, SmallRegion
from tests.conftest import Fresh
from tests.facts import NOW, a_decision, an_order, uid
from tests.flow.processes import a_free_port, environment, until
from tests.flow.releases import Release, last_release, our_release
from tests.flow.traffic import Key, Traffic, flowing
from tests.infra.kafka.broker import a_topic, everything_on

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(600)]

SYSTEM = "urn:nld:prikploeg:system"
CONNECT = """
import asyncio, json, sys
from events.envelope import Sender, System
from infra.settings import Settings
from services.connecting import connect
systems = [System(t, Sender(s), tuple(p), frozenset(r)) for t, s, p, r in json.loads({said!r})]
asyncio.run(connect(Settings.read(), systems))
"""


@pytest.fixture
def old(tmp_path: Path) -> Release:
    """The last release."""
    folder = tmp_path / "last_release"
    folder.mkdir()
    return last_release(folder)


@pytest.fixture
async def unmigrated(postgres) -> AsyncIterator[Fresh]:
    """A database in which nothing was done yet."""
    owner = await asyncpg.connect(postgres.postgres_dsn("owner"))
    made = Fresh(postgres, f"upgrade_{id(owner)}")
    await owner.execute(f"CREATE DATABASE {made.name}")
    yield made
    await asyncio.gather(*(database.close() for database in made.opened))
    await owner.execute(f"DROP DATABASE {made.name} WITH (FORCE)")
    await owner.close()


@dataclass
class World:
    """What runs, in which version."""

    fresh: Fresh
    settings: dict[str, str]
    logs: Path
    traffic: Traffic
    supervisor: Supervisor
    restarts: list[str]
    ports: dict[str, int] = field(default_factory=dict)
    news: int = 0

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        owner = await asyncpg.connect(self.fresh.dsn("owner"))
        try:
            return [tuple(row) for row in await owner.fetch(statement)]
        finally:
            await owner.close()

    async def one(self, statement: str) -> Any:
        return (await self.rows(statement))[0][0]

    async def start(self, release: Release, *processes: str, slot: int = 0) -> None:
        """Start these, and wait until each has given a sign of life; then clients may come to its web."""
        port = a_free_port()
        own = self.settings | {"WEB_PORT": str(port), "PRIKPLOEG_SLOT": str(slot)}
        for process in processes:
            await self.supervisor.start(release.program(process, own, self.logs))
        for process in processes:
            await until(lambda name=f"{process} ({release.name})": self.lives(name))
        if "web" in processes:
            self.ports[release.name] = port
            await until(lambda: self.answers(port))
            self.traffic.doors.append(f"http://127.0.0.1:{port}")

    async def lives(self, name: str) -> bool:
        pid = self.supervisor.pid(name) or 0
        return bool(await self.one(f"SELECT count(*) FROM heartbeats WHERE pid = {pid}"))

    async def answers(self, port: int) -> bool:
        async with httpx2.AsyncClient(trust_env=False) as client:
            try:
                return (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
            except httpx2.TransportError:
                return False

    async def stop(self, release: Release, *processes: str) -> None:
        """First nobody is sent to its web any more, then each ends in order."""
        if "web" in processes:
            self.traffic.doors.remove(f"http://127.0.0.1:{self.ports[release.name]}")
        for process in processes:
            await self.supervisor.end(f"{process} ({release.name})")

    def said(self) -> str:
        """The ends of the logs, for a test that fails."""
        ends = [f"{log.name}: {log.read_text()[-1500:]}" for log in sorted(self.logs.iterdir())]
        return "\n".join([*self.restarts, *ends])

    async def where_open(self) -> str:
        """The condition of what still lies in the quarantine; the last release kept everything in it."""
        columns = await self.rows(
            "SELECT FROM information_schema.columns WHERE table_name = 'quarantine' AND column_name = 'resolved_at'"
        )
        return " WHERE resolved_at IS NULL" if columns else ""

    async def works(self) -> None:
        """From now on: events over Kafka and HTTP are taken in, and a plan is made and published."""
        sent, asked = len(self.traffic.sent), len(self.traffic.answered)
        plans = await self.published()

        async def all_of_it() -> bool:
            return bool(
                await self.has_taken([*self.traffic.sent][sent + 30 : sent + 31])
                and len(self.traffic.answered) > asked + 10
                and await self.published() > plans + 1
            )

        try:
            await until(all_of_it)
        except TimeoutError:
            raise AssertionError(self.said()) from None

    async def has_taken(self, keys: list[Key]) -> bool:
        """Whether there are any, and the ledger has them."""
        known = {tuple(row) for row in await self.rows("SELECT source, id FROM seen")}
        return bool(keys) and known.issuperset(keys)

    async def published(self) -> int:
        return int(await self.one("SELECT count(*) FROM plans WHERE published_seq > 0"))

    async def offer_again(self) -> int:
        """What the old version set aside, once more; how many were accepted."""
        door = await self.fresh.open("acceptor")
        return (
            await offer_all(
                door, self.fresh.keys().for_quarantine(), None, None, offered_by="the test", now=NOW
            )
        ).accepted


def connected(old: Release, settings: dict[str, str]) -> dict[Sender, System]:
    """The systems of the exercise on topics of their own, made by the release that runs."""
    systems = [
        replace(system, topic=a_topic(f"in.{system.sender.value}"))
        for system in exercise_systems(REGION)
    ]
    said = json.dumps(
        [[s.topic, s.sender.value, list(s.sources), sorted(s.regions)] for s in systems]
    )
    done = old.run(settings, "-c", CONNECT.format(said=said))
    assert done.returncode == 0, done.stderr
    return {system.sender: system for system in systems}


@asynccontextmanager
async def a_world(unmigrated: Fresh, kafka, old: Release, tmp_path: Path) -> AsyncIterator[World]:
    """The last release, installed and connected; its processes are not started."""
    clock, logs = tmp_path / "clock.json", tmp_path / "logs"
    logs.mkdir()
    set_campaign_clock(clock, NOW, 0.0, datetime.now(UTC))
    settings = environment(
        unmigrated,
        kafka,
        PRIKPLOEG_CLOCK_FILE=str(clock),
        PLANNER_SECONDS="0.5",
        PLANNER_QUIET_SECONDS="0",
    )
    migrated = old.run(settings, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    systems = connected(old, settings)
    key = read_secret(unmigrated.servers.folder.session_key).encode()
    token = mint(key, Who("practice", REGION, uid("practice"), "practice@example.org"))
    traffic = Traffic(unmigrated.settings(kafka), systems, token)
    restarts: list[str] = []
    async with Supervisor(restarts.append) as supervisor:
        yield World(unmigrated, settings, logs, traffic, supervisor, restarts)


async def say_new_things(world: World, producer: Producer) -> list[Key]:
    """A type and a major version that the last release does not know."""
    world.news += 1
    products = frozenset({"moderna", "janssen"})
    return await world.traffic.send(
        producer, a_decision(f"decision {world.news}"), an_order(product_ids=products), stem="new"
    )


async def is_set_aside(world: World, keys: list[Key]) -> bool:
    """Whether these, and nothing else, lie in the quarantine for want of their type."""
    found = await world.rows("SELECT reason FROM quarantine" + await world.where_open())
    return found == [("unknown_type",)] * len(keys)


async def is_all_in(world: World) -> bool:
    """Whether intake took in every record, and the relay passed every line."""
    topics = [system.topic for system in world.traffic.systems.values()]
    ends = await end_offsets(world.traffic.settings.kafka, topics)
    found = {(t, p): o for t, p, o in await world.rows("SELECT * FROM kafka_positions")}
    waiting = await world.one(
        "SELECT sum(s.n - p.seq) FROM region_seq s LEFT JOIN relay_positions p USING (region)"
    )
    return waiting == 0 and all(found[place] == end for place, end in ends.items())


NOT_WITHOUT_GAPS = """
SELECT region, n, counted, highest
FROM region_seq
FULL JOIN (SELECT region, count(*) AS counted, max(seq) AS highest FROM ledger GROUP BY region) AS held USING (region)
WHERE (n, n) IS DISTINCT FROM (counted, highest)
"""


async def nothing_is_lost_or_twice(world: World) -> None:
    """Everything that was promised stands in the ledger once; numbers without gaps; nobody without an answer."""
    promised = [*world.traffic.sent, *world.traffic.answered]
    lines = await world.rows("SELECT source, id FROM ledger ORDER BY region, seq")
    ours = [line for line in lines if line[0] != SYSTEM]

    assert sorted(ours) == sorted(set(promised))
    assert len(promised) == len(set(promised))
    assert (
        await world.rows("SELECT source, id FROM seen EXCEPT SELECT source, id FROM ledger") == []
    )
    # In one statement: the planner still publishes.
    assert await world.rows(NOT_WITHOUT_GAPS) == []
    assert await world.one("SELECT count(*) FROM gaps") == 0
    assert await world.rows("SELECT reason FROM quarantine" + await world.where_open()) == []
    assert world.traffic.unanswered == []


async def everything_was_told(world: World) -> None:
    """Other systems heard every outward event, each for the first time in the order of the ledger."""
    lines = await world.rows(f"SELECT type, id FROM ledger WHERE region = '{REGION}' ORDER BY seq")
    wanted = [(CATALOGUE[kind].outward, one) for kind, one in lines if CATALOGUE[kind].outward]
    ids = {one for _, one in wanted}
    records = await everything_on(world.traffic.settings.kafka, OUTWARD_TOPICS)
    heard: dict[tuple[str, str], None] = {}
    for record in sorted(records, key=lambda one: (one.topic, one.partition, one.offset)):
        event_id = json.loads(record.value)["id"]
        if event_id in ids:
            heard.setdefault((record.topic, event_id))

    assert list(heard) == sorted(wanted, key=lambda one: str(one[0]))


ALL = ("web", "intake", "planner", "relay")
NOT_THE_RELAY = ("web", "intake", "planner")


async def migrate(world: World, new: Release) -> str:
    """Expand, and rebuild while the old version waits; what the command said."""
    migrated = await asyncio.to_thread(new.run, world.settings, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    assert "rebuilt" in migrated.stdout
    assert await world.one("SELECT fold FROM state_fold") == FOLD
    return migrated.stdout


async def accepts_nothing(world: World) -> None:
    """The old version alone, on a state of our fold: it adds nothing, loses nothing, and says so over HTTP."""
    lines, asked = await world.one("SELECT count(*) FROM ledger"), world.traffic.asked_again

    async def has_said_no() -> bool:
        return world.traffic.asked_again > asked + 5

    await until(has_said_no)
    assert await world.one("SELECT count(*) FROM ledger") == lines


async def upgrade_beside(world: World, old: Release, new: Release) -> None:
    """Expand and rebuild, both versions at once, then the new one alone."""
    assert "applied" in await migrate(world, new)
    await accepts_nothing(world)
    await world.start(new, *ALL, slot=1)
    await world.stop(old, *ALL)
    await world.works()


async def go_back(world: World, old: Release, new: Release) -> None:
    """The state is handed back; the old version beside the new, then the new one ends."""
    handed = await asyncio.to_thread(new.run, world.settings, "rebuild", "--hand-back", "1")
    assert handed.returncode == 0, handed.stderr
    await world.start(old, *NOT_THE_RELAY)
    await world.stop(new, *NOT_THE_RELAY)
    await world.works()


async def upgrade_in_place(world: World, old: Release, new: Release) -> None:
    """Each process in the place of the old one, as on one machine; only the web is never away."""
    await migrate(world, new)
    await world.start(new, "web")
    await world.stop(old, *NOT_THE_RELAY)
    await world.start(new, "intake", "planner")
    await world.works()


async def test_a_running_system_is_upgraded_goes_back_and_is_upgraded_again(
    unmigrated, kafka, old: Release, tmp_path: Path
):
    new = our_release()
    async with a_world(unmigrated, kafka, old, tmp_path) as world, AsyncExitStack() as flow:
        traffic = world.traffic
        await world.start(old, *ALL)
        producer = await flow.enter_async_context(flowing(traffic))
        await traffic.send(producer, *SmallRegion(people=20, locations=("wilg",)).all())
        await world.works()
        from_before = list(traffic.sent)

        # What only the new version can say: the old one sets it aside, the new one is offered it again.
        ahead = await say_new_things(world, producer)
        await until(lambda: is_set_aside(world, ahead))
        await upgrade_beside(world, old, new)
        assert await world.offer_again() == len(ahead)
        await say_new_things(world, producer)
        await world.works()

        await go_back(world, old, new)
        late = await say_new_things(world, producer)
        await until(lambda: is_set_aside(world, late))
        await upgrade_in_place(world, old, new)
        assert await world.offer_again() == len(late)

        # What was sent to the old version is known to the new one, to the letter.
        await traffic.send_again(producer, from_before)
        await flow.aclose()
        await until(lambda: is_all_in(world))
        await nothing_is_lost_or_twice(world)
        await everything_was_told(world)
        assert await compare(world.fresh.dsn("owner")) == []
