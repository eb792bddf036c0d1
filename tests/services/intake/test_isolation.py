"""A record that fails whatever the cause is found and set aside; an outage is not taken for a bad record.

The causes are real: a trigger in Postgres raises what a server raises that meets one of its limits.
"""

import asyncio

import asyncpg
import pytest

from infra.clock import SystemClock
from infra.postgres.systems import read_offsets
from services.accept.offering import offer_all
from services.commands.connecting import connect
from services.intake.signs import Signs
from tests.builders import REGION, a_record
from tests.facts import a_patient
from tests.flow.processes import environment, start, until
from tests.services.accept.looking import numbers, rows, set_aside
from tests.services.intake.a_system import a_practice_system
from tests.services.intake.test_process import outgoing, produce
from tests.services.intake.test_store import TOPIC, intake, messages  # noqa: F401  # a fixture

pytestmark = pytest.mark.postgres
COUNT, BAD = 40, 23
KINDS = {  # what the server says, and how the driver calls it
    "a limit of the server": ("54000", "ProgramLimitExceededError"),
    "no memory for it": ("53200", "OutOfMemoryError"),
    "an error of ours in the database": ("42P01", "UndefinedTableError"),
    "an error inside the server": ("XX000", "InternalServerError"),
    "cut short": ("57014", "QueryCanceledError"),
}


async def fail_on(dsn: str, name: str, code: str) -> None:
    """From now on whatever stores this event fails so."""
    owner = await asyncpg.connect(dsn)
    await owner.execute(
        f"CREATE FUNCTION fail_on() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NEW.id = '{name}' THEN RAISE EXCEPTION 'of the test' USING ERRCODE = '{code}'; END IF; RETURN NEW; END $$"
    )
    await owner.execute(
        "CREATE TRIGGER fail_on BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION fail_on()"
    )
    await owner.close()


@pytest.mark.parametrize(("code", "cause"), KINDS.values(), ids=KINDS)
async def test_the_record_that_fails_is_set_aside_with_its_cause_and_all_others_are_stored(
    fresh,
    intake,  # noqa: F811
    code,
    cause,
):
    await fail_on(fresh.dsn("owner"), f"e{BAD}", code)

    await intake.store(messages(*range(COUNT)))

    assert await set_aside(intake.database) == [("not_stored", [cause])]
    assert await numbers(intake.database, REGION) == list(range(1, COUNT))
    assert await rows(intake.database, "SELECT off FROM quarantine WHERE whole") == [(BAD,)]
    async with intake.database.transaction() as tx:
        assert (await read_offsets(tx))[TOPIC, 0] == COUNT
    assert (intake.accepted, intake.rejected) == (COUNT - 1, 1)


async def test_what_was_set_aside_can_be_offered_again_when_the_cause_is_gone(fresh, intake):  # noqa: F811
    await fail_on(fresh.dsn("owner"), f"e{BAD}", "54000")
    await intake.store(messages(*range(COUNT)))
    owner = await asyncpg.connect(fresh.dsn("owner"))
    await owner.execute("DROP TRIGGER fail_on ON ledger")
    await owner.close()

    done = await offer_all(
        intake.database,
        fresh.keys().for_quarantine(),
        TOPIC,
        None,
        offered_by="somebody",
        now=SystemClock().now(),
    )

    assert (done.accepted, done.refused) == (1, 0)
    assert await numbers(intake.database, REGION) == list(range(1, COUNT + 1))


async def test_connections_that_are_cut_again_and_again_are_no_fault_of_a_record(fresh, intake):  # noqa: F811
    owner = await asyncpg.connect(fresh.dsn("owner"))

    async def cut() -> None:
        while True:
            await owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'acceptor' AND datname = current_database()"
            )
            await asyncio.sleep(0.02)

    cutting = asyncio.create_task(cut())
    storing = asyncio.create_task(intake.store(messages(*range(COUNT))))
    await asyncio.sleep(6)
    cutting.cancel()
    await asyncio.wait_for(storing, 20)
    await owner.close()

    assert await set_aside(intake.database) == []
    assert await numbers(intake.database, REGION) == list(range(1, COUNT + 1))


async def test_a_lock_that_others_hold_for_long_is_no_fault_of_a_record(fresh, intake):  # noqa: F811
    await intake.store(messages(0))
    owner = await asyncpg.connect(fresh.dsn("owner"))
    async with owner.transaction():
        await owner.execute("SELECT FROM region_seq FOR UPDATE")
        storing = asyncio.create_task(intake.store(messages(1, 2)))
        await asyncio.sleep(17)  # three tries end for it
        assert intake.trouble.why == "LockNotAvailableError"
        now = intake.clock.monotonic()
        (told,) = Signs().stand_still(now, intake)
    await asyncio.wait_for(storing, 20)
    await owner.close()

    assert (told["kind"], told["topic"]) == ("intake_stands_still", TOPIC)
    assert Signs().stand_still(intake.clock.monotonic() + 60, intake) == []
    assert await set_aside(intake.database) == []
    assert await numbers(intake.database, REGION) == [1, 2, 3]


@pytest.mark.kafka
@pytest.mark.timeout(280)
async def test_a_record_that_takes_the_process_down_each_time_is_set_aside(fresh, kafka, tmp_path):
    system = a_practice_system(REGION)
    settings = fresh.settings(kafka)
    await connect(settings, [system])
    records = [a_record(a_patient(name), name, REGION, system) for name in ("a", "bad", "z")]
    await produce(settings.kafka, [outgoing(one, REGION) for one in records], seconds=0)
    owner, door = await asyncpg.connect(fresh.dsn("owner")), await fresh.open("acceptor")
    await owner.execute(
        "CREATE FUNCTION take_down() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.id = 'bad' THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END $$"
    )
    await owner.execute(
        "CREATE TRIGGER take_down BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION take_down()"
    )

    async def is_free() -> bool:
        sleeping: int = await owner.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        )
        return not sleeping

    async def has_it_in_hand_or_is_done() -> bool:
        return not await is_free() or await is_done()

    async def is_done() -> bool:
        return await rows(door, "SELECT id FROM ledger ORDER BY id") == [("a",), ("z",)]

    ends = 0
    while not await is_done():
        child = await start("intake", environment(fresh, kafka), tmp_path)
        try:
            await until(has_it_in_hand_or_is_done, 40)
        finally:
            await child.kill()
        ends += 1
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        )
        await until(is_free, 10)
    await owner.close()

    assert await set_aside(door) == [("not_stored", ["ProcessEnded"])]
    assert ends <= 8
