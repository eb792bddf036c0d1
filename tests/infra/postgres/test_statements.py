"""Statements: whose is shown, what may be said of them, and as much work for everybody."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from events.births import BirthDate
from infra.crypto import Keys
from infra.person import Description, Person, SaidBy, Speaker
from infra.postgres.database import Database, Who
from infra.postgres.migrate import FOLDER
from infra.postgres.placing import Told
from infra.postgres.vault import identify, open_persons
from tests.builders import REGION, say
from tests.facts import NOW, a_patient, uid
from tests.infra.postgres.describing import AAGJE, SOUTH, shown, told

pytestmark = pytest.mark.postgres


@pytest.fixture
async def identifier(fresh) -> Database:
    return await fresh.open("identifier", 8)


async def test_known_is_said_of_own_patients_only(fresh, identifier):
    first = await told(identifier, fresh.keys(), AAGJE)
    own = await told(identifier, fresh.keys(), AAGJE)
    others = await told(identifier, fresh.keys(), AAGJE, by=SOUTH)

    assert [one.told for one in (*first, *own, *others)] == [Told.NEW, Told.KNOWN, Told.NEW]
    assert len({one.id for one in (*first, *own, *others)}) == 1


async def test_of_one_moment_the_practice_is_shown_before_the_institution_before_others(
    fresh, identifier
):
    (known,) = await told(identifier, fresh.keys(), replace(AAGJE, phone="1"), as_of=NOW)
    for said_by, phone in ((SaidBy.OTHER, "2"), (SaidBy.INSTITUTION, "3")):
        by = Speaker(said_by, None, REGION)
        await told(identifier, fresh.keys(), replace(AAGJE, phone=phone), by=by, as_of=NOW)

    assert await shown(fresh, identifier, known.id) == replace(AAGJE, phone="1")


async def test_older_words_that_come_later_are_kept_and_not_shown(fresh, identifier):
    (known,) = await told(identifier, fresh.keys(), replace(AAGJE, phone="1"), as_of=NOW)
    older = NOW - timedelta(days=3)
    await told(identifier, fresh.keys(), replace(AAGJE, phone="2"), as_of=older)

    assert await shown(fresh, identifier, known.id) == replace(AAGJE, phone="1")
    async with identifier.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM person_statements") == 2


@pytest.mark.parametrize(
    "other",
    [
        AAGJE,  # known, of another practice
        replace(AAGJE, family_name="Jansen"),  # a question
        replace(AAGJE, bsn=None),  # a question too: the same written person, of another practice
        Person(None, "Noor", "Nieuw", BirthDate(1950, 1, 1), "1011AA"),  # new
    ],
)
async def test_the_vault_works_as_hard_whoever_is_meant(fresh, identifier, other):
    """Counted, not timed: as many statements, seals and openings."""
    await told(identifier, fresh.keys(), AAGJE)
    work = Counter()
    keys = Counting(fresh.keys(), work)
    async with identifier.transaction() as tx:
        found = await identify(CountingQueries(tx, work), keys, [Description(other, SOUTH)], NOW)

    assert len(found) == 1
    assert work == {"seal": 2, "open": 2, "fetch": 2, "execute": 6}


class Counting:
    """Keys that count what they seal and open."""

    def __init__(self, keys: Keys, work: Counter) -> None:
        self._keys, self._work = keys, work

    def seal(self, *words):
        self._work["seal"] += 1
        return self._keys.seal(*words)

    def open(self, *words):
        self._work["open"] += 1
        return self._keys.open(*words)

    def hash(self, *words):
        return self._keys.hash(*words)


class CountingQueries:
    """A transaction that counts its statements."""

    def __init__(self, tx, work: Counter) -> None:
        self._tx, self._work = tx, work

    async def fetch(self, *words):
        self._work["fetch"] += 1
        return await self._tx.fetch(*words)

    async def execute(self, *words):
        self._work["execute"] += 1
        return await self._tx.execute(*words)


async def test_an_upgrade_gives_who_was_known_before_to_the_practice_that_registered_first(fresh):
    """The migration's own statement, on a person as the version before stored them."""
    owner, door, reader = [await fresh.open(role) for role in ("owner", "acceptor", "reader")]
    identifier = await fresh.open("identifier")
    (known,) = await told(identifier, fresh.keys(), AAGJE)
    for practice in ("practice north", "practice south"):
        patient = a_patient(person_id=known.id, practice_id=uid(practice))
        await say(door, patient)
    text = (FOLDER / "0016_identities.sql").read_text(encoding="utf-8")
    copying = text[text.index("INSERT INTO person_statements") :].split(";")[0]
    async with owner.transaction() as tx:
        await tx.execute("DELETE FROM person_statements")
        await tx.execute(copying)

    opened = {}
    for practice in ("practice north", "practice south"):
        async with reader.reading(Who("practice", REGION, uid(practice), practice)) as tx:
            opened[practice] = await open_persons(tx, fresh.keys(), [known.id])

    assert opened == {"practice north": {known.id: AAGJE}, "practice south": {}}
