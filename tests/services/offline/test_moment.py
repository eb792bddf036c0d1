"""State, plan and reasons as of any line: what people went by then, and the same problem that the planner had."""

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from scheduling.solve import Limits
from services.planner.record import PLAN, PROBLEM, from_record
from services.planner.round import Planning, plan_once
from tests.builders import REGION, SmallRegion, say
from tests.facts import NOW, a_patient
from tests.services.accept.looking import rows
from tests.services.commands.test_repairing import typed

pytestmark = pytest.mark.postgres
BY_WORK = Limits(seconds=60, rounds=1)
LATER = NOW + timedelta(minutes=5)


async def test_what_stood_then_is_said_though_much_happened_since(fresh, tmp_path: Path):
    door = await fresh.open("acceptor")
    await say(door, *SmallRegion().all())
    ((before,),) = await rows(door, "SELECT n FROM region_seq WHERE region = $1", REGION)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as solver:
        planning = Planning(
            await fresh.open("planner"), door, fresh.dsn("planner"), solver, BY_WORK
        )
        await plan_once(planning, REGION, NOW)
        ((planned,),) = await rows(door, "SELECT n FROM region_seq WHERE region = $1", REGION)
        ((plan, kept),) = await rows(
            door, "SELECT plan, record FROM plans JOIN plan_records USING (hash)"
        )
        await say(door, *(a_patient(f"late {n}") for n in range(5)), now=LATER)

    earlier, then = tmp_path / "earlier", tmp_path / "then"
    _, empty = await typed(
        fresh, "plan", "at", REGION, str(before), "--json", "--out", str(earlier)
    )
    code, said = await typed(
        fresh, "plan", "at", REGION, NOW.isoformat(), "--json", "--out", str(then)
    )
    _, now = await typed(fresh, "plan", "at", REGION, str(planned + 5))

    assert code == 0, said
    found = json.loads(said.splitlines()[0])
    assert json.loads(empty.splitlines()[0])["plan"] == {"id": None, "visits": []}
    assert (found["line"], found["plan"]["id"]) == (planned, str(plan))
    people = sum(visit["people"] for visit in found["plan"]["visits"])
    assert (found["state"]["people_registered"], people) == (8, 8)
    assert PLAN.validate_json((then / "plan.json").read_bytes()) == from_record(kept)[1]
    posed = PROBLEM.validate_json((earlier / "problem.json").read_bytes())
    had, _ = from_record(kept)
    assert replace(posed, travel=had.travel) == had
    (people_now,) = [line for line in now.splitlines() if "registered" in line]
    assert people_now.split()[-1] == "13"


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("7", f"the ledger of {REGION} has no line 7"),
        ("2021-02-15T10:00+01:00", f"the ledger of {REGION} had no line yet"),
        ("2021-02-15T10:00", "a moment needs an offset, such as 2021-02-15T10:00+01:00"),
        ("9021-02-15T10:00+01:00", "a moment to come has no state yet"),
        ("monday", "give the number of a line, or a moment such as 2021-02-15T10:00+01:00"),
    ],
)
async def test_a_line_or_moment_that_is_not_there_is_said_in_one_line(fresh, when: str, told: str):
    code, said = await typed(fresh, "plan", "at", REGION, when)

    assert (code, said) == (2, f"prikploeg: {told}\n")
