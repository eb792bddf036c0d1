"""The health of one process, as a container asks it."""

import asyncio
from datetime import timedelta

import pytest

from infra.clock import SystemClock
from infra.errors import NotConfigured
from infra.postgres.heartbeats import SILENT, Process, beat
from infra.settings import Postgres, Settings, Web
from services.commands.health import READS_AS, healthy
from tests.conftest import Fresh

pytestmark = pytest.mark.postgres


async def says(fresh: Fresh, name: str, ago: timedelta, slot: int = 0) -> None:
    """This process gave its last sign of life so long ago."""
    database = await fresh.open(READS_AS[name])
    at = SystemClock().now() - ago
    async with database.transaction() as tx:
        await beat(tx, Process(name, slot, 1, at), at, {})


@pytest.mark.parametrize("name", sorted(READS_AS))
async def test_a_process_that_beats_is_well(fresh: Fresh, name: str):
    await says(fresh, name, timedelta(0))

    assert await healthy(fresh.settings(), name)


async def test_a_process_that_fell_silent_is_not_well(fresh: Fresh):
    await says(fresh, "relay", SILENT + timedelta(seconds=1))

    assert not await healthy(fresh.settings(), "relay")


async def test_a_process_is_not_well_because_another_is(fresh: Fresh):
    await says(fresh, "planner", timedelta(0))
    await says(fresh, "intake", timedelta(0), slot=1)

    assert not await healthy(fresh.settings(), "intake")
    assert await healthy(fresh.settings(slot=1), "intake")


async def test_without_postgres_no_process_is_well(fresh: Fresh):
    settings = fresh.settings()
    away = Postgres(url="postgresql://127.0.0.1:1/prikploeg", passwords=settings.postgres.passwords)

    assert not await healthy(settings.model_copy(update={"postgres": away}), "intake")


@pytest.mark.parametrize(("answer", "well"), [("200 OK", True), ("503 Not ready", False)])
async def test_the_web_is_well_when_it_says_that_it_is_ready(fresh: Fresh, answer: str, well: bool):
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        good = asked.startswith(b"GET /readyz ")
        status = answer if good else "404 No"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]

        assert await healthy(with_port(fresh.settings(), port), "web") is well


async def test_the_web_is_not_well_when_nobody_answers(fresh: Fresh):
    assert not await healthy(with_port(fresh.settings(), 1), "web")


async def test_an_unknown_process_is_a_mistake_of_the_caller(fresh: Fresh):
    with pytest.raises(NotConfigured, match="there is no process planer"):
        await healthy(fresh.settings(), "planer")


def with_port(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={"web": Web(port=port)})
