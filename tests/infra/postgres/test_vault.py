import asyncio
from dataclasses import astuple, replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from infra.crypto import Keys
from infra.errors import NotConfigured
from infra.person import Person
from infra.postgres.database import Database
from infra.postgres.vault import check_key, identify, open_persons
from tests.facts import NOW

pytestmark = pytest.mark.postgres
AAGJE = Person(
    "999990019", "Aagje", "van der Rietzoom", date(1931, 4, 3), "3581AB", "12a", "0612345678"
)
WITHOUT_BSN = replace(AAGJE, bsn=None)


async def known_as(database: Database, keys: Keys, *persons: Person) -> list[UUID]:
    async with database.transaction() as tx:
        return await identify(tx, keys, persons, NOW)


@pytest.fixture
async def identifier(fresh) -> Database:
    return await fresh.open("identifier", 8)


async def test_the_same_bsn_is_the_same_person_whatever_else_is_said(fresh, identifier):
    moved = replace(AAGJE, given_name="A.", family_name="Jansen", postcode="1011AA")

    (first,) = await known_as(identifier, fresh.keys(), AAGJE)
    (again,) = await known_as(identifier, fresh.keys(), moved)

    assert again == first


@pytest.mark.parametrize(
    "other",
    [
        replace(WITHOUT_BSN, family_name="VAN DER RIETZOOM"),
        replace(WITHOUT_BSN, given_name="Áágjë"),
        replace(WITHOUT_BSN, postcode="3581 ab"),
        replace(WITHOUT_BSN, family_name="van-der Rietzoom", house_number="", phone=""),
    ],
)
async def test_the_same_name_birth_date_and_postcode_are_the_same_person(fresh, identifier, other):
    (first,) = await known_as(identifier, fresh.keys(), WITHOUT_BSN)
    (again,) = await known_as(identifier, fresh.keys(), other)

    assert again == first


@pytest.mark.parametrize(
    "other",
    [
        replace(WITHOUT_BSN, given_name="Aafje"),
        replace(WITHOUT_BSN, birth_date=date(1931, 4, 4)),
        replace(WITHOUT_BSN, postcode="3581AC"),
        replace(AAGJE, bsn="999990020"),
    ],
)
async def test_who_differs_in_one_of_them_is_another_person(fresh, identifier, other):
    (first,) = await known_as(identifier, fresh.keys(), AAGJE)
    (second,) = await known_as(identifier, fresh.keys(), other)

    assert second != first


async def test_a_bsn_that_comes_later_is_added_to_the_known_person(fresh, identifier):
    (first,) = await known_as(identifier, fresh.keys(), WITHOUT_BSN)
    (with_bsn,) = await known_as(identifier, fresh.keys(), AAGJE)
    (elsewhere,) = await known_as(identifier, fresh.keys(), replace(AAGJE, postcode="1011AA"))

    assert first == with_bsn == elsewhere


async def test_one_person_twice_in_a_batch_has_one_id(fresh, identifier):
    found = await known_as(identifier, fresh.keys(), WITHOUT_BSN, AAGJE, AAGJE, WITHOUT_BSN)

    assert len(set(found)) == 1


async def test_ids_come_in_the_order_of_the_persons(fresh, identifier):
    others = [replace(WITHOUT_BSN, given_name=f"Naam{letter}") for letter in "abcdef"]
    before = await known_as(identifier, fresh.keys(), *others)

    again = await known_as(identifier, fresh.keys(), *reversed(others))

    assert again == before[::-1]
    assert len(set(before)) == 6


@pytest.mark.parametrize("person", [AAGJE, WITHOUT_BSN])
async def test_twenty_senders_at_once_get_one_id(fresh, identifier, person):
    keys = fresh.keys()
    others = [replace(person, bsn=None, given_name=f"Naam{letter}") for letter in "abcd"]

    async def send(n: int) -> UUID:
        batch = [*others, person]
        found = await known_as(identifier, keys, *(batch if n % 2 else reversed(batch)))
        return found[-1] if n % 2 else found[0]

    found = await asyncio.gather(*(send(n) for n in range(20)))

    assert len(set(found)) == 1
    async with identifier.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM persons") == 5


async def test_a_person_opens_as_it_was_stored(fresh, identifier):
    (known,) = await known_as(identifier, fresh.keys(), AAGJE)

    async with identifier.transaction() as tx:
        opened = await open_persons(tx, fresh.keys(), [known])

    assert opened == {known: AAGJE}


async def test_nothing_of_a_person_can_be_read_from_the_table(fresh, identifier):
    await known_as(identifier, fresh.keys(), AAGJE)
    async with identifier.transaction() as tx:
        rows = await tx.fetch("SELECT * FROM persons")

    content = b"".join(
        bytes(value) for row in rows for value in row.values() if isinstance(value, bytes)
    )
    written = content + repr([tuple(row) for row in rows]).encode()
    personal = [*astuple(AAGJE), "Rietzoom", "rietzoom", "1931"]
    assert [value for value in personal if str(value).encode() in written] == []


async def test_another_master_key_does_not_fit_a_vault(fresh, identifier, tmp_path):
    await known_as(identifier, fresh.keys(), AAGJE)
    Keys.create(tmp_path / "other")

    async with identifier.transaction() as tx:
        with pytest.raises(NotConfigured, match="the vault can not be opened"):
            await check_key(tx, Keys.read(tmp_path / "other"))
        await check_key(tx, fresh.keys())


async def test_every_key_fits_an_empty_vault(identifier, tmp_path):
    Keys.create(tmp_path / "other")

    async with identifier.transaction() as tx:
        await check_key(tx, Keys.read(tmp_path / "other"))


async def test_a_row_copied_over_another_person_does_not_open(fresh, identifier):
    first, second = await known_as(
        identifier,
        fresh.keys(),
        AAGJE,
        replace(WITHOUT_BSN, birth_date=AAGJE.birth_date + timedelta(1)),
    )
    async with identifier.transaction() as tx:
        await tx.execute(
            "UPDATE persons t SET wrapped_key = s.wrapped_key, sealed = s.sealed FROM persons s"
            " WHERE s.person = $1 AND t.person = $2",
            first,
            second,
        )

        with pytest.raises(NotConfigured):
            await open_persons(tx, fresh.keys(), [second])
