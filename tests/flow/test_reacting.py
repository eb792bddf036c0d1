"""A small region whose planner reacts: facts through Kafka, what `/status` and the planner's page say of each."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from events.identifiers import Payload
from events.practice import ConsentRecorded, ConsentStatus, PatientRegistered
from infra.clock import set_campaign_clock
from infra.postgres.campaign_view import read_record
from scheduling.kept import check_kept
from scheduling.rules import check_added
from services.demo.scenario import Scenario
from services.planner.record import from_record
from services.simulator.feed import feed
from tests.bench import happenings
from tests.bench.replanning import CLOCK, LOOK_SECONDS, World, a_world, load
from tests.conftest import Fresh
from tests.facts import NOW
from tests.flow.processes import children, environment, until
from tests.services.accept.looking import rows
from tests.services.importing.builders import SmallVault
from tests.services.planner.test_offers import a_plan_that_can_be_bettered

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(600)]
SMALL = Scenario(institutions=12, residents=150, practices=10, teams=2, days=5)
STORM = 1_000
QUICK = {"PLANNER_SECONDS": "2", "PLANNER_QUIET_SECONDS": "2"}


@pytest.fixture
async def empty(fresh: Fresh, kafka, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(fresh, kafka, tmp_path, SMALL, **QUICK) as world:
        yield world


async def list_plans(world: World) -> list[tuple[int, int, str]]:
    """Every published plan: what it knew, whom it serves, and its hash."""
    async with world.door.transaction() as tx:
        rows = await tx.fetch(
            """
            SELECT region_seq, (counts ->> 'people_served')::int AS served, hash FROM plans
            WHERE region = $1 AND published_seq > 0 ORDER BY published_seq
            """,
            world.region,
        )
    return [(row["region_seq"], row["served"], row["hash"]) for row in rows]


async def find_broken(world: World) -> list[str]:
    """Rules that a published plan breaks, by the checker that knows no solver."""
    broken = []
    for _, _, plan_hash in await list_plans(world):
        async with world.door.transaction() as tx:
            problem, plan = from_record(*await read_record(tx, plan_hash))
        broken += [row.rule for row in (*check_added(problem, plan), *check_kept(problem))]
    return broken


def a_storm(n: int) -> list[Payload]:
    """Registrations and consents of people at one place."""
    said: list[Payload] = []
    campaign, place, practice = uuid4(), uuid4(), uuid4()
    for _ in range(n // 2):
        of = {
            "person_id": uuid4(),
            "campaign_id": campaign,
            "location_id": place,
            "practice_id": practice,
        }
        said.append(PatientRegistered.model_validate(of | {"birth_year": 1938}))
        said.append(ConsentRecorded.model_validate(of | {"status": ConsentStatus.GIVEN}))
    return said


async def test_a_region_that_loads_is_planned_once_it_rests_and_says_so(empty: World, tmp_path):
    said: set[str] = set()

    async def watch() -> None:
        while True:
            said.add((await empty.status()).get("planning", {}).get("text", {}).get("nl", ""))
            await asyncio.sleep(LOOK_SECONDS)

    watching = asyncio.create_task(watch())
    await feed(tmp_path / "files", SMALL.make(), empty.sink, SmallVault())
    await empty.rest(90)

    async def is_said_to_rest() -> bool:
        return "De planning wacht op nieuwe gegevens." in said

    await until(is_said_to_rest)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)

    plans = await list_plans(empty)
    assert len(plans) == 1, plans
    assert plans[0][1] > 0
    assert any("Er komen veel gegevens binnen" in one for one in said), said


async def test_a_planner_that_loses_the_database_ends_whatever_it_searches(
    fresh: Fresh, kafka, tmp_path: Path
):
    long = {"PLANNER_SECONDS": "600", "PLANNER_QUIET_SECONDS": "0"}
    async with a_world(fresh, kafka, tmp_path, SMALL, **long) as world:
        await feed(tmp_path / "files", SMALL.make(), world.sink, SmallVault())

        async def searches() -> bool:
            said = (await world.status()).get("planning", {}).get("text", {}).get("nl", "")
            return "eerste plan" in said

        await until(searches)
        owner = await fresh.open("owner", 1)
        async with owner.transaction() as tx:
            await tx.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE usename = 'planner' AND datname = current_database()
                """
            )

        await asyncio.wait_for(world.processes["planner"].process.wait(), 60)


async def test_a_planner_that_is_started_again_still_looks_for_a_better_plan(
    fresh: Fresh, kafka, tmp_path: Path
):
    door = await a_plan_that_can_be_bettered(fresh)
    set_campaign_clock(tmp_path / "clock.json", NOW, 0.0, CLOCK.now())
    told = environment(
        fresh, kafka, PRIKPLOEG_CLOCK_FILE=str(tmp_path / "clock.json"), PLANNER_SECONDS="1"
    )

    async def count(condition: str) -> int:
        return (await rows(door, f"SELECT count(*) FROM plans WHERE {condition}"))[0][0]

    async def has_answered() -> bool:
        return await count("published_seq > 0") == 2

    async def has_offered() -> bool:
        return await count("published_seq = 0") == 1

    async with children(told, tmp_path, "planner"):
        await until(has_answered)
    assert not await has_offered()
    async with children(told, tmp_path, "planner"):
        await until(has_offered)


@pytest.fixture
async def world(empty: World, tmp_path: Path) -> World:
    await load(empty, SMALL, tmp_path)
    return empty


async def test_each_event_is_answered_and_what_it_does_not_hit_stays(world: World):
    found = [
        await world.happen(await kind(world, Random(1)))
        for kind in (happenings.withdrawn_consent, happenings.crisis, happenings.new_registrations)
    ]

    assert [one.lost for one in found] == [0, 0, 0]
    assert await find_broken(world) == []


async def test_a_storm_of_facts_while_a_plan_is_made_loses_none_and_breaks_no_rule(world: World):
    before = await list_plans(world)
    event = await happenings.withdrawn_consent(world, Random(1))
    told = await world.say(event.payloads)
    for start in range(0, STORM, 100):
        told += await world.say(a_storm(STORM)[start : start + 100])
        await world.look()
        await asyncio.sleep(0.2)
    await world.wait_for(told)
    await world.rest()

    plans = await list_plans(world)
    async with world.door.transaction() as tx:
        newest = await tx.fetchval("SELECT max(seq) FROM ledger WHERE id = ANY ($1)", told)
    assert plans[-1][0] >= newest
    assert len(plans) > len(before)
    assert all(served > 0 for _, served, _ in plans)
    assert await find_broken(world) == []
