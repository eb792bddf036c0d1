"""The schemas say what the code says, and what they allow is what is read."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from scheduling.solve import Limits, solve
from services.offline.schema import current, differing, write
from services.planner.record import PLAN, PROBLEM
from tests.scheduling.builders import a_region
from tests.services.offline.files import as_json, run

ROOT = Path(__file__).resolve().parents[3]


def test_the_schemas_are_what_the_code_says():
    assert differing(ROOT / "docs/schemas") == [], "run: prikploeg plan schema"


def test_a_problem_and_a_plan_are_valid_and_a_wrong_field_is_not():
    problem, plan = (Draft202012Validator(schema) for schema in current().values())
    region = a_region(2, locations=10, teams=2)
    wrong = as_json() | {"nowadays": 1}

    assert list(problem.iter_errors(json.loads(PROBLEM.dump_json(region)))) == []
    assert list(plan.iter_errors(json.loads(PLAN.dump_json(solve(region, Limits(5, 1)))))) == []
    assert [error.validator for error in problem.iter_errors(wrong)] == ["additionalProperties"]


def test_a_field_carries_what_the_source_says_beside_it():
    definitions = current()["problem.json"]["$defs"]

    shift = definitions["Shift"]["properties"]

    assert shift["capacity"]["description"] == "doses in the cool box"


def test_an_old_schema_is_told_and_written_anew(tmp_path: Path):
    write(tmp_path)
    (tmp_path / "plan.json").write_text("{}")

    told = run("schema", "--check", "--folder", tmp_path)
    run("schema", "--folder", tmp_path)

    assert (told.exit_code, told.stdout.count("not what the code says")) == (1, 1)
    assert differing(tmp_path) == []
