"""Events per second from Kafka into ledger and state, through one real intake process.

Run by `make bench`. Prints a table; asserts only that nothing was lost.
"""

import asyncio
import os
import sys
from uuid import UUID, uuid5

import psutil
import pytest

from events.codec import encode, to_event
from events.identifiers import CampaignId, LocationId, OrganisationId, PersonId
from events.practice import Indication, PatientRegistered
from infra.clock import SystemClock
from infra.kafka.producer import Outgoing, Producer
from services.connecting import connect, exercise_systems

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]
COUNT = 100_000
REGION = "GG2514"
NAMESPACE = UUID(int=25)


def registrations() -> list[Outgoing]:
    """100,000 registrations of one region at 250 locations by 180 practices."""

    def made(n: int) -> Outgoing:
        payload = PatientRegistered(
            person_id=PersonId(uuid5(NAMESPACE, f"person {n}")),
            campaign_id=CampaignId(uuid5(NAMESPACE, "campaign")),
            location_id=LocationId(uuid5(NAMESPACE, f"location {n % 250}")),
            practice_id=OrganisationId(uuid5(NAMESPACE, f"practice {n % 180}")),
            birth_year=1930 + n % 40,
            indication=Indication.WLZ,
        )
        event = to_event(f"bench-{n}", "urn:nld:prikploeg:practice:bench", None, REGION, payload)
        value, headers = encode(event.envelope, event.body)
        return Outgoing("in.practice.his.v1", REGION.encode(), value, headers)

    return [made(n) for n in range(COUNT)]


async def test_registrations_through_one_intake_process(kafka, fresh, capsys):
    settings = fresh.settings(kafka)
    await connect(settings, exercise_systems(REGION))
    async with Producer(settings.kafka) as producer:
        records = registrations()
        for start in range(0, COUNT, 1000):
            await producer.send_all(records[start : start + 1000])
    database = await fresh.open("acceptor")
    clock = SystemClock()
    environment = kafka.environment() | {
        "DATABASE_URL": fresh.servers.database_url(fresh.name),
        "DATABASE_PASSWORDS": str(fresh.servers.folder.passwords),
        "KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services", "intake", env={**os.environ, **environment}, stderr=asyncio.subprocess.DEVNULL
    )  # fmt: skip

    first = last = None
    stored = 0
    while stored < COUNT:
        async with database.transaction() as tx:
            stored = await tx.fetchval("SELECT coalesce(sum(n), 0)::bigint FROM region_seq")
        if stored and first is None:
            first = (clock.monotonic(), stored)
        last = clock.monotonic()
        await asyncio.sleep(0.05)
    assert first is not None
    assert last is not None
    memory = psutil.Process(process.pid).memory_info().rss / 1024**2
    process.terminate()
    await process.wait()

    rate = (COUNT - first[1]) / (last - first[0])
    with capsys.disabled():
        line = f"intake: {COUNT} registrations, {rate:,.0f} events/s, {memory:.0f} MB resident"
        sys.stdout.write(f"\n{line}\n")
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM registrations") == COUNT
