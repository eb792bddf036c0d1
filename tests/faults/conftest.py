"""A second database beside the usual one, to compare what two histories leave behind."""

import logging
from collections.abc import AsyncIterator, Iterator

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
def quiet_client() -> Iterator[None]:
    """While its broker is away the client says so some 75 times a second."""
    client = logging.getLogger("aiokafka")
    before = client.level
    client.setLevel(logging.CRITICAL)
    yield
    client.setLevel(before)
