"""Keeps a connection for a lock or for notices, and notices when the other end is gone.

A machine that loses power, or a link that swallows everything, closes no connection. Without this the lock of a dead
relay would be held for two hours (the TCP default), and a listener would hear nothing for as long. Postgres probes us
(keepalives), and we probe Postgres.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import asyncpg

from infra.postgres.database import ASKED_BY_POSTGRES, told_apart

if TYPE_CHECKING:
    from typing import TypeAlias

    Kept: TypeAlias = asyncpg.Connection[asyncpg.Record]

ASK_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 4.0
PROBE_SECONDS: Final = 0.005  # between two looks whether the probe has its answer


@asynccontextmanager
async def held(dsn: str) -> "AsyncIterator[Kept]":
    """Opens a connection outside the pool, cut when it stops answering; raises Unavailable when Postgres is away."""
    async with told_apart():
        connection = await asyncpg.connect(dsn, timeout=5, server_settings=ASKED_BY_POSTGRES)
    asking = asyncio.create_task(keep_asking(connection))
    try:
        yield connection
    finally:
        asking.cancel()
        connection.terminate()


async def ask(connection: "Kept", query: str, *arguments: object) -> "list[asyncpg.Record]":
    """The rows of a query on a held connection, after a probe that is under way; cut when no answer comes.

    Raises Unavailable. The probe can not see a link fall silent while somebody waits for an answer on it.
    """
    loop = asyncio.get_running_loop()
    cutting = loop.call_later(ANSWER_SECONDS, connection.terminate)
    try:
        async with told_apart():
            while True:
                try:
                    return list(await connection.fetch(query, *arguments))
                except asyncpg.InterfaceError:
                    if connection.is_closed():
                        raise
                await asyncio.sleep(PROBE_SECONDS)
    finally:
        cutting.cancel()


async def keep_asking(connection: "Kept") -> None:
    """Probes the connection and cuts it when it does not answer, so that its owner sees it closed."""
    while not connection.is_closed():
        await asyncio.sleep(ASK_SECONDS)
        with suppress(asyncpg.InterfaceError):  # its owner is using it right now
            try:
                async with asyncio.timeout(ANSWER_SECONDS) as patience:
                    cutting = asyncio.get_running_loop().call_at(
                        patience.when() or 0.0, connection.terminate
                    )
                    try:
                        await connection.fetchval("SELECT 1")
                    finally:
                        cutting.cancel()
            except (asyncpg.PostgresError, asyncpg.InternalClientError, OSError, TimeoutError):
                connection.terminate()
