"""A whole installation that may be broken: own Postgres, own Kafka, our processes under the product's supervisor."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from aiohttp import web

from infra.clock import set_campaign_clock
from infra.embedded.folder import CHECKOUT, Folder, scratch
from infra.embedded.ports import choose_port
from infra.embedded.program import DidNotStart, Program
from infra.embedded.session import Servers, running
from infra.settings import Kafka, Postgres, Run, Settings, Vault, Web
from services.commands.connecting import connect
from services.commands.setup import migrate_all
from services.courier.directory import add
from tests.facts import NOW
from tests.faults.journal import Journal
from tests.faults.reading import TOLD
from tests.faults.seeding import connected

INTAKES = ("intake-0", "intake-1")
PROCESSES = (*INTAKES, "planner", "relay", "courier", "web")
PRODUCT = "services"
WEB_PORT = 18090


@dataclass(frozen=True)
class Plan:
    """How a world is built: which processes, which of them are broken variants, which addresses they get."""

    processes: Sequence[str] = PROCESSES
    launchers: Mapping[str, str] = field(default_factory=dict)  # process -> module to start instead
    addresses: Mapping[str, str] = field(default_factory=dict)  # of our processes only: a proxy's
    bootstrap: str | None = None  # of a cluster instead of our own broker
    replication: int = 1
    planner_seconds: float = 0.5
    spoilt: Sequence[str] = ()  # SQL that takes a safeguard away, for a broken variant


@dataclass
class World:
    """What faults, load and invariants work with."""

    servers: Servers
    plan: Plan
    settings: Settings
    clock: Path
    web_port: int
    journal: Journal = field(default_factory=Journal)
    said: list[str] = field(default_factory=list)  # by the supervisor: who was started again
    told: list[tuple[str, str]] = field(default_factory=list)  # source and id, by the courier

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def folder(self) -> Folder:
        return self.servers.folder

    @property
    def kafka(self) -> Kafka:
        """How load and faults reach the brokers: never through a proxy."""
        return self.settings.kafka

    # --- processes ---

    def program(self, name: str) -> Program:
        """`intake-1` is the process intake in slot 1."""
        command, _, slot = name.partition("-")
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        own = {
            "PRIKPLOEG_CLOCK_FILE": str(self.clock),
            "PRIKPLOEG_SLOT": slot or "0",
            "WEB_PORT": str(self.web_port),
            "PLANNER_SECONDS": str(self.plan.planner_seconds),
            "PLANNER_QUIET_SECONDS": "0.3",
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "WEBHOOKS_INTERNAL": "true",
            "PROGRESS_SECONDS": "2",
        }
        return Program(
            name=name,
            command=(sys.executable, "-m", self.plan.launchers.get(name, PRODUCT), command),
            log=self.folder.logs / f"{name}.log",
            environment={**kept, **self.servers.environment(), **own, **self.plan.addresses},
            folder=CHECKOUT,
            stop_seconds=8.0,
        )

    async def start(self, name: str) -> None:
        await self.servers.supervisor.start(self.program(name))

    async def end(self, name: str) -> None:
        await self.servers.supervisor.end(name)

    def running(self) -> list[str]:
        """Names of our processes that the supervisor keeps now."""
        servers = {"postgres", "kafka"}
        return [one.name for one in self.servers.supervisor.status() if one.name not in servers]

    def pid(self, name: str) -> int | None:
        """None while it waits to be started again."""
        return self.servers.supervisor.pid(name)

    def signal(self, name: str, sign: signal.Signals) -> bool:
        """Send it to a process or a server; False when it was not running just then."""
        pid = self.pid(name)
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, sign)
            return True
        return False

    async def freeze(self, name: str, seconds: float) -> bool:
        """Stop it, as a machine that hangs, and let it go on after these seconds as if nothing was."""
        pid = self.pid(name)
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            try:
                await asyncio.sleep(seconds)
            finally:
                os.kill(pid, signal.SIGCONT)
            return True
        return False

    # --- looking ---

    @asynccontextmanager
    async def owner(self) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        """A connection that sees all, made anew: the servers may have been away."""
        connection = await patiently(self.settings.postgres.dsn("owner"))
        try:
            yield connection
        finally:
            connection.terminate()

    def set_clock(self, simulated: datetime, speed: float = 1.0) -> None:
        set_campaign_clock(self.clock, simulated, speed, datetime.now(UTC))

    def log_of(self, name: str, characters: int = 3000) -> str:
        path = self.folder.logs / f"{name}.log"
        return path.read_text(errors="replace")[-characters:] if path.exists() else ""


async def until_started(servers: Servers, program: Program, times: int = 40) -> None:
    """Start a server again on its port, which another world on this machine may have taken meanwhile."""
    for _ in range(times):
        with suppress(DidNotStart):
            return await servers.supervisor.start(program)
        await asyncio.sleep(1)
    return await servers.supervisor.start(program)


async def patiently(dsn: str, seconds: float = 60.0) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection as soon as Postgres takes one."""
    async with asyncio.timeout(seconds):
        while True:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                return await asyncpg.connect(dsn, timeout=5, command_timeout=60)
            await asyncio.sleep(0.1)


@asynccontextmanager
async def a_world(plan: Plan | None = None, folder: Folder | None = None) -> AsyncIterator[World]:
    """Servers, systems and processes; all gone afterwards. Give a folder to have the data on another disk."""
    plan = plan or Plan()
    if folder is None:
        with scratch() as made:
            async with a_world(plan, made) as world:
                yield world
        return
    said: list[str] = []
    async with running(folder, said.append, kafka=plan.bootstrap is None) as servers:
        settings = settings_for(servers, plan)
        clock = folder.data / "clock.json"
        port = choose_port(folder, "web", WEB_PORT)
        world = World(servers, plan, settings, clock, port, said=said)
        world.set_clock(NOW)
        await migrate_all(settings)
        await connect(settings, connected())
        async with world.owner() as tx:
            for statement in plan.spoilt:
                await tx.execute(statement)
        async with webhook(world) as url:
            if "courier" in plan.processes:
                await add(settings, "faults", "webhook", url, TOLD, [], from_start=True)
            for name in plan.processes:
                await world.start(name)
            yield world
            await servers.supervisor.stop()


@asynccontextmanager
async def webhook(world: World) -> AsyncIterator[str]:
    """A system that is told of doses; its address."""

    async def take(request: web.Request) -> web.Response:
        event = json.loads(await request.read())
        world.told.append((event["source"], event["id"]))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def settings_for(servers: Servers, plan: Plan) -> Settings:
    """Those of load, faults and invariants: straight to the servers."""
    bootstrap = plan.bootstrap or servers.kafka_bootstrap
    return Settings(
        postgres=Postgres(url=servers.database_url(), passwords=servers.folder.passwords),
        kafka=Kafka(bootstrap_servers=bootstrap, replication=plan.replication),
        web=Web(session_key_file=servers.folder.session_key),
        vault=Vault(master_key_file=servers.folder.master_key),
        run=Run(embedded=True, webhooks_internal=True),
    )
