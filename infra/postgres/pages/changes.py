"""Hears from Postgres that something was accepted: LISTEN on a connection of its own."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import asyncpg

from infra.errors import Unavailable
from infra.postgres.database import told_apart

CHANNEL = "accepted"
CHECK_SECONDS = 5.0


async def hear(
    dsn: str, tell: Callable[[str, int], None], settle: Callable[[], None] = lambda: None
) -> None:
    """Call `tell(region, number)` for every commit, until cancelled; Unavailable when Postgres goes away.

    First with where every region is now, the country too, and then `settle()`: so the numbers are the same
    after a restart.
    """
    gone = asyncio.Event()
    async with told_apart():
        connection = await asyncpg.connect(dsn, timeout=5)
    try:
        connection.add_termination_listener(lambda _: gone.set())

        def heard(_connection: object, _pid: int, _channel: str, payload: object) -> None:
            words = str(payload).split()  # "GG2514 812 NL 40"
            for region, number in zip(words[::2], words[1::2], strict=False):
                tell(region, int(number))

        async with told_apart():
            await connection.add_listener(CHANNEL, heard)
            for row in await connection.fetch("SELECT region, n FROM region_seq"):
                tell(row["region"], row["n"])
            settle()
        while not gone.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(gone.wait(), CHECK_SECONDS)
            if not gone.is_set():
                async with told_apart():  # a connection that died without a word is found here
                    await connection.execute("SELECT 1", timeout=CHECK_SECONDS)
        raise Unavailable("Postgres: the listening connection was closed")
    finally:
        connection.terminate()
