"""Locks that one process holds for as long as its connection lives, outside any transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from infra.postgres.database import told_apart
from infra.postgres.held import held

if TYPE_CHECKING:
    import asyncpg

RELAY = 5_118_220_307
COURIER = 5_118_220_308
PLANNER = 733_902_114  # first half of a two-part key; the region is the second


@asynccontextmanager
async def lock_connection(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection that may ask for the lock of the one relay or courier, and keeps it while it lives."""
    async with held(dsn) as connection:
        yield connection


async def become_only_one(connection: "asyncpg.Connection[asyncpg.Record]", lock: int) -> bool:
    """True when this connection now holds this lock: RELAY or COURIER."""
    async with told_apart():
        return bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock))


@asynccontextmanager
async def only_planner_of(dsn: str, region: str) -> AsyncIterator[bool]:
    """True for the one planner of a region, False for a second one; held on a connection of its own."""
    async with held(dsn) as connection:
        async with told_apart():
            mine = await connection.fetchval(
                "SELECT pg_try_advisory_lock($1::int, hashtext($2))", PLANNER, region
            )
        yield bool(mine)
