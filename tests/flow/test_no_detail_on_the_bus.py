"""A whole day of a synthetic region through the real processes, and then: nobody is named anywhere but in the vault.

Searched are all bytes of all topics, every column of every table but `persons`, and all logs. What is not a hit,
openly: a first or family name that is also a word in the name of an institution, a practice, a team or a place
(as a full name it is one still); house numbers alone, which are only numbers; and the year of birth and the four
digits of a location's postcode, which events carry on purpose; and names of less than five letters in bytes that are
no text.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest

from events.births import BirthDate
from events.catalogue import OUTWARD_TOPICS
from events.envelope import Sender
from infra.clock import CampaignClock, set_campaign_clock
from infra.embedded.session import Servers
from infra.kafka.consumer import reading
from infra.kafka.producer import Producer
from infra.kafka.topics import end_offsets
from infra.person import Description, Person
from infra.postgres.campaign_view import read_lag, view_region
from infra.settings import Settings
from services.commands.connecting import connect, exercise_systems
from services.commands.setup import machine_token
from services.demo.days import follow
from services.importing.asking import Registered
from services.importing.persons import PersonsOverHttp
from services.sending import TOPICS
from services.simulator.feed import feed
from services.simulator.play import TOPIC, Moment, play
from services.simulator.region import Sizes, SyntheticRegion, synthetic
from tests.conftest import Fresh
from tests.facts import NOW
from tests.flow.personal import Search, is_text, readable
from tests.flow.processes import Child, a_free_port, children, environment, until
from tests.infra.kafka.broker import everything_on
from tests.services.accept.looking import values

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(600)]

REGION = "GG2514"
SIZES = Sizes(institutions=24, residents=320, practices=12, teams=3, days=2)
SPEED = 6000.0  # simulated seconds in a real one: a day in nine
PROCESSES = ("intake", "planner", "relay", "web")


@dataclass
class Registering:
    """The vault over HTTP; every person gets a phone on the way, and is remembered for the search."""

    vault: PersonsOverHttp
    people: list[Person] = field(default_factory=list)

    async def __call__(self, persons: Sequence[Description]) -> list[Registered | None]:
        called = [
            replace(
                one,
                person=replace(
                    one.person, phone=f"06{10_000_000 + 7919 * (len(self.people) + n):08}"
                ),
            )
            for n, one in enumerate(persons)
        ]
        self.people += [one.person for one in called]
        return await self.vault(called)


@dataclass
class Day:
    """What was played, where it left its traces, and whom it was about."""

    settings: Settings
    fresh: Fresh
    servers: Servers
    processes: dict[str, Child]
    url: str
    people: list[Person]
    search: Search
    moment: Moment

    async def topics(self) -> list[bytes]:
        records = await everything_on(
            self.settings.kafka, [*sorted(TOPICS.values()), *OUTWARD_TOPICS]
        )
        return [
            b"%s\n%s\n%s" % (record.key or b"", record.value or b"", header_bytes(record.headers))
            for record in records
        ]

    async def tables(self) -> dict[str, list[bytes]]:
        """Every table of ours but the vault's, cell by cell."""
        owner = await asyncpg.connect(self.fresh.dsn("owner"))
        try:
            names = await owner.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'persons'"
            )
            return {
                name: [
                    cell if isinstance(cell, bytes) else str(cell).encode()
                    for row in await owner.fetch(f'SELECT * FROM "{name}"')
                    for cell in row
                    if cell is not None
                ]
                for (name,) in names
            }
        finally:
            await owner.close()

    def logs(self) -> dict[str, bytes]:
        ours = {child.name: child.log.read_bytes() for child in self.processes.values()}
        theirs = [self.fresh.servers.folder.logs, self.servers.folder.logs]
        return ours | {
            str(log): log.read_bytes() for folder in theirs for log in folder.rglob("*.log")
        }

    def hits(self, contents: Iterable[bytes]) -> Counter[str]:
        return sum((self.search.hits(content) for content in contents), Counter())


def header_bytes(headers: Sequence[tuple[str, bytes]]) -> bytes:
    return b"\n".join(name.encode() + b": " + value for name, value in headers)


