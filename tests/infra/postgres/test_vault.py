import asyncio
from dataclasses import astuple, replace
from datetime import timedelta
from uuid import UUID

import pytest

from events.births import BirthDate
from infra.crypto import Keys
from infra.errors import NotConfigured
from infra.person import Person
from infra.postgres.database import Database
from infra.postgres.placing import Told
from infra.postgres.vault import Identified, check_key, open_persons
from tests.facts import NOW, uid
from tests.infra.postgres.describing import (
    AAGJE,
    SOUTH,
    WITHOUT_BSN,
    known_as,
    questions,
    shown,
    told,
)

pytestmark = pytest.mark.postgres


@pytest.fixture
async def identifier(fresh) -> Database:
    return await fresh.open("identifier", 8)


async def test_the_same_bsn_name_and_birth_date_are_one_person_wherever_they_live(
    fresh, identifier
):
    moved = replace(AAGJE, given_name="A.", postcode="1011AA", phone="")

    (first,) = await known_as(identifier, fresh.keys(), AAGJE)
    (again,) = await told(identifier, fresh.keys(), moved, by=SOUTH)

    assert again == Identified(first, Told.NEW)


@pytest.mark.parametrize(
    "other",
    [
        replace(
            AAGJE, given_name="Barend", family_name="Waterlelie", birth_date=BirthDate(1938, 11, 20)
        ),
        replace(AAGJE, birth_date=BirthDate(1932, 4, 3)),
        replace(AAGJE, family_name="Jansen"),
    ],
)
async def test_a_bsn_with_other_details_is_two_people_and_a_question(fresh, identifier, other):
    (first,) = await known_as(identifier, fresh.keys(), AAGJE)
    (second,) = await told(identifier, fresh.keys(), other, by=SOUTH)
    (again,) = await told(identifier, fresh.keys(), other, by=SOUTH)

    assert second.id != first
    assert second.told is Told.QUESTION
    assert again == replace(second, said_before=True)
    assert await questions(identifier) == [(second.id, first, "same_bsn_other_details")]
    assert await shown(fresh, identifier, first) == AAGJE


async def test_another_practice_that_says_the_same_other_details_gets_the_question_too(
    fresh, identifier
):
    other = replace(AAGJE, family_name="Jansen")
    await known_as(identifier, fresh.keys(), AAGJE)
    (second,) = await told(identifier, fresh.keys(), other, by=SOUTH)
    east = replace(SOUTH, organisation=uid("practice east"))

    (third,) = await told(identifier, fresh.keys(), other, by=east)

    assert third == second
    assert [asked[0] for asked in await questions(identifier)] == [second.id, second.id]


async def test_a_practice_mends_its_own_words_without_a_question(fresh, identifier):
    wim = Person(
        "999990184", "Wim", "Zonnedauw", BirthDate(1935, 3, 15), "3971NT", "10", "0301234567"
    )
    willem = Person(
        "999990184", "Willem", "Zonnedauw", BirthDate(1936, 3, 15), "3971NT", "12", "0307654321"
    )
    (first,) = await told(identifier, fresh.keys(), wim)
    (again,) = await told(identifier, fresh.keys(), willem)

    assert first.told is Told.NEW
    assert again == Identified(first.id, Told.KNOWN)
    assert await shown(fresh, identifier, first.id) == willem
    # The first file once more is no news: the newer words stay.
    await told(identifier, fresh.keys(), wim, now=NOW + timedelta(days=1))
    assert await shown(fresh, identifier, first.id) == willem


async def test_what_another_practice_mends_is_a_question(fresh, identifier):
    (first,) = await told(identifier, fresh.keys(), AAGJE)
    (other,) = await told(
        identifier, fresh.keys(), replace(AAGJE, birth_date=BirthDate(1932, 4, 3)), by=SOUTH
    )

    assert other.id != first.id


