"""Facts that never stop coming: a region that people have visits in is planned all the same, after the limit."""

import asyncio
from pathlib import Path
from random import Random

import pytest

from services.demo.scenario import Scenario
from services.planner.params import DEFAULT
from tests.bench import happenings
from tests.bench.replanning import World, a_world, load
from tests.conftest import Fresh
from tests.flow.processes import until

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(600)]
SMALL = Scenario(institutions=12, residents=150, practices=10, teams=2, days=5)
QUICK = {"PLANNER_SECONDS": "2", "PLANNER_QUIET_SECONDS": "2"}
LOADING = "Er komen veel gegevens binnen"


async def stream(world: World) -> None:
    """Some thousand facts a second of people who are registered again and again, for ever."""
    event = await happenings.new_registrations(world, Random(1))
    while True:
        await world.say(event.payloads * 25)
        await asyncio.sleep(0.2)


async def test_a_region_whose_facts_never_stop_is_planned_after_the_limit(
    fresh: Fresh, kafka, tmp_path: Path
):
    async with a_world(fresh, kafka, tmp_path, SMALL, **QUICK) as world:
        await load(world, SMALL, tmp_path)
        streaming = asyncio.create_task(stream(world))

        async def loads() -> bool:
            said = (await world.status()).get("planning", {}).get("text", {}).get("nl", "")
            return LOADING in said

        await until(loads, 60, 0.1)
        while_loading = await read_newest_line(world)

        async def is_planned() -> bool:
            plan = (await world.status())["plan"]
            return bool(plan["as_of"][0] > while_loading)

        await until(is_planned, 6 * DEFAULT.longest_seconds, 0.1)
        assert not streaming.done()
        streaming.cancel()
        await asyncio.gather(streaming, return_exceptions=True)


async def read_newest_line(world: World) -> int:
    """Of the ledger of the region."""
    async with world.door.transaction() as tx:
        return int(await tx.fetchval("SELECT max(seq) FROM ledger WHERE region = $1", world.region))
