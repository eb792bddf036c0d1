"""People as practices describe them to the vault."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from events.births import BirthDate
from infra.crypto import Keys
from infra.person import Description, Person, SaidBy, Speaker
from infra.postgres.database import Database
from infra.postgres.placing import Identified
from infra.postgres.vault import identify, open_persons
from tests.builders import REGION
from tests.facts import NOW, uid

AAGJE = Person(
    "999990019", "Aagje", "van der Rietzoom", BirthDate(1931, 4, 3), "3581AB", "12a", "0612345678"
)
WITHOUT_BSN = replace(AAGJE, bsn=None)


NORTH = Speaker(SaidBy.PRACTICE, uid("practice north"), REGION)
SOUTH = Speaker(SaidBy.PRACTICE, uid("practice south"), REGION)


async def known_as(
    database: Database, keys: Keys, *persons: Person, by: Speaker = NORTH
) -> list[UUID]:
    return [one.id for one in await told(database, keys, *persons, by=by)]


async def told(
    database: Database,
    keys: Keys,
    *persons: Person,
    by: Speaker = NORTH,
    as_of: datetime | None = None,
    now: datetime = NOW,
) -> list[Identified]:
    async with database.transaction() as tx:
        return await identify(tx, keys, [Description(one, by, as_of) for one in persons], now)


async def questions(identifier: Database) -> list[tuple[object, ...]]:
    async with identifier.transaction() as tx:
        rows = await tx.fetch(
            "SELECT person, other, kind FROM person_questions ORDER BY opened_at, question"
        )
    return [tuple(row) for row in rows]


async def shown(fresh, identifier: Database, person: UUID) -> Person:
    async with identifier.transaction() as tx:
        return (await open_persons(tx, fresh.keys(), [person]))[person]
