"""The web process ends when something beside its server fails, but not before everybody has an answer."""

import asyncio

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from services.web.app import serve_beside


class Broken(Exception):
    """What went wrong beside the server."""


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

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    serving = asyncio.create_task(serve_beside(server, [fail_when_asked()]))
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    async with httpx2.AsyncClient(base_url=address, trust_env=False) as client:
        answer = await client.get("/")

    assert answer.json() == "answered"
    with pytest.raises(Broken):
        await serving
