"""A TCP proxy that can cut, delay, starve, swallow and refuse: what a network does to us."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

CHUNK = 65_536


@dataclass(frozen=True)
class Manner:
    """How the proxy treats what passes, in both directions; the usual one passes all at once."""

    delay_seconds: float = 0.0
    bytes_per_second: float | None = None
    is_deaf: bool = False  # keeps and takes connections and holds what they say: half open
    refuses: bool = False  # takes no new connection


PASSES = Manner()
DEAF = Manner(is_deaf=True)
SLOW = Manner(delay_seconds=0.2)
TRICKLES = Manner(bytes_per_second=1.0)
REFUSES = Manner(refuses=True)


@dataclass
class Proxy:
    """One port before one server; the server is asked for at each connection, so it may move."""

    port: int
    target: Callable[[], int]
    manner: Manner = PASSES
    seen: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def cut(self) -> int:
        """End every connection as a failing switch does (RST); how many there were."""
        cut = len(self._open) // 2
        for writer in list(self._open):
            if (transport := writer.transport) is not None:
                transport.abort()
        return cut

    def pass_again(self) -> None:
        """What was held goes on now, however late; who connects is let through."""
        self.manner = PASSES

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, for as long as both ends want."""
        self.seen += 1
        if self.manner.refuses:
            writer.transport.abort()
            return
        try:
            inner, outer = await asyncio.open_connection("127.0.0.1", self.target())
        except OSError:
            writer.transport.abort()
            return
        both = {writer, outer}
        self._open |= both
        try:
            await asyncio.gather(self.pass_on(reader, outer), self.pass_on(inner, writer))
        finally:
            self._open -= both
            for end in both:
                end.transport.abort()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction, until it ends; an end is passed on as well."""
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self.treat(data, writer)
            writer.transport.abort()

    async def treat(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        while self.manner.is_deaf:
            await asyncio.sleep(0.02)
        if delay := self.manner.delay_seconds:
            await asyncio.sleep(delay)
        while data and (rate := self.manner.bytes_per_second):
            writer.write(data[:1])
            await writer.drain()
            data = data[1:]
            await asyncio.sleep(1 / rate)
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def a_proxy(port: int, target: Callable[[], int]) -> AsyncIterator[Proxy]:
    """A proxy on this port; every connection through it ends with it."""
    proxy = Proxy(port, target)

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        proxy._tasks.add(task)
        try:
            await proxy.take(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            proxy._tasks.discard(task)

    server = await asyncio.start_server(take, "127.0.0.1", port)
    try:
        yield proxy
    finally:
        server.close()
        for task in list(proxy._tasks):
            task.cancel()
        await asyncio.gather(*proxy._tasks, return_exceptions=True)
