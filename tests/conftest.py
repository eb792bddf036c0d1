"""Real servers for the tests: one Postgres and one Kafka per session, a fresh database per test.

With several workers (`make test`) each has servers of its own: tests that share none can not disturb each other.
"""

import asyncio
import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args
from uuid import UUID

import asyncpg
import psutil
import pytest

from infra.clock import SystemClock
from infra.crypto import Keys
from infra.embedded.folder import Folder, scratch
from infra.embedded.session import Servers, running
from infra.identity import new_id
from infra.postgres.database import Database
from infra.postgres.migrate import migrate
from infra.postgres.quarantine_keys import publish
from infra.settings import Kafka, Postgres, Role, Run, Settings, Vault, Web, read_secret
from tests.keycloak.running import Running, share

TEMPLATE = "template_of_tests"
SALT = UUID(int=1)
MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 8 * 10**9  # a whole run holds less than 3 GB at any moment


def work_in_memory() -> None:
    """Put data of the servers of this run, and of what it starts, into memory where there is plenty.

    One run writes 65 GB (a database for each test, Kafka's logs), and on a slow disk waits for it longer than it
    works: a new database took 0.2 to 0.4 s there and takes 0.02 s in memory. Processes are killed in tests, never
    the machine, so what they find again is the same. A temporary folder that somebody chose stays chosen.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK | os.X_OK):
        return
    if os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:  # a copy of Postgres runs from there
        return
    if shutil.disk_usage(MEMORY).free > ENOUGH_BYTES < psutil.virtual_memory().available:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # asked again


work_in_memory()

SERVERS = ("postgres", "kafka", "browser", "keycloak")  # fixtures that are marks as well
LONGEST_FIRST = ("faults", "flow", "kafka", "browser", "keycloak", "slow")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """One worker more than there are cores (`-n auto`): tests with servers wait half of their time."""
    return (os.cpu_count() or 1) + 1 if config.option.numprocesses == "auto" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server, and begin with what takes longest; workers get whole files (Makefile)."""
    for item in items:
        for name in SERVERS:
            if name in getattr(item, "fixturenames", ()):
                item.add_marker(name)
    items.sort(key=place_in_line)  # stable: tests of a file stay together


def place_in_line(item: pytest.Item) -> int:
    """Who begins last with something long keeps all others waiting at the end."""
    marks = [mark.name for mark in item.iter_markers()]
    return next((n for n, name in enumerate(LONGEST_FIRST) if name in marks), len(LONGEST_FIRST))


def pytest_collection_finish() -> None:
    """Collect garbage less often, as our processes do: all that was loaded stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def folder() -> Iterator[Folder]:
    """Data and keys of this test run, gone afterwards."""
    with scratch() as made:
        yield made


@pytest.fixture(scope="session")
async def postgres(folder: Folder) -> AsyncIterator[Servers]:
    """A running Postgres with a migrated template database."""
    async with running(folder, kafka=False) as servers:
        owner = await asyncpg.connect(servers.postgres_dsn("owner"))
        # Processes are killed in these tests, the machine is not: what the system has, the disk need not have.
        await owner.execute("ALTER SYSTEM SET fsync = off")
        await log_in_quickly(owner, read_secret(servers.folder.passwords / "owner"))
        await owner.execute("SELECT pg_reload_conf()")
        await owner.execute(f"CREATE DATABASE {TEMPLATE}")
        await owner.close()
        await migrate(servers.postgres_dsn("owner", TEMPLATE), passwords_of(servers.folder))
        await fix_rounding(servers.postgres_dsn("owner", TEMPLATE))
        await publish_key(servers)
        yield servers


async def log_in_quickly(owner: "asyncpg.Connection[asyncpg.Record]", password: str) -> None:
    """Hash passwords that are set from here on once, not 4,096 times: a test of a page opens seven connections."""
    await owner.execute("ALTER SYSTEM SET scram_iterations = 1")
    await owner.execute("SET scram_iterations = 1")
    anew = "SELECT format('ALTER ROLE owner PASSWORD %L', $1::text)"
    await owner.execute(await owner.fetchval(anew, password))


async def fix_rounding(dsn: str, salt: UUID = SALT) -> None:
    """Numbers of people are rounded with a secret of the installation; a test knows it, or runs differently each time."""
    owner = await asyncpg.connect(dsn)
    await owner.execute("UPDATE rounding SET salt = $1", salt)
    await owner.close()


@pytest.fixture(scope="session")
async def kafka() -> AsyncIterator[Servers]:
    """A running Kafka (with a Postgres of its own beside it, unused unless a test breaks servers)."""
    with scratch() as made:
        async with running(made) as servers:
            yield servers


@pytest.fixture(scope="session")
def keycloak(request: pytest.FixtureRequest) -> Running:
    """A real Keycloak, the same for all workers of this run; a test makes a realm of its own in it."""
    given = getattr(request.config, "workerinput", None)
    if given is None:
        return share(new_id().hex, os.getpid())
    return share(given["testrunuid"], os.getppid())


async def publish_key(servers: Servers) -> None:
    """As `prikploeg migrate` does: what is refused can be sealed."""
    keys = Keys.read(servers.folder.master_key).for_quarantine()
    owner = servers.postgres_dsn("owner", TEMPLATE)
    async with Database.opened(owner, size=1) as database, database.transaction() as tx:
        await publish(tx, keys, SystemClock().now())


def passwords_of(folder: Folder) -> dict[str, str]:
    """The passwords of every role but the owner."""
    return {
        role: read_secret(folder.passwords / role) for role in get_args(Role) if role != "owner"
    }


@dataclass
class Fresh:
    """A database of one test, as every role."""

    servers: Servers
    name: str
    opened: list[Database] = field(default_factory=list)

    def dsn(self, role: Role) -> str:
        """The address as this role."""
        return self.servers.postgres_dsn(role, self.name)

    async def open(self, role: Role, size: int = 4) -> Database:
        """A pool as this role, closed after the test."""
        database = await Database.open(self.dsn(role), size=size)
        self.opened.append(database)
        return database

    async def close(self) -> None:
        """Close what was opened: only a database without connections can be copied."""
        await asyncio.gather(*(database.close() for database in self.opened))
        self.opened.clear()

    def settings(self, kafka: Servers | None = None, **run: object) -> Settings:
        """The settings of a process that works with this database."""
        return Settings(
            postgres=Postgres(
                url=self.servers.database_url(self.name), passwords=self.servers.folder.passwords
            ),
            kafka=Kafka(bootstrap_servers=kafka.kafka_bootstrap if kafka else "127.0.0.1:1"),
            web=Web(session_key_file=self.servers.folder.session_key),
            vault=Vault(master_key_file=self.servers.folder.master_key),
            run=Run(embedded=True, **run),
        )

    def keys(self) -> Keys:
        """The master key of this test run."""
        return Keys.read(self.servers.folder.master_key)


@asynccontextmanager
async def copied(servers: Servers, template: str = TEMPLATE) -> AsyncIterator[Fresh]:
    """A copy of this database that nobody else uses, gone afterwards."""
    owner = await asyncpg.connect(servers.postgres_dsn("owner"))
    made = Fresh(servers, f"test_{new_id().hex}")
    await owner.execute(f"CREATE DATABASE {made.name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield made
    await made.close()
    await owner.execute(f"DROP DATABASE {made.name} WITH (FORCE)")
    await owner.close()


@pytest.fixture
async def fresh(postgres: Servers) -> AsyncIterator[Fresh]:
    """A migrated database that nobody else uses."""
    async with copied(postgres) as made:
        yield made
