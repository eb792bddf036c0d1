"""The state as of any line is what it was when that line was the last: people, teams, visits, stock, and the problem."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from infra.errors import NotConfigured
from infra.postgres.snapshot.load import load_snapshot, read_snapshot
from infra.postgres.snapshot.rows import Snapshot
from services.accept.rebuild import compare
from services.accept.time_machine import read_as_of, standing_at
from tests.builders import OTHER_REGION, REGION, SmallRegion, a_plan, say
from tests.facts import NOW, a_cancellation, an_assignment, not_given, uid
from tests.services.accept.history import FACTS
from tests.services.accept.looking import rows

pytestmark = pytest.mark.postgres


async def look_back(fresh, number: int) -> Snapshot:
    async with standing_at(fresh.dsn("owner"), REGION, number) as (tx, position):
        found = await read_snapshot(tx, REGION, position.at)
        return replace(found, as_of=await read_as_of(tx, position))


async def live_now(fresh, now: datetime) -> tuple[int, Snapshot]:
    planner = await fresh.open("planner", 1)
    ((number,),) = await rows(planner, "SELECT n FROM region_seq WHERE region = $1", REGION)
    return number, await load_snapshot(planner, REGION, now)


async def test_every_moment_of_a_history_is_found_again_as_it_was(fresh):
    door = await fresh.open("acceptor")
    seen: dict[int, Snapshot] = {}
    now = NOW
    visits = [an_assignment(f"v{n}", [f"p{n}", f"p{n + 10}"], 8 + n) for n in range(5)]
    batches = [
        SmallRegion(people=12).all(),
        FACTS[:20],
        FACTS[20:],
        [a_plan("one", (0, 0), *visits)],
        [not_given("p2", visit_id=uid("v2")), a_cancellation("v3")],
    ]
    for batch in batches:
        now += timedelta(minutes=1)
        await say(door, *batch, now=now)
        await say(door, *FACTS[:3], region=OTHER_REGION, now=now)
        number, snapshot = await live_now(fresh, now)
        seen[number] = snapshot

    for number, snapshot in seen.items():
        found = await look_back(fresh, number)
        assert replace(found, elsewhere=0) == replace(snapshot, elsewhere=0), number
    assert await compare(fresh.dsn("owner")) == []


async def test_nothing_of_it_stays_and_nobody_waits(fresh):
    door = await fresh.open("acceptor")
    await say(door, *SmallRegion().all())

    async with standing_at(fresh.dsn("owner"), REGION, 5):
        await say(door, not_given("p2"))

    assert await rows(door, "SELECT nspname FROM pg_namespace WHERE nspname = 'rebuilt'") == []


async def test_a_line_that_is_not_there_is_said(fresh):
    with pytest.raises(NotConfigured, match="no line 9"):
        await look_back(fresh, 9)
