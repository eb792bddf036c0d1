"""How long it takes to see what stood at any line of a day of 5,000 facts."""

import sys
from dataclasses import replace
from statistics import median
from time import perf_counter

import pytest

from infra.postgres.snapshot.load import read_snapshot
from services.accept.time_machine import read_as_of, standing_at
from services.planner.problem.posed import to_problem
from tests.builders import REGION, SmallRegion, say
from tests.services.accept.looking import rows

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(600)]
PEOPLE = 2_500  # each is registered and answers: 5,000 facts
BAR_SECONDS = 5.0


async def test_a_day_of_5000_facts_is_looked_back_on_within_five_seconds(fresh):
    door = await fresh.open("acceptor")
    facts = SmallRegion(people=PEOPLE).all()
    for n in range(0, len(facts), 500):
        await say(door, *facts[n : n + 500])
    ((newest,),) = await rows(door, "SELECT n FROM region_seq WHERE region = $1", REGION)
    taken = []
    for number in (newest // 4, newest // 2, newest, newest, newest):
        began = perf_counter()
        async with standing_at(fresh.dsn("owner"), REGION, number) as (tx, position):
            snapshot = await read_snapshot(tx, REGION, position.at)
            problem = to_problem(replace(snapshot, as_of=await read_as_of(tx, position))).problem
        taken.append(perf_counter() - began)

    sys.stdout.write(
        f"{newest} lines, {len(problem.needs)} doses: {[round(s, 2) for s in taken]} s\n"
    )
    assert median(taken) < BAR_SECONDS
