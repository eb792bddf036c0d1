"""Advisory locks that a process holds for as long as its connection lives, outside any transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from infra.postgres.held import ask, held

if TYPE_CHECKING:
    import asyncpg

    from infra.postgres.database import Connection

RELAY = 5_118_220_307
COURIER = 5_118_220_308
PLANNER = 733_902_114  # first half of a two-part key; the region is the second
HAND = 733_902_115  # likewise


@asynccontextmanager
async def open_lock_connection(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Opens the connection that asks for the lock of the only relay or courier and keeps it while it lives."""
    async with held(dsn) as connection:
        yield connection


async def become_only_one(connection: "asyncpg.Connection[asyncpg.Record]", lock: int) -> bool:
    """Tries to take the lock RELAY or COURIER; whether this connection now holds it."""
    rows = await ask(connection, "SELECT pg_try_advisory_lock($1)", lock)
    return bool(rows[0][0])


@asynccontextmanager
async def become_only_planner(dsn: str, region: str) -> AsyncIterator[bool]:
    """Tries to become the only planner of a region, on a connection of its own; False when another one is."""
    async with held(dsn) as connection:
        rows = await ask(
            connection, "SELECT pg_try_advisory_lock($1::int, hashtext($2))", PLANNER, region
        )
        yield bool(rows[0][0])


async def wait_to_change(tx: "Connection", region: str) -> None:
    """Waits until nobody else changes the plan of a region by hand; ends with the transaction, so that a dead process holds nobody up."""
    await tx.execute("SELECT pg_advisory_xact_lock($1::int, hashtext($2))", HAND, region)
