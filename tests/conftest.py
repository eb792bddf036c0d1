"""Real servers for the tests: one Postgres and one Kafka per session, a fresh database per test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import get_args

import asyncpg
import pytest

from infra.crypto import Keys
from infra.embedded.folder import Folder, scratch
from infra.embedded.session import Servers, running
from infra.postgres.database import Database
from infra.postgres.migrate import migrate
from infra.settings import Kafka, Postgres, Role, Run, Settings, Vault, Web, read_secret

TEMPLATE = "template_of_tests"


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
        await owner.execute("SELECT pg_reload_conf()")
        await owner.execute(f"CREATE DATABASE {TEMPLATE}")
        await owner.close()
        await migrate(servers.postgres_dsn("owner", TEMPLATE), passwords_of(servers.folder))
        yield servers


@pytest.fixture(scope="session")
async def kafka() -> AsyncIterator[Servers]:
    """A running Kafka (with a Postgres of its own beside it, unused unless a test breaks servers)."""
    with scratch() as made:
        async with running(made) as servers:
            yield servers


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


@pytest.fixture
async def fresh(postgres: Servers) -> AsyncIterator[Fresh]:
    """A migrated database that nobody else uses."""
    owner = await asyncpg.connect(postgres.postgres_dsn("owner"))
    number = await owner.fetchval("SELECT count(*) FROM pg_database")
    made = Fresh(postgres, f"test_{number}_{id(owner)}")
    await owner.execute(f"CREATE DATABASE {made.name} TEMPLATE {TEMPLATE}")
    yield made
    await asyncio.gather(*(database.close() for database in made.opened))
    await owner.execute(f"DROP DATABASE {made.name} WITH (FORCE)")
    await owner.close()
