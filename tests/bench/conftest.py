"""Servers as they are delivered: what is measured is flushed to the disk."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from infra.embedded.folder import Folder
from infra.embedded.session import Servers, running
from infra.postgres.migrate import migrate
from tests.conftest import TEMPLATE, passwords_of


@pytest.fixture(scope="session")
async def postgres(folder: Folder) -> AsyncIterator[Servers]:
    """A running Postgres with the settings of the embedded server, fsync on, and a migrated template."""
    async with running(folder, kafka=False) as servers:
        owner = await asyncpg.connect(servers.postgres_dsn("owner"))
        assert await owner.fetchval("SHOW fsync") == "on"
        await owner.execute(f"CREATE DATABASE {TEMPLATE}")
        await owner.close()
        await migrate(servers.postgres_dsn("owner", TEMPLATE), passwords_of(servers.folder))
        yield servers
