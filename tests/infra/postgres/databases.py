"""A database for several tests, where a fresh one for each would cost more than it tells."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from infra.embedded.session import Servers
from tests.conftest import TEMPLATE, Fresh


@asynccontextmanager
async def a_database(postgres: Servers, name: str) -> AsyncIterator[Fresh]:
    """A migrated database with this name, gone afterwards."""
    owner = await asyncpg.connect(postgres.postgres_dsn("owner"))
    await owner.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    made = Fresh(postgres, name)
    try:
        yield made
    finally:
        await asyncio.gather(*(database.close() for database in made.opened))
        await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await owner.close()
