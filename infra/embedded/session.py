"""Runs the embedded servers for a demo or for tests, with their addresses."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from infra.embedded.folder import Folder
from infra.embedded.kafka import Ports, kafka_program
from infra.embedded.keys import make_keys
from infra.embedded.ports import choose_port, is_free
from infra.embedded.postgres import DATABASE, postgres_program
from infra.embedded.program import DidNotStart, Program
from infra.embedded.supervisor import Supervisor
from infra.settings import Postgres, Role

POSTGRES_PORT, KAFKA_PORT, CONTROLLER_PORT = 15432, 19092, 19093
TRIES = 4  # another process may take a port between our check and the server's start


@dataclass(frozen=True)
class Servers:
    """The servers that run on a folder, with their addresses."""

    folder: Folder
    supervisor: Supervisor  # for our processes that use them
    postgres_port: int
    kafka_port: int | None  # None: only Postgres runs

    def database_url(self, database: str = DATABASE) -> str:
        """The address of a database, without user, as DATABASE_URL expects it."""
        return f"postgresql://127.0.0.1:{self.postgres_port}/{database}"

    def postgres_dsn(self, role: Role, database: str = DATABASE) -> str:
        """The address of a database with a role's name and password."""
        url = self.database_url(database)
        return Postgres(url=url, passwords=self.folder.passwords).dsn(role)

    @property
    def kafka_bootstrap(self) -> str:
        """The address of the broker, as KAFKA_BOOTSTRAP_SERVERS expects it."""
        if self.kafka_port is None:
            raise DidNotStart("Kafka was not asked for")
        return f"127.0.0.1:{self.kafka_port}"

    def environment(self) -> dict[str, str]:
        """The settings of every process that uses these servers."""
        settings = {
            "DATABASE_URL": self.database_url(),
            "DATABASE_PASSWORDS": str(self.folder.passwords),
            "VAULT_MASTER_KEY_FILE": str(self.folder.master_key),
            "WEB_SESSION_KEY_FILE": str(self.folder.session_key),
            "PRIKPLOEG_EMBEDDED": "true",
            "PRIKPLOEG_DATA": str(self.folder.data),
        }
        if self.kafka_port is not None:
            settings["KAFKA_BOOTSTRAP_SERVERS"] = self.kafka_bootstrap
        return settings


def silent(line: str) -> None:
    """Drops the supervisor's messages, in tests."""
    del line


@asynccontextmanager
async def running(
    folder: Folder, say: Callable[[str], None] = silent, *, kafka: bool = True
) -> AsyncIterator[Servers]:
    """Runs Postgres and Kafka until the block ends; other programs of the supervisor end before them.

    Raises Unusable or DidNotStart, with a message for a person.
    """
    async with Supervisor(say) as supervisor:
        await asyncio.to_thread(make_keys, folder)
        starting = [start_postgres(folder, supervisor)]
        if kafka:
            starting.append(start_kafka(folder, supervisor))
        # Both are awaited even when one fails: a child is either kept or ended, never forgotten.
        ports = [
            port_or_raise(end) for end in await asyncio.gather(*starting, return_exceptions=True)
        ]
        yield Servers(folder, supervisor, ports[0], ports[1] if kafka else None)


def port_or_raise(end: int | BaseException) -> int:
    """The port of a server that started; raises the reason when it did not."""
    if isinstance(end, BaseException):
        raise end
    return end


async def start_postgres(folder: Folder, supervisor: Supervisor) -> int:
    """Its port, once it is ready."""

    def prepare() -> tuple[Program, int]:
        port = choose_port(folder, "postgres", POSTGRES_PORT)
        return postgres_program(folder, port), port

    return await start_on_free_port(supervisor, prepare)


async def start_kafka(folder: Folder, supervisor: Supervisor) -> int:
    """Its port, once it is ready."""

    def prepare() -> tuple[Program, int]:
        ports = Ports(
            choose_port(folder, "kafka", KAFKA_PORT),
            choose_port(folder, "kafka-controller", CONTROLLER_PORT),
        )
        return kafka_program(folder, ports), ports.clients

    return await start_on_free_port(supervisor, prepare)


async def start_on_free_port(
    supervisor: Supervisor, prepare: Callable[[], tuple[Program, int]]
) -> int:
    """Starts a server on a free port, and on another when that one was taken meanwhile."""
    for _ in range(TRIES - 1):
        program, port = await asyncio.to_thread(prepare)
        try:
            await supervisor.start(program)
        except DidNotStart:
            if is_free(port):
                raise
        else:
            return port
    program, port = await asyncio.to_thread(prepare)
    await supervisor.start(program)
    return port
