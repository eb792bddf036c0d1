"""A stored plan goes out as files; outside everything can be judged and computed again."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from scheduling.solve import Limits, solve
from services.offline.files.strict import read_plan, read_problem
from services.offline.files.text import read_text
from services.offline.judging import judge_plan
from services.planner.round import Planning, plan_once
from tests.builders import REGION, SmallRegion, say
from tests.facts import NOW, uid
from tests.services.accept.looking import rows
from tests.services.commands.test_repairing import typed

pytestmark = pytest.mark.postgres
QUICK = Limits(seconds=20, rounds=1)


async def test_a_stored_plan_goes_out_as_files_that_can_be_solved_again(fresh, tmp_path: Path):
    door = await fresh.open("acceptor")
    await say(door, *SmallRegion().all())
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as solver:
        reading, dsn = await fresh.open("planner"), fresh.dsn("planner")
        await plan_once(Planning(reading, door, dsn, solver, QUICK), REGION, NOW)
    ((plan_id,),) = await rows(door, "SELECT plan FROM plans")

    code, said = await typed(fresh, "plan", "export", str(plan_id), "--out", str(tmp_path / "new"))

    assert (code, said.count("wrote")) == (0, 2)
    problem = read_problem(read_text(tmp_path / "new/problem.json"), "problem.json")
    plan = read_plan(read_text(tmp_path / "new/plan.json"), "plan.json")
    violations, _ = judge_plan(problem, plan)
    again = solve(problem, QUICK)
    assert violations == ()
    assert again.values == plan.values
    assert sum(len(stop.visit.needs) for route in again.routes for stop in route.stops) == 8


async def test_a_plan_that_is_not_kept_is_said_in_one_line(fresh, tmp_path: Path):
    code, said = await typed(
        fresh, "plan", "export", str(uid("nothing")), "--out", str(tmp_path / "new")
    )

    assert (code, said) == (2, "prikploeg: no plan of this number is kept here\n")
    assert not (tmp_path / "new").exists()