def public_words(region: SyntheticRegion) -> list[str]:
    """What may be said of the region: names of houses, practices, teams, posts and municipalities."""
    places = [*region.institutions, *region.unregistered]
    return [
        *(one.name for one in (*places, *region.practices)),
        *(team.name for team in region.teams),
        *(team.post.name for team in region.teams),
        *(str(area) for area in {place.area for place in places}),
    ]


async def has_planned(fresh: Fresh, settings: Settings) -> bool:
    """Whether a published plan knows everything that was said."""
    ends = await end_offsets(settings.kafka, sorted(TOPICS.values()))
    async with (await fresh.open("planner", size=1)).transaction() as tx:
        found = await view_region(tx, REGION)
        return await read_lag(tx, ends) == 0 and found.plan is not None and found.plan.knows_all


@pytest.fixture
async def day(fresh: Fresh, kafka: Servers, tmp_path: Path) -> AsyncIterator[Day]:
    """Fed, planned, and played from the first morning to the last evening."""
    settings = fresh.settings(kafka)
    region = synthetic(REGION, 3, date(2021, 2, 15), SIZES)
    clock, port = tmp_path / "clock.json", a_free_port()
    set_campaign_clock(clock, NOW, 0.0, datetime.now(UTC))
    await connect(settings, exercise_systems(REGION))
    told = environment(
        fresh, kafka, PRIKPLOEG_CLOCK_FILE=str(clock), WEB_PORT=str(port), PLANNER_SECONDS="1"
    )
    url = f"http://127.0.0.1:{port}"
    token = machine_token(fresh.servers.folder.session_key, REGION)

    def turn(simulated: datetime, speed: float) -> None:
        set_campaign_clock(clock, simulated, speed, datetime.now(UTC))

    async with (
        children(told, tmp_path, *PROCESSES) as processes,
        Producer(settings.kafka) as producer,
        PersonsOverHttp(url, token) as vault,
        reading(settings.kafka, [TOPIC]) as heard,
    ):
        persons = Registering(vault)
        await feed(tmp_path / "files", region, producer, persons)
        await until(lambda: has_planned(fresh, settings), every=0.3)
        moment = await play(
            region, follow(heard), producer, CampaignClock(clock), turn, speed=SPEED
        )
        await until(lambda: has_planned(fresh, settings), every=0.3)
        search = Search.of(persons.people, public_words(region))
        yield Day(settings, fresh, kafka, processes, url, persons.people, search, moment)


async def test_a_day_names_nobody_outside_the_vault_and_whoever_is_planted_is_found(day: Day):
    await refuse_somebody(day)
    topics, tables, logs = await day.topics(), await day.tables(), day.logs()

    # A day was played, and left its traces everywhere.
    assert day.moment.said["dose.administered.v1"] > 20
    assert len(topics) > 1500
    assert {name for name, cells in tables.items() if cells} >= {
        "ledger", "seen", "quarantine", "plan_records", "heartbeats", "registrations", "doses"
    }  # fmt: skip
    assert all(logs[name] for name in ("intake", "web"))
    assert all(map(is_text, [*topics, *logs.values()]))  # short names are looked for in them
    assert len(day.search.numbers) > 1.9 * len(day.people) > 500
    assert len(day.search.public) < 0.02 * len(day.search.words)

    assert any('"horizon_start"' in readable(cell) for cell in tables["plan_records"])  # unpacked

    # Nobody is named: not on a topic, not in a table, not in a log.
    assert day.hits(topics) == Counter()
    assert {name: found for name, cells in tables.items() if (found := day.hits(cells))} == {}
    assert {name: found for name, log in logs.items() if (found := day.hits([log]))} == {}

    # The same search finds what does not belong there; the database has it under seal only.
    somebody = next(person for person in day.people if person.bsn)
    assert set(day.hits(await plant(day, somebody))) >= wanted(somebody)
    tables = await day.tables()
    assert {name for name, cells in tables.items() if day.hits(cells)} == set()
    kept = await values(await day.fresh.open("acceptor"), day.fresh.keys())
    assert set(day.hits(one for one in kept if one is not None)) >= wanted(somebody)


def wanted(person: Person) -> set[str]:
    """The hits of a person who is named in full."""
    family = person.family_name.split()[-1].lower()
    return {
        f"number {person.bsn}",
        f"number {person.phone}",
        f"birth date {person.birth_date.isoformat()}",
        f"postcode {person.postcode}",
        f"name {family}",
    }


