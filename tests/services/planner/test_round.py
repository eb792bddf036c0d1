"""One round of the planner on a real database: when a plan is made, by whom, and what it is worth."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import Any

import asyncpg
import pytest

from events.identifiers import Payload
from infra.postgres.campaign_view import read_record
from infra.postgres.database import Database
from infra.postgres.snapshot.load import Due, find_due_regions
from scheduling.rules import check
from scheduling.solve import Limits
from services.accept.submission import Status
from services.planner.record import from_record
from services.planner.round import Planning, plan_once
from tests.builders import REGION, SmallRegion, say
from tests.conftest import Fresh
from tests.facts import (
    NOW,
    a_consent,
    a_crisis,
    a_dose,
    a_patient,
    a_product,
    uid,
)
from tests.services.accept.looking import live, rows

pytestmark = pytest.mark.postgres
QUICK = Limits(seconds=20, rounds=1)


@pytest.fixture(scope="module")
def solver() -> Iterator[Executor]:
    """A child process that solves, as the planner has it."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield pool


@dataclass
class Paused(Executor):
    """A solver that waits for permission before it begins."""

    solver: Executor
    asked: Event = field(default_factory=Event)
    may_go: Event = field(default_factory=Event)

    def submit(self, fn: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        self.asked.set()
        self.may_go.wait(30)
        return self.solver.submit(fn, *arguments, **named)


@dataclass
class World:
    """A region in a database, and planners that look at it."""

    fresh: Fresh
    door: Database
    reading: Database
    solver: Executor

    def planner(self, solver: Executor | None = None) -> Planning:
        dsn = self.fresh.dsn("planner")
        return Planning(self.reading, self.door, dsn, solver or self.solver, QUICK)

    async def due(self, now=NOW) -> list[Due]:
        async with self.reading.transaction() as tx:
            return await find_due_regions(tx, now)

    async def plan_what_is_due(self, now=NOW) -> int:
        """Plan until nothing is due; how many plans it took."""
        made = 0
        while due := await self.due(now):
            assert made < 5
            for one in due:
                await plan_once(self.planner(), one.region, now)
                made += 1
        return made

    async def plans(self) -> list[tuple[bool, bool]]:
        """Of every plan whether it is stale and whether it was published."""
        return await rows(
            self.door, "SELECT stale, published_seq > 0 FROM plans ORDER BY proposed_seq"
        )


@pytest.fixture
async def world(fresh, solver) -> AsyncIterator[World]:
    door = await fresh.open("acceptor")
    await say(door, *SmallRegion().all())
    return World(fresh, door, await fresh.open("planner"), solver)


async def test_with_no_new_facts_exactly_one_plan_is_made(world):
    assert await world.plan_what_is_due() == 1

    assert await world.due() == []
    assert await world.plans() == [(False, True)]


async def test_everybody_who_can_be_is_served(world):
    await world.plan_what_is_due()

    assert {person for _, person in await live(world.door)} == {uid(f"p{n}") for n in range(8)}


async def test_a_plan_can_be_computed_and_judged_again(world):
    await world.plan_what_is_due()

    async with world.reading.transaction() as tx:
        plan_hash = await tx.fetchval("SELECT hash FROM plans")
        problem, plan = from_record(*await read_record(tx, plan_hash))

    assert check(problem, plan) == ()
    assert sum(len(stop.visit.needs) for route in plan.routes for stop in route.stops) == 8


@pytest.mark.parametrize(
    "fact",
    [a_patient("p9"), a_crisis(), a_product("pfizer"), a_dose("p1")],
    ids=lambda f: type(f).__name__,
)
async def test_a_new_fact_makes_one_new_plan(world, fact: Payload):
    await world.plan_what_is_due()

    await say(world.door, fact)

    assert await world.plan_what_is_due() == 1
    assert await world.due() == []


async def test_a_copy_of_a_fact_makes_no_plan(world):
    from tests.builders import a_record

    record = a_record(a_patient("p9"))
    await say(world.door, record)
    await world.plan_what_is_due()

    await say(world.door, record)

    assert await world.due() == []


async def test_the_next_day_makes_a_new_plan(world):
    await world.plan_what_is_due()

    assert [one.region for one in await world.due(NOW + timedelta(days=1))] == [REGION]


async def test_a_region_without_a_campaign_is_not_due(fresh):
    door, reading = await fresh.open("acceptor"), await fresh.open("planner")
    await say(door, *SmallRegion().places())

    async with reading.transaction() as tx:
        assert await find_due_regions(tx, NOW) == []


async def test_two_planners_at_once_make_one_plan(world):
    answers = await asyncio.gather(*(plan_once(world.planner(), REGION, NOW) for _ in range(2)))

    assert sorted(answer is None for answer in answers) == [False, True]
    assert await world.plans() == [(False, True)]
    assert await world.due() == []


async def test_the_plan_of_a_planner_that_was_paused_is_stale_and_published_by_nobody(world):
    paused = Paused(world.solver)
    slow = asyncio.create_task(asyncio.to_thread(asyncio.run, plan_apart(world.fresh, paused)))
    await asyncio.to_thread(paused.asked.wait, 30)
    await lose_the_lock(world.fresh)
    await say(world.door, a_patient("p9"), a_consent("p9"))
    await plan_once(world.planner(), REGION, NOW)
    served = await live(world.door)

    paused.may_go.set()
    status = await slow

    assert status is Status.ACCEPTED
    assert await world.plans() == [(False, True), (True, False)]
    assert await live(world.door) == served
    assert await world.due() == []


async def plan_apart(fresh: Fresh, solver: Executor) -> Status | None:
    """Plan in a loop of its own, so that waiting holds nobody else."""
    reading = await Database.open(fresh.dsn("planner"))
    door = await Database.open(fresh.dsn("acceptor"))
    try:
        planning = Planning(reading, door, fresh.dsn("planner"), solver, QUICK)
        outcome = await plan_once(planning, REGION, NOW)
        return outcome.status if outcome else None
    finally:
        await reading.close()
        await door.close()


async def lose_the_lock(fresh: Fresh) -> None:
    """What happens to the lock of a planner whose machine is away: Postgres ends its connection."""
    owner = await asyncpg.connect(fresh.dsn("owner"))
    ended = await owner.fetch(
        "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE l.locktype = 'advisory' AND d.datname = current_database()"
    )
    await owner.close()
    assert len(ended) == 1


async def test_a_planner_that_could_not_have_the_lock_leaves_the_region_to_the_other(world):
    paused = Paused(world.solver)
    slow = asyncio.create_task(asyncio.to_thread(asyncio.run, plan_apart(world.fresh, paused)))
    await asyncio.to_thread(paused.asked.wait, 30)

    second = await plan_once(world.planner(), REGION, NOW)
    paused.may_go.set()

    assert second is None
    assert await slow is Status.ACCEPTED
    assert len(await world.plans()) == 1


async def test_a_given_dose_leaves_the_plan_and_the_visit_with_its_people_stays(world):
    await world.plan_what_is_due()
    ((visit, person), *_) = await live(world.door)
    name = next(f"p{n}" for n in range(8) if uid(f"p{n}") == person)

    await say(world.door, a_dose(name, visit_id=visit))
    await world.plan_what_is_due()

    published = await rows(world.door, "SELECT count(*) FROM plans WHERE published_seq > 0")
    assert published == [(2,)]
    served = {one for _, one in await live(world.door)}
    assert served >= {uid(f"p{n}") for n in range(8)} - {person}