async def test_one_practice_that_gives_two_people_one_number_is_asked(fresh, identifier):
    barend = Person("999990019", "Barend", "Waterlelie", BirthDate(1938, 11, 20), "3581AB")
    (first,) = await told(identifier, fresh.keys(), AAGJE)
    (second,) = await told(identifier, fresh.keys(), barend)

    assert (first.told, second.told) == (Told.NEW, Told.QUESTION)


async def test_two_in_one_batch_with_one_number_are_both_asked_about_and_the_third_is_not(
    fresh, identifier
):
    barend = Person("999990019", "Barend", "Waterlelie", BirthDate(1938, 11, 20), "3581AB")
    cato = Person("999990020", "Cato", "Duinroos", BirthDate(1940, 1, 9), "3581AB")

    found = await told(identifier, fresh.keys(), AAGJE, barend, cato)
    again = await told(identifier, fresh.keys(), AAGJE, barend, cato)

    assert [one.told for one in found] == [Told.QUESTION, Told.QUESTION, Told.NEW]
    assert len({one.id for one in found}) == 3
    assert [one.id for one in again] == [one.id for one in found]


@pytest.mark.parametrize(
    "other",
    [
        replace(WITHOUT_BSN, given_name="A."),
        replace(WITHOUT_BSN, family_name="Rietzoom"),
        replace(WITHOUT_BSN, family_name="Rietsoom-de Vries"),
    ],
)
@pytest.mark.parametrize("known", [AAGJE, WITHOUT_BSN])
async def test_a_likeness_without_bsn_is_a_new_person_with_a_question(
    fresh, identifier, known, other
):
    (first,) = await known_as(identifier, fresh.keys(), known)
    (second,) = await told(identifier, fresh.keys(), other, by=SOUTH)
    (again,) = await told(identifier, fresh.keys(), other, by=SOUTH)

    assert second.id != first
    assert second.told is Told.QUESTION
    assert again == replace(second, said_before=True)
    assert await questions(identifier) == [(second.id, first, "same_details_no_bsn")]


async def test_the_same_written_person_with_another_bsn_is_a_question(fresh, identifier):
    (first,) = await known_as(identifier, fresh.keys(), AAGJE)
    (second,) = await told(identifier, fresh.keys(), replace(AAGJE, bsn="999990020"), by=SOUTH)

    assert second.id != first
    assert second.told is Told.QUESTION


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
        replace(WITHOUT_BSN, birth_date=BirthDate(1931, 4, 4)),
        replace(WITHOUT_BSN, postcode="3581AC"),
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
    # longer than what stands among random bytes by chance, as "12a" does once in a hundred times
    aagje = replace(AAGJE, house_number="12-achterom")
    await known_as(identifier, fresh.keys(), aagje)
    async with identifier.transaction() as tx:
        rows = await tx.fetch("SELECT * FROM persons")
        rows += await tx.fetch("SELECT * FROM person_statements")
        rows += await tx.fetch("SELECT * FROM person_traits")

    content = b"".join(
        bytes(value) for row in rows for value in row.values() if isinstance(value, bytes)
    )
    written = content + repr([tuple(row) for row in rows]).encode()
    personal = [*astuple(aagje), "Rietzoom", "rietzoom", "1931"]
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
        replace(WITHOUT_BSN, birth_date=BirthDate(1931, 4, 4)),
    )
    async with identifier.transaction() as tx:
        await tx.execute(
            "INSERT INTO person_statements (statement, person, said_by, organisation, as_of, accepted_at, bsn_hash,"
            " block_hash, digest, key_version, wrapped_key, sealed) SELECT gen_random_uuid(), $2, said_by, organisation, as_of + interval '1 s',"
            " accepted_at, bsn_hash, block_hash, digest, key_version, wrapped_key, sealed FROM person_statements"
            " WHERE person = $1",
            first,
            second,
        )

        with pytest.raises(NotConfigured):
            await open_persons(tx, fresh.keys(), [second])
