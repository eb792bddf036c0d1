"""`prikploeg plan check`: the judge believes nothing that a plan says of itself."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scheduling.solve import Limits, solve
from services.planner.record import PLAN
from tests.scheduling.builders import a_crisis, a_need, a_problem, a_shift, needs
from tests.services.offline.files import SOLOMON, VRPLIB, run, write

PROBLEM = a_problem(
    needs=(*needs(10), *needs(5, "L2")),
    shifts=(a_shift(skills=frozenset({"crisis"})),),
    crisis_visits=(a_crisis(),),
)
Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def sound() -> str:
    return PLAN.dump_json(solve(PROBLEM, Limits(5, 1))).decode()


def found(folder: Path, plan: object, problem: object = PROBLEM) -> tuple[int, dict[str, int]]:
    """Exit code, and how often each rule is broken."""
    file = write(folder, problem)
    said = run("check", file, write(folder, plan, "plan.json"), "--json")
    assert said.stderr == ""
    return said.exit_code, json.loads(said.stdout)["by_rule"]


def test_a_sound_plan_breaks_nothing(sound: str, tmp_path: Path):
    assert found(tmp_path, sound) == (0, {})


def stops(plan: dict[str, Any]) -> Any:
    return plan["routes"][0]["stops"]


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        (lambda plan: plan["values"].update(metres=1), {"values"}),
        (lambda plan: plan["routes"][0].update(departure=0), {"values", "shift_hours"}),
        (lambda plan: stops(plan)[0].update(start=1), {"time_windows"}),
        (lambda plan: stops(plan).pop(), {"coverage", "values"}),
        (lambda plan: plan["routes"].clear(), {"coverage", "values"}),
        (lambda plan: plan.update(horizon_start="2021-02-16"), {"same_problem"}),
        (lambda plan: plan["routes"][0].update(shift_id="S9"), {"known"}),
        (lambda plan: stops(plan)[0]["visit"].update(location_id="L9"), {"known"}),
        (lambda plan: stops(plan)[-1]["visit"].update(product_id="x"), {"known"}),
        (lambda plan: stops(plan)[-1]["visit"].update(needs=[["nobody", 1]]), {"known"}),
    ],
)
def test_a_plan_that_was_changed_is_not_believed(
    sound: str, tmp_path: Path, change: Change, rules: set[str]
):
    plan = json.loads(sound)
    change(plan)

    code, broken = found(tmp_path, plan)

    assert code == 1
    assert rules <= set(broken)


def test_a_plan_of_another_problem_breaks_its_rules(sound: str, tmp_path: Path):
    other = a_problem(needs=(*needs(10), a_need("L2-P00", "L2")), crisis_visits=(a_crisis(),))

    assert found(tmp_path, sound, other) == (1, {"known": 4})


def test_a_table_names_the_rule_and_the_place(sound: str, tmp_path: Path):
    plan = json.loads(sound)
    plan["values"]["metres"] = 1

    said = run("check", write(tmp_path, PROBLEM), write(tmp_path, plan, "plan.json"))

    assert said.exit_code == 1
    assert "metres  the plan says 1, counted" in said.stdout


GOOD = {"routes": [[1, 2], [3]], "distance": 40.0, "unassigned": []}


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({}, {}),
        ({"distance": 40.1}, {"distance": 1}),
        ({"distance": 40.04}, {}),
        ({"routes": [[1, 2, 3]], "distance": 26.7}, {"capacity": 1, "distance": 1}),
        ({"routes": [[1, 2], [3, 1]]}, {"once": 1, "distance": 1}),
        ({"routes": [[1], [2], [3]]}, {"vehicles": 1, "distance": 1}),
        ({"routes": [[1, 2]], "distance": 20.0}, {"once": 1}),
        ({"routes": [[1, 2]], "distance": 20.0, "unassigned": [3]}, {}),
        ({"unassigned": [3]}, {"once": 1}),
        (
            {"routes": [[1, 2]], "distance": 20.0, "unassigned": [3], "reasons": {"3": "not_in_time"}},
            {"reason": 1},
        ),
    ],
)  # fmt: skip
def test_routes_are_counted_again(tmp_path: Path, change: dict[str, Any], rules: dict[str, int]):
    code, broken = found(tmp_path, GOOD | change, SOLOMON)

    assert (code, broken) == (1 if rules else 0, rules)


def test_a_convention_may_be_said_or_stands_in_the_file(tmp_path: Path):
    problem = write(tmp_path, SOLOMON, "small.txt")
    routes = {"routes": [[1, 3], [2]], "distance": 41.7}
    plain, named = (
        write(tmp_path, content, name)
        for content, name in ((routes, "a"), (routes | {"convention": "solomon"}, "b"))
    )

    assert run("check", problem, plain).exit_code == 0
    assert run("check", problem, plain, "--convention", "solomon").exit_code == 1
    assert run("check", problem, named).exit_code == 1
    assert run("check", problem, named, "--convention", "dimacs").exit_code == 0


def test_numbers_are_those_of_the_file(tmp_path: Path):
    problem = write(tmp_path, VRPLIB, "small.vrp")
    routes = write(tmp_path, {"routes": [[2, 3], [4]], "distance": 40}, "routes.json")
    depot = write(tmp_path, {"routes": [[1, 2]]}, "depot.json")

    assert run("check", problem, routes).exit_code == 0
    refused = run("check", problem, depot)
    assert (refused.exit_code, refused.stderr) == (
        2,
        "prikploeg: depot.json: routes[0][0]: no customer of the problem\n",
    )


def test_the_judge_imports_no_solver_and_needs_no_environment(sound: str, tmp_path: Path):
    files = [
        [write(tmp_path, PROBLEM), write(tmp_path, sound, "plan.json")],
        [write(tmp_path, SOLOMON, "a.txt"), write(tmp_path, GOOD, "routes.json")],
    ]
    program = """
import sys
from services.__main__ import app
code = app(["plan", "check", *sys.argv[1:]], standalone_mode=False)
refused = ("ortools", "pyvrp", "vroom", "scheduling.solver", "scheduling.solve", "asyncpg")
print(code, [name for name in refused if name in sys.modules])
"""

    for pair in files:
        done = subprocess.run(
            [sys.executable, "-c", program, *map(str, pair)],
            env={}, cwd=Path(__file__).resolve().parents[3], capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.splitlines()[-1] == "0 []"
