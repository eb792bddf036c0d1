"""The server below the application: how long connections live, and how it ends."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final

import h11
import uvicorn
from fastapi import FastAPI
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

# Longer than clients and proxies keep an idle connection (15 to 60 s): who closes first must be the one
# who speaks next, or a POST meets a connection that was just closed and is lost with a reset.
KEEP_ALIVE_SECONDS: Final = 75
GRACE_SECONDS: Final = 3
HEADER_SECONDS: Final = (
    15.0  # from the first byte, or from the connection, until all headers are in
)


class Patient(H11Protocol):
    """Closes a connection on which no whole request line and headers come in time: by itself the server waits for ever."""

    waiting: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:  # a request has begun, and its headers are not whole
            self._wait()
        else:
            self._stop_waiting()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self.waiting is None:
            self.waiting = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None

    def _give_up(self) -> None:
        self.waiting = None
        if self.conn.their_state is h11.IDLE:
            self.transport.close()


def make_server(app: FastAPI, host: str, port: int) -> uvicorn.Server:
    """The server of pages and API: it ends in order, and leaves it to the client to close an idle connection."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=Patient,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            log_config=None,
            access_log=False,
            server_header=False,
        )
    )


async def serve_beside(server: uvicorn.Server, beside: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Serve while these run, and end all with the server.

    An error of one of them is raised, but not before the server has ended in order: who asked something gets its
    answer. A TaskGroup alone would cancel the server too, and cut off every request that is still being answered.
    """
    tasks = [asyncio.create_task(one) for one in beside]
    for task in tasks:
        task.add_done_callback(lambda _: setattr(server, "should_exit", True))
    try:
        await server.serve()
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end
