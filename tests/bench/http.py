"""A sender over HTTP that costs little: one connection, one request at a time, bytes made beforehand."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from infra.postgres.database import Who
from infra.settings import read_secret
from infra.tokens import mint
from tests.bench.measuring import REGION
from tests.conftest import Fresh
from tests.flow.processes import Child, start, until


@dataclass
class Sender:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: bytes

    @classmethod
    async def to(cls, port: int, token: str, kind: str) -> Self:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        head = f"POST /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\n"
        return cls(reader, writer, head.encode())

    async def post(self, body: bytes) -> Any:
        """The outcomes; an assertion when the answer is not 202."""
        self.writer.write(self.head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 202"), head
        begin = head.lower().index(b"content-length:") + 15
        length = int(head[begin : head.index(b"\r\n", begin)])
        return json.loads(await self.reader.readexactly(length))["outcomes"]


@dataclass
class Site:
    """A web process, and who may speak to it."""

    child: Child
    port: int
    token: str
    source: str
    practice: UUID
    opened: list[Sender] = field(default_factory=list)

    async def senders(self, count: int, kind: str) -> list[Sender]:
        made = [await Sender.to(self.port, self.token, kind) for _ in range(count)]
        self.opened += made
        return made

    async def close(self) -> None:
        for sender in self.opened:
            sender.writer.close()
            await sender.writer.wait_closed()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def a_site(fresh: Fresh, practice: UUID, folder: Path) -> AsyncIterator[Site]:
    """One web process on this database."""
    kept = fresh.servers.environment()
    port = free_port()
    own = {"DATABASE_URL": fresh.servers.database_url(fresh.name), "WEB_PORT": str(port)}
    child = await start("web", {"PATH": "/usr/bin:/bin"} | kept | own, folder)
    try:

        async def listens() -> bool:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert child.is_running, child.said()
                return False
            writer.close()
            await writer.wait_closed()
            return True

        await until(listens)
        who = Who("practice", REGION, practice, "bench")
        key = read_secret(fresh.servers.folder.session_key).encode()
        token = mint(key, who, lifetime=timedelta(hours=2))
        site = Site(child, port, token, f"urn:nld:prikploeg:practice:{practice}", practice)
        yield site
        await site.close()
    finally:
        await child.stop()
