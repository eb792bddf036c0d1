import asyncpg
import pytest

from infra.errors import NotConfigured
from infra.postgres.migrate import known, migrate

pytestmark = pytest.mark.postgres


@pytest.fixture
async def empty(fresh) -> str:
    """The owner's address of a database without anything."""
    owner = await asyncpg.connect(fresh.dsn("owner"))
    await owner.execute("DROP TABLE migrations")
    await owner.execute("DROP SCHEMA public CASCADE")
    await owner.execute("CREATE SCHEMA public")
    await owner.close()
    return fresh.dsn("owner")


async def test_from_nothing_every_migration_is_applied_once_and_in_order(empty):
    applied = await migrate(empty, {})

    assert applied == [name for _, name, _ in known()]
    assert await migrate(empty, {}) == []


async def test_the_numbers_of_the_migrations_have_no_gap():
    assert [number for number, _, _ in known()] == list(range(1, len(known()) + 1))


async def test_a_migration_that_was_edited_is_refused(fresh):
    owner = await asyncpg.connect(fresh.dsn("owner"))
    await owner.execute("UPDATE migrations SET digest = 'other' WHERE number = 2")
    await owner.close()

    with pytest.raises(NotConfigured, match="0002_ledger was edited"):
        await migrate(fresh.dsn("owner"), {})


async def test_a_newer_database_is_refused(fresh):
    owner = await asyncpg.connect(fresh.dsn("owner"))
    await owner.execute("INSERT INTO migrations (number, name, digest) VALUES (99, 'future', 'x')")
    await owner.close()

    with pytest.raises(NotConfigured, match="migration 99"):
        await migrate(fresh.dsn("owner"), {})


async def test_a_migration_that_fails_leaves_nothing_of_itself(empty):
    await migrate(empty, {})
    owner = await asyncpg.connect(empty)
    await owner.execute("DELETE FROM migrations WHERE number = 2")

    with pytest.raises(asyncpg.DuplicateTableError):
        await migrate(empty, {})

    numbers = await owner.fetch("SELECT number FROM migrations")
    await owner.close()
    assert 2 not in {row["number"] for row in numbers}


async def test_two_that_migrate_at_once_apply_each_migration_once(empty):
    import asyncio

    both = await asyncio.gather(migrate(empty, {}), migrate(empty, {}))

    assert sorted(both, key=len) == [[], [name for _, name, _ in known()]]
