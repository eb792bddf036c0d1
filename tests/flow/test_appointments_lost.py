"""A plan takes no appointment by itself: through Kafka, from the fact that does to what the planner reads of it."""

from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from infra.postgres.database import Who
from infra.postgres.findings import TakenRow, read_taken
from services.demo.scenario import Scenario
from services.web.pages.stops import list_taken_items
from services.web.wording import Wording
from tests.bench import happenings
from tests.bench.replanning import Standing, World, a_world, load
from tests.conftest import Fresh
from tests.flow.test_reacting import find_broken

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(600)]
SMALL = Scenario(institutions=12, residents=150, practices=10, teams=2, days=5)
QUICK = {"PLANNER_SECONDS": "2", "PLANNER_QUIET_SECONDS": "2"}


async def waiting(world: World) -> list[TakenRow]:
    """Visits that facts took, with how many of their people have no other appointment."""
    reader = await world.fresh.open("reader", 1)
    async with world.door.transaction() as tx:
        first = await tx.fetchval("SELECT min(lower(slot)) FROM visits")
    who = Who("planner", world.region, uuid4(), "test:planner")
    async with reader.reading(who) as tx:
        return await read_taken(tx, world.region, first - timedelta(days=1))


def lost_of(before: Standing, after: Standing) -> dict[tuple[object, int], object]:
    """Who has no appointment any more, with the visit that they had."""
    return {key: place[0] for key, place in before.people.items() if key not in after.people}


async def test_doses_that_are_gone_take_appointments_and_the_planner_reads_whose_and_why(
    fresh: Fresh, kafka, tmp_path: Path
):
    async with a_world(fresh, kafka, tmp_path, SMALL, **QUICK) as world:
        await load(world, SMALL, tmp_path)
        before = await world.standing()

        for kind in (happenings.withdrawn_consent, happenings.new_registrations):
            await world.happen(await kind(world, Random(1)))
        calm = await world.standing()
        one = set(lost_of(before, calm))
        none_said = await waiting(world)
        event = await happenings.quarantined_lot(world, Random(2))
        await world.happen(event)
        after = await world.standing()
        said = await waiting(world)

        lost = lost_of(calm, after)
        titles = [item.text for item in list_taken_items(said, Wording("nl"))]
        assert len(one) == 1  # who refused
        assert none_said == []
        assert lost
        assert set(lost.values()) == {row.visit for row in said}
        assert sum(row.people for row in said) == len({person for person, _ in lost})
        assert {row.rule for row in said} == {"stock"}
        assert all("Er zijn geen bruikbare doses" in text for text in titles)
        assert await find_broken(world) == []
