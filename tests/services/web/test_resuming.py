"""Coming back to the stream of changes over real HTTP: exactly told what was missed, also after a restart."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from infra.postgres.database import Database, Who
from infra.settings import read_secret
from infra.tokens import mint
from tests.builders import REGION, say
from tests.conftest import Fresh
from tests.facts import a_patient, a_product, uid
from tests.flow.processes import Child, start, until

pytestmark = pytest.mark.postgres


@dataclass
class Listener:
    """One open stream."""

    lines: AsyncIterator[str]

    async def next(self) -> dict[str, str]:
        """The fields of the next message."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            async for line in self.lines:
                if not line and fields:
                    return fields
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
        raise AssertionError("the stream ended")

    async def kinds(self, number: int) -> list[str]:
        return [(await self.next())["event"] for _ in range(number)]


@dataclass
class World:
    """A web process, its address, a database and who asks."""

    settings: dict[str, str]
    folder: Path
    door: Database
    token: str
    port: int
    web: Child

    @asynccontextmanager
    async def listen(self, last: str | None = None, since: str = "") -> AsyncIterator[Listener]:
        headers = {"authorization": f"Bearer {self.token}"}
        if last is not None:
            headers["last-event-id"] = last
        url = f"http://127.0.0.1:{self.port}/events" + (f"?since={since}" if since else "")
        async with (
            httpx2.AsyncClient(trust_env=False, timeout=15) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            assert response.status_code == 200
            yield Listener(response.aiter_lines())

    async def answers(self) -> bool:
        try:
            async with httpx2.AsyncClient(trust_env=False) as client:
                answer = await client.get(f"http://127.0.0.1:{self.port}/readyz")
                return answer.status_code == 200
        except httpx2.HTTPError:
            return False

    async def restart(self) -> None:
        await self.web.kill()
        self.web = await start("web", self.settings, self.folder)
        await until(self.answers)


@pytest.fixture
async def world(fresh: Fresh, tmp_path: Path) -> AsyncIterator[World]:
    door = await fresh.open("acceptor")
    await say(door, a_product(), a_patient("p1"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    settings = kept | fresh.servers.environment() | {"WEB_PORT": str(port)}
    settings["DATABASE_URL"] = fresh.servers.database_url(fresh.name)
    key = read_secret(fresh.servers.folder.session_key).encode()
    token = mint(key, Who("planner", REGION, uid("post"), "planner@example.org"))
    web = await start("web", settings, tmp_path)
    made = World(settings, tmp_path, door, token, port, web)
    try:
        await until(made.answers)
        yield made
    finally:
        await made.web.stop()


async def test_who_was_away_is_told_exactly_whether_something_was_missed(world: World):
    async with world.listen() as stream:
        first = await stream.next()
    async with world.listen(last=first["id"]) as stream:
        calm = await stream.kinds(2)
    await say(world.door, a_patient("p2"))
    async with world.listen(last=first["id"]) as stream:
        missed = await stream.kinds(2)
    async with world.listen(last="garbled; 7-") as stream:
        garbled = await stream.kinds(2)

    assert first["event"] == "hello"
    assert calm == ["hello", "tick"]
    assert missed == garbled == ["hello", "changed"]


async def test_a_fact_of_the_country_is_missed_too(world: World):
    async with world.listen() as stream:
        first = await stream.next()
    await say(world.door, a_product("pfizer"))

    async with world.listen(since=first["id"]) as stream:
        assert await stream.kinds(2) == ["hello", "changed"]


async def test_after_a_restart_of_the_web_the_ids_still_hold(world: World):
    async with world.listen() as stream:
        first = await stream.next()

    await world.restart()
    async with world.listen(last=first["id"]) as stream:
        calm = await stream.kinds(2)
    await world.web.kill()
    await say(world.door, a_patient("p3"))
    await world.restart()
    async with world.listen(last=first["id"]) as stream:
        missed = await stream.kinds(2)

    assert calm == ["hello", "tick"]
    assert missed == ["hello", "changed"]
