import asyncio
from pathlib import Path

import asyncpg
import pytest

from infra.errors import NotConfigured, Unavailable
from infra.postgres import migrate as migrating
from infra.postgres.migrate import LOCK_MS, migrate, read_migrations

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

    assert applied == [name for _, name, _ in read_migrations()]
    assert await migrate(empty, {}) == []


async def test_the_numbers_of_the_migrations_have_no_gap():
    assert [number for number, _, _ in read_migrations()] == list(
        range(1, len(read_migrations()) + 1)
    )


async def test_a_migration_that_was_edited_is_refused(fresh):
    owner = await asyncpg.connect(fresh.dsn("owner"))
    await owner.execute("UPDATE migrations SET digest = 'other' WHERE number = 2")
    await owner.close()

    with pytest.raises(NotConfigured, match="0002_ledger was edited"):
        await migrate(fresh.dsn("owner"), {})


async def note(fresh, number: int, name: str) -> None:
    """As if a later version had applied this."""
    owner = await asyncpg.connect(fresh.dsn("owner"))
    await owner.execute(
        "INSERT INTO migrations (number, name, digest) VALUES ($1, $2, 'x')", number, name
    )
    await owner.close()


async def test_the_version_before_starts_on_a_database_to_which_a_later_one_added_something(fresh):
    await note(fresh, 99, "0099_future")

    assert await migrate(fresh.dsn("owner"), {}) == []


async def test_a_database_from_which_a_later_version_took_something_is_refused(fresh):
    await note(fresh, 99, "0099_contract_future")

    with pytest.raises(NotConfigured, match="0099_contract_future"):
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
    both = await asyncio.gather(migrate(empty, {}), migrate(empty, {}))

    assert sorted(both, key=len) == [[], [name for _, name, _ in read_migrations()]]


@pytest.fixture
def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The released migrations, and a next one that adds a column to a busy table."""
    for _, name, text in read_migrations():
        (tmp_path / f"{name}.sql").write_text(text)
    number = read_migrations()[-1][0] + 1
    (tmp_path / f"{number:04}_one_more.sql").write_text(
        "ALTER TABLE seen ADD COLUMN note text NOT NULL DEFAULT '';"
    )
    monkeypatch.setattr(migrating, "FOLDER", tmp_path)


async def lock_for(dsn: str, seconds: float, held: asyncio.Event) -> None:
    """A transaction that is at work on the busy table, and slow."""
    busy = await asyncpg.connect(dsn)
    async with busy.transaction():
        await busy.execute("LOCK TABLE seen IN ROW EXCLUSIVE MODE")
        held.set()
        await asyncio.sleep(seconds)
    await busy.close()


@pytest.mark.usefixtures("one_more")
async def test_a_busy_table_is_tried_again_and_nobody_waits_long_behind_the_migration(fresh):
    held = asyncio.Event()
    owner = fresh.dsn("owner")
    slow = asyncio.create_task(lock_for(owner, 2.0, held))
    await held.wait()
    migrating_now = asyncio.create_task(migrate(owner, {}))
    other = await asyncpg.connect(owner)
    longest, loop = 0.0, asyncio.get_running_loop()

    while not migrating_now.done():
        begun = loop.time()
        await other.fetch("SELECT FROM seen LIMIT 1")
        longest = max(longest, loop.time() - begun)
        await asyncio.sleep(0.01)
    await other.close()
    await slow

    assert [name[5:] for name in await migrating_now] == ["one_more"]
    assert LOCK_MS / 1000 * 0.5 < longest < LOCK_MS / 1000 + 0.6


@pytest.mark.usefixtures("one_more")
async def test_a_table_that_stays_busy_ends_the_migration_with_nothing_of_it(fresh):
    held = asyncio.Event()
    owner = fresh.dsn("owner")
    slow = asyncio.create_task(lock_for(owner, 3.0, held))
    await held.wait()

    with pytest.raises(Unavailable, match="one_more waits"):
        await migrate(owner, {}, patience=0.5)

    assert not slow.done()
    await slow
    assert len(await migrate(owner, {})) == 1
