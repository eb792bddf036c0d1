"""The guided tour: one visit from a record on Kafka to `/status`, through every process as it really runs.

Read it from top to bottom beside the drawing in README.md. What happens, in order:

1. `connect` gives each system its topic, its rights and its position rows.
2. Four processes start. They know each other by Kafka and Postgres only.
3. Identity first: a practice sends names to the vault and gets identifiers back.
4. Everybody says what they know, on the topic of their own system, in no good order.
5. `intake` takes it in through the one door, `planner` sees that the region is due and proposes a plan,
   the door publishes it and says who goes where.
6. `relay` tells other systems. `web` tells people.
7. Nowhere on the way stands who the residents are, and the state is a fold of the ledger.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from events.catalogue import OUTWARD_TOPICS
from events.envelope import Sender, System
from events.identifiers import Payload
from events.practice import ConsentRecorded, PatientRegistered
from infra.clock import set_campaign_clock
from infra.kafka.producer import Outgoing, Producer
from infra.postgres.database import Who
from infra.settings import Settings, read_secret
from infra.tokens import mint
from services.accept.rebuild import compare
from services.commands.connecting import connect, exercise_systems
from tests.builders import REGION, SmallRegion, a_record
from tests.conftest import Fresh
from tests.facts import NOW, a_consent, a_patient, an_assignment, uid
from tests.flow.processes import Child, a_free_port, children, environment, until
from tests.infra.kafka.broker import a_topic, everything_on

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(600)]

PEOPLE = [
    {
        "bsn": bsn,
        "given_name": given,
        "family_name": "Zonderlingh",
        "birth_date": birth,
        "postcode": "3511XQ",
        "house_number": "73bis",
        "phone": "0687654321",
    }
    for bsn, given, birth in (
        ("999990019", "Wilhelmina", "1931-04-03"),
        (None, "Bartholomeus", "1929-11-30"),
        (None, "Cunegonda", "1934-07-21"),
        (None, "Diederick", "1936-01-17"),
        (None, "Euphemia", "1930-08-09"),
        (None, "Franciscus", "1933-12-12"),
    )
]
# Everything that may be nowhere but, sealed, in the vault. The four digits of a postcode are the location's own.
PERSONAL = sorted({str(value) for one in PEOPLE for value in one.values() if value})


@dataclass
class Running:
    """The system as it runs: its settings, its systems by sender, its processes and the address of its pages."""

    settings: Settings
    fresh: Fresh
    systems: dict[Sender, System]
    processes: dict[str, Child]
    url: str

    async def get(self, path: str) -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=self.url, trust_env=False) as client:
            return await client.get(path)

    async def answers(self) -> bool:
        """Whether every process has given a sign of life."""
        with suppress(httpx2.TransportError):
            answer = await self.get("/readyz")
            return answer.status_code == 200 and set(answer.json()["processes"].values()) == {"ok"}
        return False

    async def region(self) -> dict[str, Any]:
        """What `/status` says of the region."""
        said = (await self.get("/status")).json()
        return next((one for one in said["regions"] if one["region"] == REGION), {})

    async def is_planned(self) -> bool:
        """Whether the plan that people go by knows everybody."""
        planner = await self.fresh.open("planner", 1)
        async with planner.transaction() as tx:
            served = await tx.fetchval(
                "SELECT (counts ->> 'people_served')::int FROM plans WHERE published_seq > 0 ORDER BY published_seq DESC LIMIT 1"
            )
        await planner.close()
        return served == len(PEOPLE)

    def logs(self) -> str:
        return "\n".join(child.said() for child in self.processes.values())


@pytest.fixture
async def running(fresh, kafka, tmp_path: Path) -> AsyncIterator[Running]:
    # 1. The systems of the exercise, on topics that no other test uses.
    connected = [
        replace(system, topic=a_topic(f"in.{system.sender.value}"))
        for system in exercise_systems(REGION)
    ]
    settings = fresh.settings(kafka)
    await connect(settings, connected)

    # The campaign's clock stands still on Monday 15 February 2021, six in the morning.
    clock, port = tmp_path / "clock.json", a_free_port()
    set_campaign_clock(clock, NOW, 0.0, datetime.now(UTC))

    # 2. The processes, each with its own settings from its environment.
    told = environment(
        fresh,
        kafka,
        PRIKPLOEG_CLOCK_FILE=str(clock),
        WEB_PORT=str(port),
        PLANNER_SECONDS="1",
        PLANNER_QUIET_SECONDS="0.5",
    )
    names = ("intake", "planner", "relay", "courier", "web")
    async with children(told, tmp_path, *names) as processes:
        by_sender = {system.sender: system for system in connected}
        world = Running(settings, fresh, by_sender, processes, f"http://127.0.0.1:{port}")
        await until(world.answers)
        yield world


async def register_persons(world: Running) -> list[UUID]:
    """3. Who the people are goes into the vault; what comes back says nothing about them."""
    key = read_secret(world.fresh.servers.folder.session_key).encode()
    token = mint(key, Who("practice", REGION, uid("practice"), "practice@example.org"))
    async with httpx2.AsyncClient(base_url=world.url, trust_env=False) as client:
        answer = await client.post(
            "/api/v1/persons",
            json={"persons": PEOPLE},
            headers={"Authorization": f"Bearer {token}"},
        )
    return [UUID(one) for one in answer.json()["person_ids"]]


def patients(persons: Sequence[UUID]) -> list[PatientRegistered | ConsentRecorded]:
    """A practice registers the residents of De Wilg, who consent."""
    said: list[PatientRegistered | ConsentRecorded] = []
    for person in persons:
        said += [a_patient(person_id=person), a_consent(person_id=person)]
    return said


async def send(world: Running, payloads: Sequence[Payload]) -> None:
    """4. Every fact goes to the topic of the system that may say it; the key of a record is its region."""
    outgoing = []
    for n, payload in enumerate(payloads):
        usual = a_record(payload, f"tour-{n}")
        topic = world.systems[usual.system.sender].topic
        outgoing.append(
            Outgoing(topic, REGION.encode(), usual.value or b"", list(usual.headers.items()))
        )
    async with Producer(world.settings.kafka) as producer:
        await producer.send_all(outgoing)


async def test_a_registration_on_kafka_becomes_a_visit_that_everybody_can_see(running: Running):
    persons = await register_persons(running)
    region = SmallRegion(people=0, locations=("wilg",))
    # The patients come first: their institution, their campaign and the teams are not known yet.
    await send(running, [*patients(persons), *region.all()])

    # 5. It is taken in, planned, published.
    try:
        await until(running.is_planned)
    except TimeoutError:
        raise AssertionError(running.logs()) from None

    # 6. Other systems hear it, in whole CloudEvents, keyed by the region.
    visits = await heard(running, "visit.assigned.v1")
    told = {person["person_id"] for visit in visits for person in visit["persons"]}
    assert told == {str(person) for person in persons}
    assert {visit["location_id"] for visit in visits} == {str(uid("wilg"))}

    # People read it: numbers of who is registered, who consented and who is planned, and how every process is.
    said = await running.region()
    (campaign,) = said["campaigns"]
    shown = {campaign[name] for name in ("registered", "consented", "planned")}
    assert len(shown) == 1  # the six are in one place
    assert shown <= {5, 10}  # and in fives
    # And how the plan bears a bad day: it was driven a thousand times before it was proposed.
    assert said["plan"]["counts"]["on_time_percent"] >= 95
    # And what could still be gained: nothing, everybody is served.
    assert said["plan"]["counts"]["bound_people_tens"] == 0
    assert said["plan"]["gap"]["nl"].startswith("Meer mensen bedienen kan niet.")
    status = (await running.get("/status")).json()
    assert {one["process"] for one in status["processes"] if one["alive"]} == set(running.processes)
    assert (status["set_aside"], status["gaps"]) == ([], 0)

    # 7. Who they are is nowhere on the way: not on a topic, not in the ledger, not in a log.
    assert await found_on_topics(running) == []
    assert await found_in_the_ledger(running) == []
    assert found_in_the_logs(running) == []

    # And all that the tables say follows from the ledger alone.
    assert await compare(running.fresh.dsn("owner")) == []


async def heard(world: Running, kind: str) -> list[dict[str, Any]]:
    """What the outward topics say of this kind about our plan."""
    async with (await world.fresh.open("acceptor")).transaction() as tx:
        ours = {row["id"] for row in await tx.fetch("SELECT id FROM ledger WHERE type = $1", kind)}
    found: list[dict[str, Any]] = []

    async def all_of_it() -> bool:
        records = await everything_on(world.settings.kafka, OUTWARD_TOPICS)
        events = [json.loads(record.value) for record in records if record.key == REGION.encode()]
        found[:] = [event["data"] for event in events if event["id"] in ours]
        return len(found) == len(ours)

    await until(all_of_it, 20)
    return found


async def found_on_topics(world: Running) -> list[str]:
    """Personal words in any byte of any record, inward or outward."""
    topics = [*(system.topic for system in world.systems.values()), *OUTWARD_TOPICS]
    records = await everything_on(world.settings.kafka, topics)
    assert len(records) > len(PEOPLE)
    content = b"\n".join(
        b"%s %s %r" % (record.key, record.value, repr(record.headers).encode())
        for record in records
    )
    assert str(uid("wilg")).encode() in content
    return [word for word in PERSONAL if word.encode() in content]


async def found_in_the_ledger(world: Running) -> list[str]:
    """Personal words in any column of the ledger."""
    async with (await world.fresh.open("acceptor")).transaction() as tx:
        content = "\n".join(await tx.fetchval("SELECT array_agg(l::text) FROM ledger l"))
    assert str(uid("wilg")) in content
    return [word for word in PERSONAL if word in content]


def found_in_the_logs(world: Running) -> list[str]:
    """Personal words in what the processes wrote down."""
    content = "\n".join(child.log.read_text() for child in world.processes.values())
    assert "intake" in content
    return [word for word in PERSONAL if word in content]


async def test_what_we_say_ourselves_is_not_believed_from_a_topic(running: Running):
    """A practice that says `visit.assigned` is set aside, and seen in the status of everybody."""
    forged = a_record(an_assignment(), "forged")
    topic = running.systems[Sender.PRACTICE].topic
    async with Producer(running.settings.kafka) as producer:
        await producer.send(topic, REGION.encode(), forged.value or b"", [])

    async def is_set_aside() -> bool:
        said = (await running.get("/status")).json()
        return bool(said["set_aside"] == [{"reason": "type_not_allowed", "records": 1}])

    await until(is_set_aside, 20)
