"""The access log is sealed by the courier; whoever touches it behind our back is found by the verifier."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from infra.crypto import Keys
from infra.postgres.access_log import Look, log_reads
from infra.postgres.courier import seals
from infra.postgres.database import Database, Who
from infra.postgres.pages.status import ProcessRow
from services.commands.verifying import verify_all
from services.courier.sealing import Sealing, seal_lines
from services.web.alarms import list_alarms
from tests.conftest import Fresh
from tests.documents import block
from tests.services.commands.test_repairing import typed

pytestmark = pytest.mark.postgres
HERE, THERE = "GG2514", "GG0111"
PERSONS = [UUID(int=n) for n in range(1, 6)]
LOOK = Look("read", "own patient", "GET /praktijk", "10.1.2.3")


async def look_at(fresh: Fresh, *persons: UUID, region: str = HERE) -> None:
    who = Who("practice", region, UUID(int=99), f"local:practice:{region}")
    async with (await fresh.open("reader", 1)).reading(who) as tx:
        await log_reads(tx, who, persons, LOOK)


async def as_owner(fresh: Fresh, *statements: str) -> None:
    """What somebody does who has the whole database, and not the key."""
    owner = await fresh.open("owner", 1)
    async with owner.transaction() as tx:
        for table in ("access_log", "access_seals"):
            await tx.execute(f"ALTER TABLE {table} DISABLE TRIGGER only_added")
        for statement in statements:
            await tx.execute(statement)


async def sealed(fresh: Fresh) -> Database:
    """Five lines in one region and two in another, all sealed."""
    store = await fresh.open("courier", 2)
    for person in PERSONS:
        await look_at(fresh, person)
    await look_at(fresh, *PERSONS[:2], region=THERE)
    assert await seal_lines(store, fresh.keys()) == 7
    return store


async def faults(store: Database, fresh: Fresh, known=None) -> list[tuple[str, str]]:
    verdict = await verify_all(store, fresh.keys(), known or {})
    return [(one.kind, one.region) for one in verdict.faults]


async def test_a_log_that_nobody_touched_fits(fresh: Fresh):
    store = await sealed(fresh)

    verdict = await verify_all(store, fresh.keys(), {})

    assert verdict.faults == []
    assert verdict.lines == {HERE: 5, THERE: 2}


async def test_each_line_is_sealed_once_in_a_chain_of_its_region(fresh: Fresh):
    store = await sealed(fresh)
    await look_at(fresh, PERSONS[0])

    assert await seal_lines(store, fresh.keys()) == 1
    assert await seal_lines(store, fresh.keys()) == 0
    async with store.transaction() as tx:
        heads = await seals.read_heads(tx)
    assert {region: head.seq for region, head in heads.items()} == {HERE: 6, THERE: 2}


FOURTH = "(SELECT number FROM access_log WHERE region = 'GG2514' ORDER BY number OFFSET 3 LIMIT 1)"
THIRD = "(SELECT number FROM access_log WHERE region = 'GG2514' ORDER BY number OFFSET 2 LIMIT 1)"


@pytest.mark.parametrize(
    "column",
    ["region = 'GG0111'", "at = at - interval '1 day'", "person = gen_random_uuid()", "who = 'x'", "role = 'planner'",
     "organisation = NULL", "action = 'list'", "why = 'x'", "route = 'x'", "outcome = 'refused'", "origin = 'x'",
     "session = gen_random_uuid()"],
)  # fmt: skip
async def test_a_line_of_which_any_column_was_altered_is_found(fresh: Fresh, column: str):
    store = await sealed(fresh)

    await as_owner(fresh, f"UPDATE access_log SET {column} WHERE number = {FOURTH}")

    found = await faults(store, fresh)
    assert (("deleted" if column.startswith("region") else "altered"), HERE) in found


async def test_a_line_that_was_deleted_is_found(fresh: Fresh):
    store = await sealed(fresh)

    await as_owner(fresh, f"DELETE FROM access_log WHERE number = {FOURTH}")

    assert await faults(store, fresh) == [("deleted", HERE)]


async def test_a_line_that_was_deleted_with_its_seal_is_found(fresh: Fresh):
    store = await sealed(fresh)

    await as_owner(
        fresh,
        f"DELETE FROM access_seals WHERE number = {FOURTH}",
        f"DELETE FROM access_log WHERE number = {FOURTH}",
    )

    assert ("seal_gone", HERE) in await faults(store, fresh)


async def test_a_line_that_was_put_in_is_found(fresh: Fresh):
    store = await sealed(fresh)

    await as_owner(
        fresh,
        "INSERT INTO access_log (region, at, person, who, role, action, why) "
        "VALUES ('GG2514', now() - interval '1 day', gen_random_uuid(), 'x', 'practice', 'read', 'x')",
    )

    assert await seal_lines(store, fresh.keys()) == 0  # what is dated back gets no seal
    assert await faults(store, fresh) == [("inserted", HERE)]


async def test_lines_that_changed_places_are_found(fresh: Fresh):
    store = await sealed(fresh)

    await as_owner(
        fresh,
        f"CREATE TEMP TABLE t ON COMMIT DROP AS SELECT {THIRD} AS third, {FOURTH} AS fourth",
        "UPDATE access_seals SET number = -number WHERE number IN (SELECT third FROM t UNION SELECT fourth FROM t)",
        "UPDATE access_seals s SET number = CASE WHEN -s.number = t.third THEN t.fourth ELSE t.third END FROM t WHERE s.number < 0",
    )

    assert await faults(store, fresh) == [("altered", HERE)] * 2


async def test_the_end_that_was_cut_off_is_found_by_who_kept_where_it_was(fresh: Fresh):
    store = await sealed(fresh)
    kept = (await verify_all(store, fresh.keys(), {})).heads

    await as_owner(
        fresh,
        "DELETE FROM access_seals WHERE region = 'GG2514' AND seq > 3",
        f"DELETE FROM access_log WHERE region = 'GG2514' AND number >= {FOURTH}",
    )

    assert await faults(store, fresh) == []
    assert await faults(store, fresh, kept) == [("cut_off", HERE)]


async def test_seals_of_who_has_another_key_do_not_fit(fresh: Fresh):
    store = await sealed(fresh)
    await as_owner(fresh, "DELETE FROM access_seals")

    await seal_lines(store, Keys({1: b"x" * 32}, b"y" * 32))

    assert len(await faults(store, fresh)) == 7


@pytest.mark.parametrize("role", ["owner", "acceptor", "reader", "identifier", "planner", "relay", "courier"])  # fmt: skip
@pytest.mark.parametrize("table", ["access_log", "access_seals"])
async def test_nobody_changes_or_empties_the_log_or_its_seals(fresh: Fresh, role: str, table: str):
    await sealed(fresh)
    database = await fresh.open(role, 1)

    for statement in (
        f"UPDATE {table} SET region = region",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
    ):
        with pytest.raises(Exception, match=r"only added to|permission denied"):
            async with database.transaction() as tx:
                await tx.execute(statement)


async def test_who_reads_says_neither_when_nor_under_which_number(fresh: Fresh):
    who = Who("practice", HERE, UUID(int=99), "somebody")
    reader = await fresh.open("reader", 1)

    for column, value in (("at", "now() - interval '1 day'"), ("number", "1")):
        with pytest.raises(Exception, match="permission denied"):
            async with reader.reading(who) as tx:
                await tx.execute(
                    f"INSERT INTO access_log (region, person, who, role, organisation, action, why, {column}) OVERRIDING SYSTEM VALUE"
                    f" VALUES ('GG2514', gen_random_uuid(), 'somebody', 'practice', '{who.organisation}', 'read', 'x', {value})"
                )


class Ticking:
    """A clock that a test moves."""

    at = 0.0

    def monotonic(self) -> float:
        return self.at


async def test_a_courier_without_the_key_says_for_how_long_it_could_not_seal(fresh: Fresh):
    clock = Ticking()
    sealing = Sealing(clock)  # type: ignore[arg-type]
    store = await fresh.open("courier", 2)
    assert sealing.unsealed_seconds == 0

    running = asyncio.create_task(sealing.keep_on(store, None))
    await asyncio.sleep(0)
    clock.at = 42.0

    assert sealing.unsealed_seconds == 42
    running.cancel()


async def test_the_command_says_which_line_was_altered_and_keeps_where_the_chains_end(
    fresh: Fresh, tmp_path: Path
):
    await sealed(fresh)
    heads, key = tmp_path / "heads.json", str(fresh.servers.folder.master_key)
    line = block("docs/security.md", "prikploeg access verify").partition("#")[0]
    words = [str(heads) if word == "heads.json" else word for word in line.split()[1:]]

    first, said = await typed(fresh, *words, VAULT_MASTER_KEY_FILE=key)
    kept = heads.read_text()
    await as_owner(fresh, f"UPDATE access_log SET who = 'x' WHERE number = {FOURTH}")
    second, then = await typed(fresh, *words, VAULT_MASTER_KEY_FILE=key)

    assert (first, second) == (0, 1), said + then
    assert "GG2514: 5 lines, up to seal 5 " in said
    assert "GG2514: altered, or in another place: line 4\n" in then
    assert heads.read_text() == kept


async def test_a_log_that_is_not_sealed_is_an_alarm():
    def row(seconds: int) -> ProcessRow:
        state = {"destinations": 0, "unsealed_seconds": seconds}
        at = datetime(2021, 2, 17, tzinfo=UTC)
        return ProcessRow("courier", 0, 1, at, at, state)

    assert list_alarms([row(10)]) == []
    assert list_alarms([row(11)]) == [{"kind": "access_log_unsealed", "seconds": 11}]