async def refuse_somebody(day: Day) -> None:
    """An address that is none, in the name of somebody: refused by the field, in words without a value."""
    token = machine_token(day.fresh.servers.folder.session_key, REGION)
    person = day.people[0]
    body = {
        "persons": [
            {
                "bsn": str(person.bsn or day.people[1].bsn)[:8] + "x",
                "given_name": person.given_name,
                "family_name": person.family_name,
                "birth_date": person.birth_date.isoformat() + "0",
                "postcode": person.postcode + "?",
                "phone": person.phone,
            }
        ]
    }
    async with httpx2.AsyncClient(base_url=day.url, trust_env=False) as client:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.post("/api/v1/persons", json=body, headers=headers)
    assert answer.status_code == 422
    assert day.hits([answer.content]) == Counter()


async def plant(day: Day, person: Person) -> list[bytes]:
    """A practice that says too much: in a field that we do not know, and in a record that is refused whole."""
    told = {
        "bsn": person.bsn,
        "naam": f"{person.given_name} {person.family_name}",
        "geboren": person.birth_date.isoformat(),
        "telefoon": person.phone,
        "adres": f"{person.postcode[:4]} {person.postcode[4:]} {person.house_number}",
    }
    good = {"person_id": str(UUID(int=1)), "campaign_id": str(UUID(int=2)), "location_id": str(UUID(int=3)),
            "practice_id": str(UUID(int=4)), "birth_year": 1931}  # fmt: skip
    async with Producer(day.settings.kafka) as producer:
        for n, data in enumerate((good | told, told)):
            await producer.send(TOPICS[Sender.PRACTICE], REGION.encode(), an_event(n, data), [])
    await until(lambda: has_planned(day.fresh, day.settings), every=0.3)
    return await day.topics()


def an_event(number: int, data: dict[str, Any]) -> bytes:
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"planted-{number}",
            "source": "urn:nld:prikploeg:practice:planted",
            "type": "patient.registered.v1",
            "partitionkey": REGION,
            "data": data,
        }
    ).encode()


PERSON = Person("999990019", "Wilhelmína", "van der Rietzoom", BirthDate(1931, 4, 3), "3511XQ", "7", "0687654321")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ('{"x":999990019}', "number 999990019"),
        ("9999.90.019", "number 999990019"),
        ("tel:+31687654321", "number 0687654321"),
        ("06-876-543-21", "number 0687654321"),
        ("geboren 3-4-1931", "birth date 1931-04-03"),
        ("19310403", "birth date 1931-04-03"),
        ("1931-04-03T00:00:00", "birth date 1931-04-03"),
        ("3511 xq", "postcode 3511XQ"),
        ("RIETZOOM", "name rietzoom"),
        ("wilhelm\\u00edna", "name wilhelmína"),
    ],
)
def test_a_detail_is_found_however_it_is_written(text: str, hit: str):
    assert hit in Search.of([PERSON]).hits(text.encode())


@pytest.mark.parametrize(
    "text",
    ["a999990019b", "00999990019", "1931-04-04", "43511xqz", "van der", "Rietzoomlaan", "3511"],
)
def test_what_only_looks_alike_is_no_hit(text: str):
    assert Search.of([PERSON]).hits(text.encode()) == Counter()


def test_a_name_in_bytes_that_are_no_text_is_found_when_it_is_long_or_full():
    search = Search.of([PERSON, replace(PERSON, given_name="Rob", family_name="Bos")])

    assert set(search.hits(b"rob ")) == {"name rob"}
    assert search.hits(b"\xe9\x01rob\xff\x7f") == Counter()  # a digest has it now and then
    assert set(search.hits(b"\xe9 Rietzoom")) == {"name rietzoom"}
    assert set(search.hits(b"Rob Bos, Caf\xe9")) == {"full name rob bos"}


def test_a_name_that_is_a_public_word_counts_as_a_full_name_only():
    search = Search.of([PERSON], ["Huize Rietzoom"])

    assert search.hits(b"Huize Rietzoom") == Counter()
    assert search.public == {"rietzoom"}
    assert "full name wilhelm\u00edna van" in search.hits("Wilhelmína van der Rietzoom".encode())
