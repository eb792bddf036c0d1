"""docs/own-servers.md as typed, on servers of one's own: people are planned, and a new version takes over beside the old."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import psutil
import pytest

from infra.embedded.folder import CHECKOUT, scratch
from infra.embedded.session import Servers, running
from tests.documents import a_shell, begin, block, end, filled, typed
from tests.flow.processes import a_free_port, until
from tests.flow.reading import SERVED

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(300)]
DOCUMENT = "docs/own-servers.md"
PROCESSES = {"intake", "planner", "relay", "courier", "web"}


@dataclass(frozen=True)
class Reader:
    """Somebody with servers, a folder for keys and the document."""

    servers: Servers
    folder: Path
    shell: dict[str, str]
    port: int
    steps: str  # the block "Step by step", with this reader's addresses

    @property
    def where(self) -> str:
        """What the block says of where things are, for another shell."""
        return "\n".join(re.findall(r"^(?:KEYS=|export ).*$", self.steps, re.MULTILINE)) + "\n"

    async def status(self, port: int) -> dict[str, Any]:
        async with httpx2.AsyncClient(trust_env=False) as client:
            said: dict[str, Any] = (await client.get(f"http://127.0.0.1:{port}/status")).json()
            return said

    async def send(self) -> None:
        """Two facts of a system of others."""
        bootstrap = self.servers.kafka_bootstrap
        words = f"python docs/examples/produce.py {bootstrap} GG2514 2021-02-15T06:00:00Z"
        await typed(words, self.shell)

    async def ask(self, statement: str, *values: object) -> int:
        """A number from the database; 0 where it says nothing."""
        owner = await asyncpg.connect(self.servers.postgres_dsn("owner"))
        try:
            return await owner.fetchval(statement, *values) or 0
        finally:
            await owner.close()


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    """PostgreSQL with the role `owner` and a database, Kafka with nothing; the clock of the examples."""
    with scratch() as folder:
        async with running(folder) as servers:
            keys, clock, port = folder.data / "own keys", folder.data / "clock.json", a_free_port()
            its_password = keys / "kept/database/owner"
            its_password.parent.mkdir(parents=True)
            its_password.write_bytes((folder.passwords / "owner").read_bytes())
            clock.write_text(documented_clock())
            shell = a_shell(
                HOME=str(folder.data),
                PRIKPLOEG_CLOCK_FILE=str(clock),
                WEB_PORT=str(port),
                PLANNER_SECONDS="2",
            )
            own = {
                "KEYS=/etc/prikploeg/keys": f"KEYS='{keys}'",
                "postgresql://db.example.nl:5432/prikploeg": servers.database_url(),
                "kafka.example.nl:9092": servers.kafka_bootstrap,
                "127.0.0.1:8080": f"127.0.0.1:{port}",
            }
            yield Reader(
                servers, folder.data, shell, port, filled(block(DOCUMENT, "make setup"), own)
            )


def documented_clock() -> str:
    """The file that gives all processes the time of the examples, from now on."""
    found = re.search(r'`(\{"real": [^`]+\})`', (CHECKOUT / DOCUMENT).read_text())
    assert found is not None
    now = datetime.now(UTC).isoformat()
    return filled(found[1], {"<now, ISO 8601 with zone>": now})


async def test_the_steps_plan_people_and_a_new_version_takes_over(reader: Reader):
    async with left_running(reader, reader.steps, {}) as old:
        await until(lambda: some_are_planned(reader), 60)
        port = a_free_port()
        connect = block("docs/producing.md", "prikploeg connect in.hap.core.v1")
        takeover = connect + filled(block(DOCUMENT, "kill -TERM $OLD_INTAKE"), {"8081": str(port)})
        names = {f"OLD_{name.upper()}": str(one.pid) for name, one in old.items()}

        async with left_running(reader, reader.where + takeover, names) as new:
            await until(lambda: are_gone(old))
            await reader.send()
            await until(lambda: is_taken_in(reader))
            await until(lambda: are_alive_in(reader, port, slot=1))

            assert all(one.is_running() for one in new.values())
            assert (await reader.status(port))["set_aside"] == []


@asynccontextmanager
async def left_running(
    reader: Reader, script: str, settings: Mapping[str, str]
) -> AsyncIterator[Mapping[str, psutil.Process]]:
    """Type a block to its end: the processes that it left running, by name. They are ended afterwards."""
    log = reader.folder / f"{len(script)}.log"
    with log.open("wb") as file:
        shell = await begin(script, reader.shell | settings, file)
    try:
        async with asyncio.timeout(120):
            assert await shell.wait() == 0
        await until(lambda: are_all_in(shell.pid))
        yield find_running(shell.pid)
    except BaseException as failed:
        lines = log.read_text().splitlines()
        failed.add_note("\n".join(line[:1000] for line in lines if '"level": "INFO"' not in line))
        raise
    finally:
        end(shell)


def find_running(group: int) -> Mapping[str, psutil.Process]:
    """Our processes of this group, by name."""
    found = {}
    for one in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(one.pid) == group and one.cmdline()[-1] in PROCESSES:
                found[one.cmdline()[-1]] = one
    return found


async def are_all_in(group: int) -> bool:
    return find_running(group).keys() == PROCESSES


async def are_alive_in(reader: Reader, port: int, slot: int) -> bool:
    """Whether each process lives in this slot, and none in another."""
    found = (await reader.status(port))["processes"]
    alive = sorted((one["process"], one["slot"]) for one in found if one["alive"])
    return alive == sorted((name, slot) for name in PROCESSES)


async def some_are_planned(reader: Reader) -> bool:
    """Whether people have a visit, and `/status` tells of the plan."""
    (region,) = (await reader.status(reader.port))["regions"]
    return region["plan"] is not None and await reader.ask(SERVED) >= 3


async def are_gone(processes: Mapping[str, psutil.Process]) -> bool:
    return not any(one.is_running() for one in processes.values())


async def is_taken_in(reader: Reader) -> bool:
    said = "SELECT count(*) FROM ledger WHERE source = $1"
    return await reader.ask(said, "urn:nld:prikploeg:hap:voorbeeld") == 2
