"""`prikploeg up` of README.md as a reader starts it, and what a reader can ask of it."""

import asyncio
import json
import os
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import psutil

from events.envelope import Record
from infra.embedded.folder import scratch
from infra.kafka.producer import Outgoing, Producer
from infra.settings import Kafka, Postgres
from tests.builders import REGION
from tests.documents import a_shell, begin, block, end, typed
from tests.flow.processes import a_free_port, until
from tests.infra.kafka.secured import write_keystore

README = "README.md"
# `/status` tells it in fives.
SERVED = """SELECT (counts ->> 'people_served')::int FROM plans
WHERE published_seq > 0 ORDER BY published_seq DESC LIMIT 1"""


@dataclass(frozen=True)
class Demo:
    """What runs, as its own note `environment.json` tells it to a reader."""

    note: dict[str, str]
    shell: dict[str, str]
    folder: Path

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.note['WEB_PORT']}"

    @property
    def kafka(self) -> str:
        return self.note["KAFKA_BOOTSTRAP_SERVERS"]

    async def type(self, script: str, **settings: str) -> str:
        return await typed(script, self.shell | self.note | settings)

    async def status(self) -> dict[str, Any]:
        async with httpx2.AsyncClient(trust_env=False) as client:
            said: dict[str, Any] = (await client.get(f"http://{self.address}/status")).json()
            return said

    async def people_served(self) -> int:
        found = await self.rows(SERVED)
        return found[0][0] if found else 0

    async def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        folder = Path(self.note["DATABASE_PASSWORDS"])
        owner = Postgres(url=self.note["DATABASE_URL"], passwords=folder).dsn("owner")
        connection = await asyncpg.connect(owner)
        try:
            return [tuple(row) for row in await connection.fetch(statement, *values)]
        finally:
            await connection.close()

    async def accepted(self, source: str) -> list[str]:
        """The types of what is in the ledger from this source, in order."""
        found = await self.rows("SELECT type FROM ledger WHERE source = $1 ORDER BY seq", source)
        return [kind for (kind,) in found]

    async def quarantined(self, topic: str) -> list[tuple[Any, ...]]:
        return await self.rows("SELECT reason, fields FROM quarantine WHERE topic = $1", topic)

    async def knows_organisations(self) -> bool:
        """Whether those of the example files were accepted."""
        kind = "organisation.registered.v1"
        return bool(await self.rows("SELECT FROM ledger WHERE type = $1 OFFSET 13", kind))

    async def send(self, topic: str, *records: Record) -> None:
        async with Producer(Kafka(bootstrap_servers=self.kafka)) as producer:
            for one in records:
                assert one.value is not None
                sent = Outgoing(topic, REGION.encode(), one.value, list(one.headers.items()))
                await producer.send_all([sent])

    async def restart_intake(self) -> None:
        """End it; its supervisor starts it again, and it reads the list of systems."""
        (row,) = await self.rows("SELECT pid FROM heartbeats WHERE process = 'intake'")
        psutil.Process(row[0]).send_signal(signal.SIGTERM)

        async def is_another() -> bool:
            return await self.rows("SELECT pid FROM heartbeats WHERE process = 'intake'") != [row]

        await until(is_another)


@asynccontextmanager
async def beside_a_demo() -> AsyncIterator[Demo]:
    """`prikploeg up` of README.md, in the days of the examples; its courier trusts an authority of ours."""
    up = block(README, "prikploeg up --region").splitlines()[0]
    with scratch() as folder:
        write_keystore(folder.data)
        trusted = folder.data / "trusted.pem"
        trusted.write_text((folder.data / "ca.pem").read_text() + machine_authorities())
        shell = a_shell(
            HOME=str(folder.data),
            PRIKPLOEG_DATA=str(folder.data),
            WEB_PORT=str(a_free_port()),
            SSL_CERT_FILE=str(trusted),
            WEBHOOKS_INTERNAL="true",
            PLANNER_SECONDS="2",
        )
        running = await begin(f"exec {up}", shell)
        try:
            async with asyncio.timeout(120):
                draining = await until_it_says(running, "prikploeg import")
            note = json.loads((folder.data / "environment.json").read_text())
            yield Demo(note, shell, folder.data)
            running.send_signal(signal.SIGINT)
            await running.wait()
            await draining
        finally:
            end(running)


def machine_authorities() -> str:
    """Whom this machine trusts anyway."""
    known = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    return Path(known).read_text() if known else ""


async def until_it_says(process: asyncio.subprocess.Process, words: str) -> asyncio.Task[bytes]:
    """Read on until these words; what comes after them is drained."""
    assert process.stdout is not None
    said = ""
    while words not in said:
        line = (await process.stdout.readline()).decode()
        assert line, said
        said += line
    return asyncio.create_task(process.stdout.read())
