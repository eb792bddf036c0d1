"""From the ledger to the outward topics, on a real broker."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from events.catalogue import CATALOGUE, OUTWARD_TOPICS
from events.type_names import TypeNames
from infra.errors import Unavailable
from infra.kafka.producer import Outgoing, Producer
from infra.kafka.topics import make_topics
from infra.postgres.database import Database
from infra.settings import Kafka
from services.relay.relay import MOST, relay_once
from tests.builders import a_plan, say
from tests.facts import a_dose, a_patient, an_assignment, not_given
from tests.infra.kafka.broker import everything_on
from tests.services.accept.looking import rows

pytestmark = pytest.mark.kafka


@dataclass
class World:
    """A ledger, a broker and what lies between."""

    kafka: Kafka
    door: Database
    database: Database
    before: int  # records that other tests left on the topics

    async def relay_all(self, producer: Producer | None = None) -> int:
        """Relay until nothing is left."""
        passed = 0
        async with Producer(self.kafka) as own:
            while one_round := await relay_once(self.database, producer or own):
                passed += one_round
        return passed

    async def sent(self) -> list[Any]:
        """What this test's relay put on the outward topics."""
        ours = {one for (one,) in await rows(self.door, "SELECT id FROM ledger")}
        found = await everything_on(self.kafka, OUTWARD_TOPICS)
        return [record for record in found if dict(record.headers)["ce_id"].decode() in ours]

    async def outward(self, region: str) -> list[tuple[str, str]]:
        """Topic and id of what must leave for a region, in ledger order."""
        lines = await rows(
            self.door, "SELECT type, id FROM ledger WHERE region = $1 ORDER BY seq", region
        )
        return [(topic, one) for kind, one in lines if (topic := CATALOGUE[kind].outward)]


def ids(records: Sequence[Any], topic: str, region: str) -> list[str]:
    return [
        dict(record.headers)["ce_id"].decode()
        for record in records
        if (record.topic, record.key) == (topic, region.encode())
    ]


def without_repeats(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))


@pytest.fixture
async def world(kafka, fresh) -> AsyncIterator[World]:
    settings = Kafka(bootstrap_servers=kafka.kafka_bootstrap)
    await make_topics(settings, [], OUTWARD_TOPICS)
    door = await fresh.open("acceptor")
    for region in ("GG1111", "GG2222"):
        doses = [a_dose(f"{region} p{n}") for n in range(20)]
        missed = [not_given(f"{region} m{n}") for n in range(5)]
        await say(door, a_patient("somebody"), *doses, *missed, region=region)
    await say(
        door, a_plan("one", (0, 0), *(an_assignment(f"v{n}", [f"p{n}"], 8 + n) for n in range(6)))
    )
    return World(settings, door, await fresh.open("relay"), 0)


async def assert_all_is_there_in_order(world: World) -> None:
    records = await world.sent()
    for region in ("GG1111", "GG2222", "GG2514"):
        wanted = await world.outward(region)
        for topic in OUTWARD_TOPICS:
            arrived = without_repeats(ids(records, topic, region))
            assert arrived == [one for place, one in wanted if place == topic]


async def test_what_goes_outward_leaves_once_and_in_order_per_region(world):
    await world.relay_all()

    records = await world.sent()
    await assert_all_is_there_in_order(world)
    assert len(records) == 2 * 25 + 2 + 6
    assert {(record.topic, record.key) for record in records} == {
        ("out.dose.v1", b"GG1111"),
        ("out.dose.v1", b"GG2222"),
        ("out.plan.v1", b"GG2514"),
        ("out.visit.v1", b"GG2514"),
    }


async def test_types_leave_under_full_names_where_the_setting_says_so(world):
    async with Producer(world.kafka) as producer:
        await relay_once(world.database, producer, TypeNames.FULL)

    sent = await world.sent()
    said = {(json.loads(r.value)["type"], dict(r.headers)["ce_type"], r.topic) for r in sent}
    full = "nl.prikploeg.visit.assigned.v1"
    assert (full, full.encode(), "out.visit.v1") in said
    assert all(name.startswith("nl.prikploeg.") for name, _, _ in said)


async def test_a_second_round_sends_nothing(world):
    await world.relay_all()
    before = len(await world.sent())

    assert await world.relay_all() == 0
    assert len(await world.sent()) == before


async def test_a_record_is_a_whole_cloud_event(world):
    await world.relay_all()

    record = next(one for one in await world.sent() if one.topic == "out.visit.v1")
    said = json.loads(record.value)

    assert said["specversion"] == "1.0"
    assert said["type"] == "visit.assigned.v1"
    assert said["partitionkey"] == "GG2514"
    assert len(said["data"]["persons"]) == 1
    assert dict(record.headers)["ce_type"] == b"visit.assigned.v1"
    assert dict(record.headers)["content-type"].startswith(b"application/cloudevents+json")


@dataclass
class Dying:
    """A producer whose process dies after the broker has the records of its n-th send."""

    producer: Producer
    sends_left: int
    before_sending: bool = False

    async def send_all(self, records: Sequence[Outgoing]) -> None:
        self.sends_left -= 1
        if self.before_sending and self.sends_left < 0:
            raise Unavailable("killed before")
        await self.producer.send_all(records)
        if self.sends_left < 0:
            raise Unavailable("killed after")


@pytest.mark.parametrize("sends", [0, 1, 2])
@pytest.mark.parametrize("before_sending", [True, False])
async def test_killed_around_a_send_nothing_is_missing(world, sends, before_sending):
    async with Producer(world.kafka) as producer:
        dying = Dying(producer, sends, before_sending)
        with pytest.raises(Unavailable):
            await world.relay_all(dying)  # type: ignore[arg-type]

    await world.relay_all()

    await assert_all_is_there_in_order(world)


async def test_killed_after_a_send_it_is_sent_again(world):
    async with Producer(world.kafka) as producer:
        with pytest.raises(Unavailable):
            await world.relay_all(Dying(producer, 0))  # type: ignore[arg-type]

    await world.relay_all()

    doses = ids(await world.sent(), "out.dose.v1", "GG1111")
    assert doses == 2 * without_repeats(doses)


async def test_more_than_one_round_holds_leaves_in_order(world):
    for part in range(3):
        doses = [a_dose(f"q{part}.{n}") for n in range(MOST // 2)]
        await say(world.door, *doses, region="GG1111")

    await world.relay_all()

    await assert_all_is_there_in_order(world)


async def test_a_region_that_comes_later_is_relayed_from_its_first_number(world):
    await world.relay_all()
    await say(world.door, a_dose("late"), region="GG2514")

    assert await world.relay_all() == 1
    await assert_all_is_there_in_order(world)
