"""More and fewer intake processes under load: 1, then 4, then 2; every key keeps its order, nothing is lost or double."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from events.envelope import Sender, System
from events.identifiers import NATIONAL
from infra.kafka.producer import Producer
from infra.postgres.database import Database
from infra.settings import Kafka
from services.commands.connecting import connect
from tests.builders import a_record
from tests.facts import a_patient
from tests.flow.processes import Child, environment, start, until
from tests.infra.kafka.broker import a_topic
from tests.services.accept.looking import rows
from tests.services.intake.test_process import outgoing, until_taken_in

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]
REGIONS = tuple(
    f"GG{n:04}" for n in (111, 211, 310, 411, 514, 612, 707, 808, 909, 1009, 1106, 1413)
)
RATE = 20  # rounds of one event per region, each second


@dataclass
class Load:
    """Events of twelve regions, sent in order without a pause, and what was sent."""

    system: System
    kafka: Kafka
    sent: dict[str, list[str]] = field(default_factory=lambda: {region: [] for region in REGIONS})
    ending: bool = False

    async def run(self) -> None:
        async with Producer(self.kafka) as producer:
            number = 0
            while not self.ending:
                records = []
                for region in REGIONS:
                    name = f"{region}-{number}"
                    record = a_record(a_patient(name), name, region, self.system)
                    records.append(outgoing(record, region))
                    self.sent[region].append(name)
                await producer.send_all(records)
                number += 1
                await asyncio.sleep(1 / RATE)


@dataclass
class Slots:
    """Intake processes by slot."""

    told: dict[str, str]
    folder: Path
    door: Database
    running: dict[int, Child] = field(default_factory=dict)

    async def scale_to(self, count: int) -> None:
        for slot in range(count):
            if slot not in self.running:
                await self.begin(slot)
        leaving = [self.running.pop(slot) for slot in list(self.running) if slot >= count]
        await asyncio.gather(*(child.stop() for child in leaving))

    async def begin(self, slot: int) -> None:
        folder = self.folder / str(slot)
        folder.mkdir(exist_ok=True)
        told = self.told | {"PRIKPLOEG_SLOT": str(slot)}
        self.running[slot] = await start("intake", told, folder)

    async def begin_again(self) -> None:
        """As the supervisor does: an intake that got no partition after a rebalance ends, and is begun again."""
        for slot, child in list(self.running.items()):
            if not child.is_running:
                await self.begin(slot)

    def said(self) -> str:
        return "\n".join(child.said() for child in self.running.values())


@asynccontextmanager
async def under_load(load: Load, slots: Slots) -> AsyncIterator[None]:
    """While the load runs; everything ended afterwards."""
    sending = asyncio.create_task(load.run())
    try:
        yield
        load.ending = True
        await sending
        await until_taken_in_by_all(load, slots)
    finally:
        sending.cancel()
        await slots.scale_to(0)


async def until_taken_in_by_all(load: Load, slots: Slots) -> None:
    try:
        await until_taken_in(slots.door, load.kafka, load.system.topic)
    except TimeoutError:
        raise AssertionError(slots.said()) from None


async def all_regions_move(slots: Slots) -> None:
    """Until every region has a number that it had not when this was called."""
    at_first = dict(await rows(slots.door, "SELECT region, n FROM region_seq"))

    async def moved() -> bool:
        await slots.begin_again()
        now = dict(await rows(slots.door, "SELECT region, n FROM region_seq"))
        return all(now.get(region, 0) > at_first.get(region, 0) for region in REGIONS)

    await until(moved)


async def everybody_shares(slots: Slots) -> None:
    """Until the processes that run, and nobody else, have all of the topic's partitions between them."""

    async def is_shared() -> bool:
        await slots.begin_again()
        ours = [child.process.pid for child in slots.running.values()]
        found = await rows(
            slots.door,
            "SELECT (state ->> 'assigned')::int FROM heartbeats WHERE process = 'intake' AND pid = ANY ($1)",
            ours,
        )
        shares = [n for (n,) in found]
        return sum(shares) == 6 and len(shares) == len(ours) and all(shares)

    try:
        await until(is_shared)
    except TimeoutError:
        raise AssertionError(slots.said()) from None


@pytest.mark.timeout(900)
async def test_from_one_to_four_to_two_processes_every_region_keeps_its_order(
    fresh, kafka, tmp_path: Path
):
    source = "urn:nld:prikploeg:practice:"
    system = System(
        a_topic("in.practice"), Sender.PRACTICE, (source,), frozenset({*REGIONS, NATIONAL})
    )
    settings = fresh.settings(kafka)
    await connect(settings, [system])
    door = await fresh.open("acceptor")
    load, slots = Load(system, settings.kafka), Slots(environment(fresh, kafka), tmp_path, door)

    async with under_load(load, slots):
        for count in (1, 4, 2):
            await slots.scale_to(count)
            await everybody_shares(slots)
            await all_regions_move(slots)
            await asyncio.sleep(3)

    for region in REGIONS:
        lines = await rows(
            door, "SELECT seq, id FROM ledger WHERE region = $1 ORDER BY seq", region
        )
        assert lines == list(enumerate(load.sent[region], 1)), region
    assert await rows(door, "SELECT * FROM gaps") == []
    assert await rows(door, "SELECT count(*) FROM quarantine") == [(0,)]
