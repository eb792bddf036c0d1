"""Our processes as real children, on the servers of the tests."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.folder import CHECKOUT
from infra.embedded.session import Servers
from tests.conftest import Fresh
from tests.infra.kafka.node import free_ports


def environment(fresh: Fresh, kafka: Servers, **more: str) -> dict[str, str]:
    """The settings of a process on this database and this broker."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    own = {
        "DATABASE_URL": fresh.servers.database_url(fresh.name),
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap,
    }
    return kept | fresh.servers.environment() | own | more


NEWLINE = "\n"


@dataclass
class Child:
    """One process of ours."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    @property
    def is_running(self) -> bool:
        return self.process.returncode is None

    async def kill(self) -> None:
        """As a machine that loses power: no goodbye."""
        if self.is_running:
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> None:
        """Ask it to end; kill it when it does not."""
        if self.is_running:
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), 10)
        except TimeoutError:
            await self.kill()

    def said(self) -> str:
        """Its errors and the end of its log, for a test that fails."""
        log = self.log.read_text()
        errors = [line[:1000] for line in log[:-3000].splitlines() if '"level": "ERROR"' in line]
        return f"{self.name} ({self.process.returncode}): {NEWLINE.join(errors)} ... {log[-3000:]}"


async def start(name: str, settings: dict[str, str], folder: Path) -> Child:
    """Start a process; its log stands in the folder."""
    log = folder / f"{name}.log"
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services",
            name,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=CHECKOUT,
            env=settings,
        )
    return Child(name, process, log)


@asynccontextmanager
async def children(
    settings: dict[str, str], folder: Path, *names: str
) -> AsyncIterator[dict[str, Child]]:
    """These processes, all ended afterwards."""
    started = {name: await start(name, settings, folder) for name in names}
    try:
        yield started
    except BaseException as failed:
        for child in started.values():
            failed.add_note(child.said())
        raise
    finally:
        await asyncio.gather(*(child.stop() for child in started.values()))


async def until(
    true: Callable[[], Awaitable[object]], seconds: float = 120.0, every: float = 0.05
) -> None:
    """Look until it is so; without `seconds` the wait is no claim about speed, only an end to a test that hangs."""
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(every)


def a_free_port() -> int:
    """Which no outgoing connection and no other test is given."""
    return free_ports(1)[0]
