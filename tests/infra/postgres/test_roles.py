"""Who may see and write what: asked of the database itself, without any filter in the query."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from events.births import BirthDate
from events.plans import PlannedPerson
from infra.person import Description, Person, SaidBy, Speaker
from infra.postgres.access_log import Look, log_reads
from infra.postgres.database import Database, Who
from infra.postgres.state import STATE_TABLES
from infra.postgres.vault import identify, open_persons
from tests.builders import OTHER_REGION, REGION, a_plan, say
from tests.conftest import Fresh
from tests.facts import (
    NOW,
    a_consent,
    a_dose,
    a_loan,
    a_patient,
    a_shift,
    a_team,
    an_adverse_event,
    an_assignment,
    uid,
)
from tests.infra.postgres.databases import a_database
from tests.services.accept.history import FACTS

pytestmark = pytest.mark.postgres
OF_PEOPLE = (
    "registrations",
    "consents",
    "assessments",
    "doses",
    "visits",
    "presences",
    "appointments",
    "adverse_events",
    "return_records",
    "leftovers_taken",
    "reserves",
    "identities",
)
VAULT = ("persons", "person_statements")
REFUSED = asyncpg.InsufficientPrivilegeError
LOOK = Look("read", "test")
PLANNER = Who("planner", REGION, None, "planner@example.org")
CRISIS = Who("crisis", REGION, None, "crisis@example.org")
NORTH = Who("practice", REGION, uid("practice north"), "north@example.org")
SOUTH = Who("practice", REGION, uid("practice south"), "south@example.org")
NOBODY = Who("", "", None, "")
PEOPLE = {
    name: Person(bsn, name, "Test", BirthDate(1931, 4, 3), "3581AB")
    for name, bsn in (("Noor", None), ("Zuid", None), ("Beide", "999990019"))
}


SAID = (("Noor", NORTH), ("Zuid", SOUTH), ("Beide", NORTH), ("Beide", SOUTH))


def described(name: str, by: Who) -> Description:
    return Description(PEOPLE[name], Speaker(SaidBy.PRACTICE, by.organisation, by.region))


@dataclass
class Populated:
    """A database with two practices, three people and a day of work in two regions."""

    fresh: Fresh
    ids: dict[str, UUID]
    reader: Database

    async def sees(self, who: Who, query: str) -> list[tuple[Any, ...]]:
        async with self.reader.reading(who) as tx:
            return [tuple(row) for row in await tx.fetch(query)]

    async def tables_seen(self, who: Who, tables: tuple[str, ...] = STATE_TABLES) -> set[str]:
        """Of these tables those in which this reader finds a row."""
        return {name for name in tables if await self.sees(who, f"SELECT FROM {name} LIMIT 1")}


@pytest.fixture(scope="module")
async def populated(postgres) -> AsyncIterator[Populated]:
    """One database for the whole module: its tests read, or are refused."""
    async with a_database(postgres, "test_roles") as fresh:
        yield await populate(fresh)


async def populate(fresh: Fresh) -> Populated:
    identifier, door = await fresh.open("identifier"), await fresh.open("acceptor")
    async with identifier.transaction() as tx:
        found = await identify(tx, fresh.keys(), [described(*one) for one in SAID], NOW)
    ids = {name: one.id for (name, _), one in zip(SAID, found, strict=True)}
    for region in (REGION, OTHER_REGION):
        await say(door, *FACTS, region=region)
    north, south = {"practice_id": NORTH.organisation}, {"practice_id": SOUTH.organisation}
    for name, practice in (("Noor", north), ("Zuid", south), ("Beide", north), ("Beide", south)):
        await say(
            door,
            a_patient(**practice, person_id=ids[name]),
            a_consent(**practice, person_id=ids[name]),
            a_dose(person_id=ids[name], dose_no=2, visit_id=uid(f"earlier {name}")),
        )
    one_each = [
        an_assignment(
            f"visit {name}", (), 8 + n, persons=(PlannedPerson(person_id=ids[name], dose_no=3),)
        )
        for n, name in enumerate(ids)
    ]
    await say(door, a_plan("one", (0, 0), *one_each))
    return Populated(fresh, ids, await fresh.open("reader"))


async def test_without_identity_no_table_shows_a_row(populated):
    assert await populated.tables_seen(NOBODY, (*STATE_TABLES, *VAULT, "plan_unassigned")) == set()


async def test_a_planner_sees_every_table_of_the_own_region(populated):
    assert await populated.tables_seen(PLANNER) == set(STATE_TABLES)


async def test_a_planner_sees_no_row_of_another_region(populated):
    regions = {
        (name, region)
        for name in STATE_TABLES
        for (region,) in await populated.sees(PLANNER, f"SELECT DISTINCT region FROM {name}")
    }

    assert {region for _, region in regions} == {REGION, "NL"}
    assert {name for name, region in regions if region == "NL"} <= {"campaigns", "products"}


async def test_a_planner_sees_no_name_and_no_record_of_a_plan(populated):
    assert await populated.tables_seen(PLANNER, (*VAULT, "plan_records")) == set()


async def test_a_practice_sees_its_own_registrations_only(populated):
    found = await populated.sees(NORTH, "SELECT person, practice FROM registrations")

    ids = populated.ids
    assert set(found) == {(ids["Noor"], NORTH.organisation), (ids["Beide"], NORTH.organisation)}


@pytest.mark.parametrize(
    "table", ["consents", "doses", "presences", "appointments", "person_statements"]
)
async def test_a_practice_sees_of_its_own_patients_only(populated, table):
    found = await populated.sees(NORTH, f"SELECT DISTINCT person FROM {table}")

    assert {person for (person,) in found} == {populated.ids["Noor"], populated.ids["Beide"]}


async def test_a_practice_sees_the_visits_of_its_own_patients_only(populated):
    found = await populated.sees(SOUTH, "SELECT visit FROM visits")

    assert {visit for (visit,) in found} == {uid("visit Zuid"), uid("visit Beide")}


async def test_a_practice_opens_the_names_of_its_own_patients_only(populated):
    async with populated.reader.reading(NORTH) as tx:
        opened = await open_persons(tx, populated.fresh.keys(), list(populated.ids.values()))

    assert {person.given_name for person in opened.values()} == {"Noor", "Beide"}


async def test_a_practice_of_another_name_sees_no_patient(populated):
    stranger = replace(NORTH, organisation=uid("practice of nobody"))

    assert await populated.tables_seen(stranger, (*OF_PEOPLE, *VAULT)) == set()


async def test_a_practice_without_an_organisation_sees_no_patient(populated):
    assert await populated.tables_seen(replace(NORTH, organisation=None), OF_PEOPLE) == set()


async def test_the_crisis_team_sees_no_row_of_a_person(populated):
    tables = (*OF_PEOPLE, *VAULT, "plan_unassigned", "pins")

    assert await populated.tables_seen(CRISIS, tables) == set()
    assert await populated.sees(CRISIS, "SELECT FROM plans") != []


async def test_an_unknown_role_sees_public_facts_only(populated):
    seen = await populated.tables_seen(replace(PLANNER, role="visitor"))

    assert seen == {"organisations", "policies", "locations", "teams", "campaigns", "products"}


async def test_identity_ends_with_its_transaction(populated):
    await populated.sees(PLANNER, "SELECT FROM visits")

    async with populated.reader.transaction() as tx:
        assert await tx.fetch("SELECT FROM visits") == []


@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
async def test_a_reader_changes_nothing(populated, statement):
    columns = {"persons": "person", "systems": "topic", "seen": "source"}

    for table in (*STATE_TABLES, "plan_records", "ledger", "region_seq", *columns):
        with pytest.raises(REFUSED):
            async with populated.reader.reading(PLANNER) as tx:
                await tx.execute(statement.format(table, columns.get(table, "region")))


async def test_a_reader_may_insert_into_the_log_and_nothing_else(populated):
    granted = await populated.sees(
        PLANNER,
        """
        SELECT DISTINCT table_name, privilege_type FROM information_schema.role_column_grants
        WHERE grantee = 'reader' AND privilege_type <> 'SELECT'
        """,
    )

    assert set(granted) == {("access_log", "INSERT")}


async def test_a_reader_logs_its_own_reads(populated):
    owner = await populated.fresh.open("owner")
    async with populated.reader.reading(NORTH) as tx:
        await log_reads(tx, NORTH, list(populated.ids.values()), LOOK)

    async with owner.transaction() as tx:
        found = await tx.fetch("SELECT person, who, role, organisation, region FROM access_log")

    assert {tuple(row) for row in found} == {
        (person, NORTH.subject, "practice", NORTH.organisation, REGION)
        for person in populated.ids.values()
    }


@pytest.mark.parametrize(
    "other",
    [
        replace(NORTH, subject="somebody else"),
        replace(NORTH, role="planner"),
        replace(NORTH, region=OTHER_REGION),
        replace(NORTH, organisation=None),
    ],
    ids=["subject", "role", "region", "organisation"],
)
async def test_a_reader_logs_nothing_in_another_name(populated, other):
    with pytest.raises(REFUSED):
        async with populated.reader.reading(NORTH) as tx:
            await log_reads(tx, other, [populated.ids["Noor"]], LOOK)


async def test_a_reader_can_not_read_the_log(populated):
    with pytest.raises(REFUSED):
        await populated.sees(PLANNER, "SELECT * FROM access_log")


@pytest.mark.parametrize(
    ("role", "tables"),
    [
        ("acceptor", ("persons", "access_log")),
        ("identifier", ("ledger", "registrations", "visits", "quarantine", "access_log")),
        ("planner", ("persons", "access_log", "quarantine")),
        ("relay", ("persons", "registrations", "quarantine", "access_log")),
        ("reader", ("ledger", "seen", "quarantine")),
        ("courier", ("registrations", "quarantine")),
    ],
)
async def test_a_role_can_not_read_what_it_does_not_need(populated, role, tables):
    database = await populated.fresh.open(role)

    for table in tables:
        with pytest.raises(REFUSED):
            async with database.transaction() as tx:
                await tx.fetch(f"SELECT * FROM {table}")


@pytest.mark.parametrize(
    "role", ["acceptor", "reader", "identifier", "planner", "relay", "courier"]
)
async def test_a_role_can_not_turn_row_security_off_or_become_another(populated, role):
    database = await populated.fresh.open(role)

    async with database.transaction() as tx:
        power = await tx.fetchrow(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        assert tuple(power) == (False, False, False)

    with pytest.raises(REFUSED):
        async with database.transaction() as tx:
            await tx.execute("SET ROLE owner")


async def test_every_table_with_people_has_forced_row_security(populated):
    owner = await populated.fresh.open("owner")

    async with owner.transaction() as tx:
        rows = await tx.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND relrowsecurity AND relforcerowsecurity"
        )

    forced = {row["relname"] for row in rows}
    assert forced >= {*STATE_TABLES, "persons", "access_log", "plan_records", "plan_unassigned"}


async def test_a_region_that_borrows_a_team_sees_the_loan_the_team_and_its_shifts_and_no_more(
    fresh,
):
    door, reader = await fresh.open("acceptor"), await fresh.open("reader")
    await say(door, *FACTS, region=OTHER_REGION)
    theirs = a_loan("to us", REGION, team_id=uid("lent"))
    await say(
        door,
        a_team("lent"),
        a_shift("of the lent", team_id=uid("lent")),
        theirs,
        region=OTHER_REGION,
    )
    populated = Populated(fresh, {}, reader)

    seen = await populated.tables_seen(PLANNER)

    assert seen - {"campaigns", "products"} == {"loans", "teams", "shifts"}  # those are national
    assert await populated.sees(PLANNER, "SELECT loan FROM loans") == [(uid("to us"),)]
    assert await populated.sees(PLANNER, "SELECT team FROM teams") == [(uid("lent"),)]
    assert await populated.sees(PLANNER, "SELECT shift FROM shifts") == [(uid("of the lent"),)]


async def test_a_practice_sees_adverse_events_of_its_own_patients_only(fresh):
    door, reader = await fresh.open("acceptor"), await fresh.open("reader")
    await say(door, a_patient("p1", practice_id=NORTH.organisation), an_adverse_event("p1"))
    await say(door, a_patient("p2", practice_id=SOUTH.organisation), an_adverse_event("p2"))
    populated = Populated(fresh, {}, reader)

    assert await populated.sees(NORTH, "SELECT person FROM adverse_events") == [(uid("p1"),)]


async def test_the_crisis_team_reads_decisions_and_no_adverse_event(populated):
    seen = await populated.tables_seen(CRISIS, ("decisions", "adverse_events", "return_records"))

    assert seen == {"decisions"}


async def test_a_practice_reads_its_own_words_about_a_patient_of_two_practices(populated):
    beide = populated.ids["Beide"]

    said = await populated.sees(
        SOUTH, f"SELECT organisation FROM person_statements WHERE person = '{beide}'"
    )

    assert said == [(SOUTH.organisation,)]
