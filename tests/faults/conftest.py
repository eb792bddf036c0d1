"""A second database beside the usual one, to compare what two histories leave behind."""

import logging
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.conftest import TEMPLATE, Fresh


@pytest.fixture
async def another(fresh: Fresh) -> AsyncIterator[Fresh]:
    """A migrated database that nobody else uses."""
    made = Fresh(fresh.servers, f"{fresh.name}_b")
    owner = await asyncpg.connect(fresh.servers.postgres_dsn("owner"))
    await owner.execute(f"CREATE DATABASE {made.name} TEMPLATE {TEMPLATE}")
    yield made
    for database in made.opened:
        await database.close()
    await owner.execute(f"DROP DATABASE {made.name} WITH (FORCE)")
    await owner.close()


@pytest.fixture(autouse=True)
def quiet_client() -> None:
    """While its broker is away the client says so some 75 times a second."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
