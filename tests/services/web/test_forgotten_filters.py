"""A forgotten filter leaks nothing: every table and view that pages may read, whole, as everybody who reads.

The list of tables is asked of the database, so that a new one is tried the day it is made. What a row may say is judged
by what it holds: the region that it names, the persons, and every identifier of things that belong to others.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from infra.postgres.database import Database, Who
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.one_of_each import OneOfEach
from tests.services.web.seed import ABROAD, HOME, an_id
from tests.services.web.test_every_fact_is_seen import say

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# What anybody may read of every region, also who is not signed in; it names nobody and nothing of a person.
OPEN_TO_ALL = {
    "region_seq": "the number of the newest fact: that something happened, never what",
    "problem_changes": "the number of the newest fact that changes a problem",
    **dict.fromkeys(
        ("totals_people", "totals_plans", "totals_reasons", "totals_stock", "totals_unassigned", "totals_unassigned_all"),
        "the open status: people and doses in fives (decision 0021)",
    ),
}  # fmt: skip
REGIONS = {HOME, ABROAD}
BORROWS = {("planner", ABROAD), ("crisis", ABROAD)}  # the team of the seed, by `team.loaned`


@dataclass(frozen=True)
class Reader:
    """Somebody who reads, and whose rows are theirs."""

    name: str
    who: Who


def readers(site: Site) -> list[Reader]:
    regions = {"home": HOME, "abroad": ABROAD}
    found = [
        Reader(f"{role} {name}", site.who(role, region))
        for name, region in regions.items()
        for role in ("planner", "practice", "crisis", "admin", "stranger", "sender", "system")
    ]
    found.append(Reader("other practice home", site.who("practice", number=1)))
    return [*found, Reader("nobody", Who("", "", None, ""))]


async def readable(site: Site) -> dict[str, list[str]]:
    """Every table and view of which the pages' role may read any column, and which columns."""
    owner = await site.fresh.open("owner", 1)
    found = await rows(
        owner,
        """
        SELECT c.relname, array_agg(a.attname ORDER BY a.attnum)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
          AND has_column_privilege('reader', c.oid, a.attnum, 'SELECT') GROUP BY 1 ORDER BY 1
        """,
    )
    return {str(table): list(columns) for table, columns in found}  # type: ignore[call-overload]


async def read_all(reader: Database, who: Who, table: str, columns: Iterable[str]) -> list[dict]:
    async with reader.reading(who) as tx:
        return [dict(row) for row in await tx.fetch(f"SELECT {', '.join(columns)} FROM {table}")]


@dataclass(frozen=True)
class Belongs:
    """Whose what is: persons by practice and region, and the region of every other identifier."""

    persons: dict[UUID, set[UUID]]
    region_of: dict[str, set[str]]


async def belongings(site: Site) -> Belongs:
    owner = await site.fresh.open("owner", 1)
    persons: dict[UUID, set[UUID]] = {}
    for practice, person in await rows(owner, "SELECT practice, person FROM registrations"):
        persons.setdefault(practice, set()).add(person)  # type: ignore[arg-type]
    region_of: dict[str, set[str]] = {}
    for region, body in await rows(owner, "SELECT region, body::text FROM ledger"):
        for one in UUIDS.findall(str(body)):
            region_of.setdefault(one, set()).add(str(region))
    return Belongs(persons, region_of)


def find_leaks(reader: Reader, found: list[dict], belongs: Belongs) -> set[str]:
    """What of these rows is not this reader's: a region, a person, or a thing of another region alone."""
    own, role = reader.who.region, reader.who.role
    mine = belongs.persons.get(reader.who.organisation, set()) if reader.who.organisation else set()
    everybody = set().union(*belongs.persons.values())
    leaks = set()
    for row in found:
        if str(an_id(HOME, "team")) in str(row) and (role, own) in BORROWS:
            continue
        if row.get("region") in REGIONS - {
            own
        }:  # a region that stands there as a hash tells nothing
            leaks.add(f"region {row['region']}")
        for one in set(UUIDS.findall(str(row))):
            if UUID(one) in everybody and role != "planner" and UUID(one) not in mine:
                leaks.add("a person")
            elif (regions := belongs.region_of.get(one)) and not regions & {own, "NL"}:
                leaks.add("something of another region")
    return leaks


@pytest.fixture
async def full(site: Site) -> Site:
    """One fact of each kind, beside what the seed has of two regions."""
    one = OneOfEach(site, await site.fresh.open("acceptor", 1))
    for fact in one.all():
        await say(site, one, fact)
    return site


async def test_no_table_read_whole_shows_anybody_a_row_that_is_not_theirs(full: Site):
    belongs, leaks, seen = await belongings(full), {}, set()
    for table, columns in (await readable(full)).items():
        for reader in readers(full):
            found = await read_all(full.parts.reader, reader.who, table, columns)
            if found:
                seen.add(table)
            if table not in OPEN_TO_ALL and (what := find_leaks(reader, found, belongs)):
                leaks[table, reader.name] = sorted(what)

    assert leaks == {}
    assert len(seen) > 40, "the tables are not empty"


async def test_what_is_open_to_all_names_no_person_and_no_place(full: Site):
    belongs, tables = await belongings(full), await readable(full)
    everybody = {str(one) for own in belongs.persons.values() for one in own}
    places = {str(one) for one in (*full.home.locations, *full.abroad.locations)}

    for table in OPEN_TO_ALL:
        found = await read_all(full.parts.reader, Who("", "", None, ""), table, tables[table])
        assert not set(UUIDS.findall(str(found))) & (everybody | places), table


async def test_nobody_reads_the_cells_behind_the_totals(site: Site):
    """A cell of few people is 0 there, and yet a row with the moment of its newest fact: that it is there tells."""
    for role in ("planner", "practice", "crisis", "admin"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with site.parts.reader.reading(site.who(role)) as tx:
                await tx.fetch("SELECT * FROM people_cells")
