"""A plan that was made by work, and not by the clock, comes out again from its record; others say that they do not."""

import json
import multiprocessing
import zlib
from collections.abc import AsyncIterator
from concurrent.futures import Executor, ProcessPoolExecutor

import pytest

from infra.postgres.database import Database
from scheduling.solve import Limits
from services.planner.round import Planning, answer_once, plan_once
from tests.builders import REGION, SmallRegion, say
from tests.facts import NOW, uid
from tests.services.accept.looking import rows
from tests.services.commands.test_repairing import typed

pytestmark = pytest.mark.postgres
BY_WORK, BY_CLOCK = Limits(seconds=60, rounds=2), Limits(seconds=1)


@pytest.fixture(scope="module")
async def solver() -> AsyncIterator[Executor]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield pool


async def a_region(fresh) -> Database:
    door = await fresh.open("acceptor")
    await say(door, *SmallRegion().all())
    return door


async def planning_of(fresh, solver: Executor, limits: Limits) -> Planning:
    return Planning(
        await fresh.open("planner"),
        await fresh.open("acceptor"),
        fresh.dsn("planner"),
        solver,
        limits,
    )


async def test_a_plan_made_by_work_is_made_again_bit_for_bit(fresh, solver):
    await a_region(fresh)
    await plan_once(await planning_of(fresh, solver, BY_WORK), REGION, NOW)

    code, said = await typed(fresh, "plan", "recompute", "1", "--json")

    assert code == 0, said
    found = json.loads(said)
    assert (found["outcome"], found["differing"], found["violations"]) == ("same", [], [])
    assert found["again"] == found["objective"]


async def test_the_answer_to_an_event_is_made_again_bit_for_bit_whatever_the_limit_of_time(
    fresh, solver
):
    door = await a_region(fresh)
    planning = await planning_of(fresh, solver, BY_CLOCK)
    await plan_once(planning, REGION, NOW)
    await say(door, *SmallRegion(people=9).all())
    await answer_once(planning, REGION, NOW)
    assert await rows(door, "SELECT count(*) FROM plans") == [(2,)]

    code, said = await typed(fresh, "plan", "recompute", "2", "--region", REGION)

    assert code == 0, said
    assert "bit for bit" in said


async def test_a_plan_that_a_clock_ended_says_so_and_is_judged_all_the_same(fresh, solver):
    await a_region(fresh)
    await plan_once(await planning_of(fresh, solver, BY_CLOCK), REGION, NOW)

    code, said = await typed(fresh, "plan", "recompute", "1")

    assert code == 0, said
    assert "a clock ended the search" in said


async def test_a_record_that_says_another_plan_than_comes_out_is_found(fresh, solver):
    door = await a_region(fresh)
    await plan_once(await planning_of(fresh, solver, BY_WORK), REGION, NOW)
    ((plan_id, packed),) = await rows(
        door, "SELECT plan, record FROM plans JOIN plan_records USING (hash)"
    )
    await spoil(fresh, packed)

    code, said = await typed(fresh, "plan", "recompute", str(plan_id))

    assert code == 1
    assert "another plan" in said


async def spoil(fresh, packed: bytes) -> None:
    """Another seed and other metres in the record."""
    text = zlib.decompress(packed).decode()
    at = text.rindex('"values":')
    spoilt = text[:at] + text[at:].replace('"metres":', '"metres":1', 1)
    owner = await fresh.open("owner", 1)
    async with owner.transaction() as tx:
        await tx.execute("UPDATE plan_records SET record = $1", zlib.compress(spoilt.encode()))


async def test_a_plan_is_explained_by_what_it_was_made_of_and_its_aims_in_order(fresh, solver):
    await a_region(fresh)
    await plan_once(await planning_of(fresh, solver, BY_WORK), REGION, NOW)

    _, said = await typed(fresh, "plan", "explain", "1", "--json")
    _, table = await typed(fresh, "plan", "explain", "1")

    found = json.loads(said)
    assert list(found["aims_in_order"]) == [
        "unserved_weight",
        "late_next_doses",
        "doses_wasted",
        "moved_stops",
        "working_seconds",
        "metres",
    ]
    assert found["made_of"]["people"] == 8
    assert found["limits"]["rounds"] == 2
    assert found["counts"]["people_served"] == 8
    assert "aims in order" in table or "aims_in_order" in table


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("7", "no plan of this number is kept here"),
        (str(uid("nothing")), "no plan of this number is kept here"),
        ("seven", "a plan has a number, or an id of 32 digits"),
    ],
)
async def test_a_plan_that_is_not_kept_is_said_in_one_line(fresh, named: str, told: str):
    code, said = await typed(fresh, "plan", "recompute", named)

    assert (code, said) == (2, f"prikploeg: {told}\n")
