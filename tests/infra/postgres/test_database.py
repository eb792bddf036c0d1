import asyncio

import asyncpg
import pytest

from infra.errors import RefusedByStore, Unavailable
from infra.postgres.database import Database, wait_for

pytestmark = pytest.mark.postgres
NOWHERE = "postgresql://acceptor@127.0.0.1:1/nowhere"


@pytest.fixture
async def owner(fresh) -> Database:
    return await fresh.open("owner", 2)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 / 0",
        "SELECT '{'::jsonb",
        "INSERT INTO region_seq VALUES ('GG2514', NULL)",
        "INSERT INTO region_seq VALUES ('GG2514', 1), ('GG2514', 2)",
    ],
)
async def test_bad_data_are_the_fault_of_who_sent_them(owner, statement):
    with pytest.raises(RefusedByStore):
        async with owner.transaction() as tx:
            await tx.execute(statement)


async def test_the_message_about_bad_data_holds_no_value(owner):
    with pytest.raises(RefusedByStore) as refused:
        async with owner.transaction() as tx:
            await tx.execute("SELECT $1::jsonb", "Jansen 999990019")

    assert "Jansen" not in str(refused.value)


async def test_a_statement_that_is_wrong_is_our_own_fault(owner):
    with pytest.raises(asyncpg.UndefinedTableError):
        async with owner.transaction() as tx:
            await tx.execute("SELECT * FROM no_such_table")


async def test_a_database_that_is_not_there_is_unavailable():
    with pytest.raises(Unavailable):
        await Database.open(NOWHERE)


async def test_waiting_for_a_database_ends(fresh):
    with pytest.raises(Unavailable):
        await wait_for(NOWHERE, patience=0.3)
    database = await wait_for(fresh.dsn("acceptor"), size=1, patience=5)
    await database.close()


async def test_a_backend_that_is_ended_is_the_world_and_the_next_transaction_works(owner):
    with pytest.raises(Unavailable):
        async with owner.transaction() as tx:
            await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    async with owner.transaction() as tx:
        assert await tx.fetchval("SELECT 1") == 1


async def test_a_task_that_is_told_to_end_while_postgres_is_away_ends(owner):
    """Its roll-back fails too; a loop that tries again after an outage would go on for ever."""
    begun, rounds = asyncio.Event(), []

    async def go_on_for_ever() -> None:
        while True:
            try:
                async with owner.transaction() as tx:
                    rounds.append(await tx.fetchval("SELECT pg_backend_pid()"))
                    begun.set()
                    await asyncio.sleep(60)
            except Unavailable:
                await asyncio.sleep(0)

    task = asyncio.create_task(go_on_for_ever())
    await begun.wait()
    async with owner.transaction() as tx:
        await tx.execute("SELECT pg_terminate_backend($1, 5000)", rounds[0])
    task.cancel()

    done, _ = await asyncio.wait([task], timeout=10)
    task.cancel()

    assert done
    assert task.cancelled()
    assert len(rounds) == 1


async def test_a_statement_that_takes_too_long_is_given_up(fresh):
    hasty = await Database.open(fresh.dsn("owner"), size=1, deadline=0.3)

    with pytest.raises(Unavailable):
        async with hasty.transaction() as tx:
            await tx.execute("SELECT pg_sleep(5)")
    await hasty.close()


async def test_a_deadlock_is_the_world(owner):
    async with owner.transaction() as tx:
        await tx.execute("INSERT INTO region_seq VALUES ('A', 0), ('B', 0)")
    both = asyncio.Barrier(2)

    async def lock(first: str, second: str) -> str:
        try:
            async with owner.transaction() as tx:
                await tx.execute("UPDATE region_seq SET n = n + 1 WHERE region = $1", first)
                await both.wait()
                await tx.execute("UPDATE region_seq SET n = n + 1 WHERE region = $1", second)
        except Unavailable:
            return "unavailable"
        return "done"

    assert sorted(await asyncio.gather(lock("A", "B"), lock("B", "A"))) == ["done", "unavailable"]


async def test_nothing_stays_of_a_transaction_that_failed(owner):
    with pytest.raises(RefusedByStore):
        async with owner.transaction() as tx:
            await tx.execute("INSERT INTO region_seq VALUES ('A', 0); SELECT 1 / 0")

    async with owner.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM region_seq") == 0


async def test_a_snapshot_sees_one_moment_and_writes_nothing(owner):
    async with owner.snapshot() as tx:
        before = await tx.fetchval("SELECT count(*) FROM region_seq")
        async with owner.transaction() as other:
            await other.execute("INSERT INTO region_seq VALUES ('A', 0)")

        assert await tx.fetchval("SELECT count(*) FROM region_seq") == before == 0
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await tx.execute("INSERT INTO region_seq VALUES ('B', 0)")
