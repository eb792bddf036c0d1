"""The web process ends when something beside its server fails, and no connection before everybody has an answer."""

import asyncio

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from services.web.serving import make_server, serve_beside


class Broken(Exception):
    """What went wrong beside the server."""


async def port_of(server: uvicorn.Server) -> int:
    while not server.started:
        await asyncio.sleep(0.01)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


async def test_who_asked_before_it_failed_is_answered_before_the_error_ends_the_process():
    app, asked, failed = FastAPI(), asyncio.Event(), asyncio.Event()

    @app.get("/")
    async def slowly() -> str:
        asked.set()
        await failed.wait()
        await asyncio.sleep(0.1)  # longer than the failure needs to arrive
        return "answered"

    async def fail_when_asked() -> None:
        await asked.wait()
        failed.set()
        raise Broken

    server = make_server(app, "127.0.0.1", 0)
    serving = asyncio.create_task(serve_beside(server, [fail_when_asked()]))
    port = await port_of(server)
    address = f"http://127.0.0.1:{port}"
    async with httpx2.AsyncClient(base_url=address, trust_env=False) as client:
        answer = await client.get("/")

    assert answer.json() == "answered"
    with pytest.raises(Broken):
        await serving


async def test_who_pauses_longer_than_a_proxy_does_is_not_cut_off():
    """A client that closes first never writes into a connection that the server just closed."""
    app = FastAPI()

    @app.get("/")
    async def at_once() -> str:
        return "answered"

    server = make_server(app, "127.0.0.1", 0)
    serving = asyncio.create_task(server.serve())
    reader, writer = await asyncio.open_connection("127.0.0.1", await port_of(server))
    for pause in (0, 6):  # uvicorn's own limit is 5 s
        await asyncio.sleep(pause)
        writer.write(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        await writer.drain()
        assert b"200 OK" in await reader.readuntil(b'"answered"')
    writer.close()
    server.should_exit = True
    await serving
