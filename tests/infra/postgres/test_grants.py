"""What each role may do to a table, asked of Postgres itself for every table that there is, and tried."""

import ast
import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

import infra.postgres
from infra.postgres.database import Database
from tests.conftest import Fresh
from tests.infra.postgres.databases import a_database

pytestmark = pytest.mark.postgres
REFUSED = asyncpg.InsufficientPrivilegeError
CHANGES = ("UPDATE", "DELETE", "TRUNCATE")
STATEMENT = re.compile(
    r"(?:INSERT INTO (?P<merged>\w+)\b.*DO UPDATE)|(?:\bUPDATE (?:public\.)?(?P<changed>\w+) )|(?:SELECT FROM (?P<locked>\w+) .*FOR UPDATE)",
    re.DOTALL,
)
VAULT = ("persons", "person_statements", "person_questions")
# Not by number of the ledger, and yet what is there stays: which events there are, what was lost, what means what.
ONCE = {"ledger", "seen", "gaps", "source_aliases", "plan_unassigned", "plan_findings"}


@pytest.fixture(scope="module")
async def granted(postgres) -> AsyncIterator[Fresh]:
    """One database for the whole module: every change in it is refused."""
    async with a_database(postgres, "test_grants") as fresh:
        yield fresh


async def column(fresh: Fresh, query: str) -> set[str]:
    owner = await asyncpg.connect(fresh.dsn("owner"))
    try:
        return {row[0] for row in await owner.fetch(query)}
    finally:
        await owner.close()


async def series(fresh: Fresh) -> set[str]:
    """Tables with a row for each fact: the number of the fact is in the key."""
    return ONCE | await column(
        fresh,
        """
        SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
        WHERE i.indisprimary AND a.attname = 'seq' AND c.relnamespace = 'public'::regnamespace
          AND has_table_privilege('acceptor', c.oid, 'INSERT')
        """,
    )


async def with_right(fresh: Fresh, role: str, right: str) -> set[str]:
    """The tables and views on which this role has the right, if for one column only."""
    on_columns = (
        f" OR has_any_column_privilege('{role}', c.oid, '{right}')"
        if right in ("SELECT", "INSERT", "UPDATE")
        else ""
    )
    return await column(
        fresh,
        f"SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')"
        f" AND (has_table_privilege('{role}', c.oid, '{right}'){on_columns})",
    )


def said_by_code() -> set[str]:
    """The tables that our statements change or lock a row of."""
    found: set[str] = set()
    for file in Path(infra.postgres.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for match in STATEMENT.finditer(node.value):
                    found |= {name for name in match.groups() if name}
    return found


def deleted_by_code() -> set[str]:
    """The tables that our statements delete from."""
    code = "\n".join(file.read_text() for file in Path(infra.postgres.__path__[0]).rglob("*.py"))
    return set(re.findall(r"\bDELETE FROM (\w+)", code))


async def refusals(database: Database, statements: list[str]) -> list[str]:
    """Those of the statements that were not refused for want of a right."""
    passed = []
    for statement in statements:
        try:
            async with database.transaction() as tx:
                await tx.execute(statement)
        except REFUSED:
            continue
        passed.append(statement)
    return passed


async def test_who_accepts_may_only_add_to_a_series(granted):
    tables = await series(granted)
    assert {"consents", "doses", "stock_movements", "dose_corrections"} <= tables
    acceptor = await granted.open("acceptor")
    columns = {
        table: min(
            await column(
                granted,
                f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND attgenerated = ''",
            )
        )
        for table in tables
    }

    passed = await refusals(
        acceptor,
        [
            statement
            for table, name in columns.items()
            for statement in (
                f"UPDATE {table} SET {name} = {name}",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
            )
        ],
    )

    assert passed == []


async def test_who_accepts_may_change_no_more_tables_than_our_statements_change(granted):
    allowed = await with_right(granted, "acceptor", "UPDATE")

    assert allowed - said_by_code() == set()
    assert allowed & await series(granted) == set()


@pytest.mark.parametrize("role", ["acceptor", "reader", "identifier", "planner", "relay"])
async def test_no_process_deletes_what_was_accepted(granted, role: str):
    # What was refused is kept for a while and was never accepted, a list that is only looked at neither; sessions and codes end.
    passing = {
        "quarantine",
        "sessions",
        "sign_in_codes",
        "provider_sessions",
        "used_tokens",
        "uploads",
    }
    deleted = await with_right(granted, role, "DELETE")
    assert deleted <= passing
    assert deleted <= deleted_by_code()


@pytest.mark.parametrize(
    "role", ["acceptor", "reader", "identifier", "planner", "relay", "courier"]
)
async def test_no_process_may_empty_a_table_or_make_one(granted, role: str):
    assert await with_right(granted, role, "TRUNCATE") == set()
    database = await granted.open(role)

    assert await refusals(database, ["CREATE TABLE mine ()"]) == []


@pytest.mark.parametrize("role", ["reader", "identifier", "planner", "relay", "courier"])
async def test_the_ledger_and_its_series_are_changed_by_nobody_else(granted, role: str):
    tables = await series(granted)

    for right in (*CHANGES, "INSERT"):
        assert tables & await with_right(granted, role, right) == set(), right


async def test_the_courier_has_no_right_on_the_vault(granted):
    courier = await granted.open("courier")

    for right in ("SELECT", "INSERT", *CHANGES):
        assert await with_right(granted, "courier", right) & set(VAULT) == set(), right
    assert await with_right(granted, "courier", "INSERT") & {"access_log"} == set()
    passed = await refusals(courier, [f"SELECT FROM {table}" for table in VAULT])
    assert passed == []
    assert not await column(
        granted,
        "SELECT policyname FROM pg_policies WHERE 'courier' = ANY (roles) AND tablename IN ('persons', 'person_statements')",
    )
