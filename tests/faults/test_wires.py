"""Our real processes behind links that are cut, silent, slow, starved and refused."""

import asyncio
import os
from random import Random

import aiohttp
import pytest

from infra.clock import SystemClock
from infra.embedded.folder import scratch
from tests.faults.load import Load, Pace
from tests.faults.proxy import DEAF
from tests.faults.running import BEGUN_WITHIN_SECONDS, chapter
from tests.faults.settling import settled
from tests.faults.wire_faults import wired
from tests.faults.world import World, a_world

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
SEED = os.environ.get("FAULTS_SEED", "1")
DEADLINE_SECONDS = 8.0
AT_ONCE = 20
clock = SystemClock()


@pytest.mark.parametrize(("server", "least"), [("Postgres", 6), ("", 7)])
async def test_nothing_is_lost_on_bad_links(server: str, least: int):
    """Those to Postgres; in a world of its own those to Kafka, and both at once."""
    with scratch() as folder:
        async with wired(folder) as wires:
            of_postgres = server == "Postgres"
            faults = [
                one for one in wires.faults() if one.name.startswith("Postgres") is of_postgres
            ]

            rounds = await chapter(SEED, faults, plan=wires.plan, pace=Pace(), folder=folder)

    assert [str(one) for one in rounds if not one.holds] == [], f"FAULTS_SEED={SEED} replays this"
    assert len(rounds) == len(faults) == least


async def ask(world: World, session: aiohttp.ClientSession, load: Load) -> tuple[int, float]:
    """The answer to one event and how long it took."""
    said = load.speech.patient(load.places[0])
    offered = load.by_http(said, f"wire-{load.random.random()}")
    headers = {
        "content-type": "application/cloudevents+json",
        "authorization": f"Bearer {load._tokens[0]}",
    }
    begun = clock.monotonic()
    try:
        async with session.post(
            f"{world.url}/api/v1/events", data=offered.value, headers=headers
        ) as answer:
            await answer.read()
            return answer.status, clock.monotonic() - begun
    except aiohttp.ClientError as cut:
        raise AssertionError(f"{cut!r}: no answer; {world.said} {world.log_of('web')}") from None


async def test_clients_get_their_503_within_the_deadline_when_postgres_falls_silent():
    with scratch() as folder:
        async with wired(folder) as wires, a_world(wires.plan, folder) as world:
            assert await settled(world, BEGUN_WITHIN_SECONDS) is None
            load = Load(world, Random(SEED))
            async with aiohttp.ClientSession() as session:
                code, _ = await ask(world, session, load)
                wires.postgres.manner = DEAF
                asked = [ask(world, session, load) for _ in range(AT_ONCE)]
                answers = await asyncio.gather(*asked)
                wires.postgres.pass_again()
                healed = clock.monotonic()
                while (await ask(world, session, load))[0] != 202:
                    await asyncio.sleep(0.1)

    assert code == 202
    assert {code for code, _ in answers} == {503}
    assert max(took for _, took in answers) < 2 * DEADLINE_SECONDS + 2
    assert clock.monotonic() - healed < 10
