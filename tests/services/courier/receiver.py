"""A receiver of webhooks in the test's own process, which answers as it is told, and a desk to send from."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from infra.clock import SystemClock
from infra.postgres.courier import cursors, destinations
from infra.postgres.courier.destinations import Destination, bound_to
from infra.webhooks import Post, new_secret
from services.courier.desk import Desk
from tests.builders import ClockAt
from tests.conftest import Fresh

DOSES = ("dose.administered.v1", "dose.not_given.v1")
HANG, DROP = 1, 2  # instead of a status


@dataclass
class Receiver:
    """What came, and what is answered: the next of `answers`, and 200 after them."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    always: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """The ids of the events that came, in order."""
        return [json.loads(body)["id"] for _, body in self.got]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path)
        body = await request.read()
        self.got.append(({k.lower(): v for k, v in request.headers.items()}, body))
        status = self.answers.pop(0) if self.answers else self.always
        if status == HANG:
            await asyncio.sleep(3600)
        if status == DROP:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=200 if status < 100 else status, headers=self.headers)


@asynccontextmanager
async def receiving(**how: Any) -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver(**how)
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", receiver.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@asynccontextmanager
async def a_desk(fresh: Fresh, **other: Any) -> AsyncIterator[Desk]:
    """A courier's desk on this database that may post to this machine, and tries again soon."""
    async with Post(plain=True, internal=True, seconds=1.0) as post:
        usual = {
            "store": await fresh.open("courier"),
            "door": await fresh.open("acceptor", 2),
            "post": post,
            "clock": ClockAt(),
            "real": SystemClock(),
            "keys": fresh.keys(),
            "shortest_wait": 0.05,
        }
        yield Desk(**{**usual, **other})


async def add_webhook(
    desk: Desk,
    name: str,
    url: str,
    types: Sequence[str] = DOSES,
    regions: Sequence[str] = (),
    *,
    from_start: bool = True,
) -> str:
    """A webhook from the first event on; its secret."""
    secret = new_secret()
    assert desk.keys is not None
    sealed = desk.keys.seal(secret, bound_to(name))
    made = Destination(name, "webhook", url, tuple(types), tuple(regions), sealed=sealed)
    async with desk.store.transaction() as tx:
        assert await destinations.add(tx, made, desk.real.now())
        await cursors.begin(tx, made, from_start=from_start)
    return secret


async def the(desk: Desk, name: str) -> Destination:
    """A destination as it is kept."""
    async with desk.store.transaction() as tx:
        return next(one for one in await destinations.read_all(tx) if one.name == name)
