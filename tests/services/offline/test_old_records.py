"""A record that was kept before plans told of weights, bounds and wishes is still read."""

import json
import zlib
from pathlib import Path

from typer.testing import CliRunner

from scheduling.objective import values
from scheduling.rules import check
from scheduling.solve import Limits, solve
from services.offline.command import app
from services.planner.record import from_record, to_record
from tests.scheduling.builders import a_problem

ROOT = Path(__file__).resolve().parents[3]
RECORDS = ROOT / "tests/instances/records"  # made by the code of those days
EXAMPLE = ROOT / "docs/examples/plans/two-days.json"
YOUNGER_OF_PLAN = ("weights", "bound", "first_sound_seconds", "engines")
YOUNGER_OF_VALUES = ("wish_seconds", "other_team", "days_off")
YOUNGER_OF_PROBLEM = (
    *("max_duty_seconds", "max_week_seconds", "same_team_seconds", "ideal_day_seconds"),
    *("together_from", "area_points"),
)


def test_a_record_without_the_younger_fields_is_read_and_judged():
    problem = a_problem()
    made = solve(problem, Limits(5, 1))
    old = json.loads(to_record(problem, made))
    for field in YOUNGER_OF_PLAN:
        del old[1][field]
    for field in YOUNGER_OF_VALUES:
        del old[1]["values"][field]
    for field in YOUNGER_OF_PROBLEM:
        del old[0][field]
    for need in old[0]["needs"]:
        del need["ideal_day"]

    read_problem, plan = from_record(zlib.compress(json.dumps(old).encode()))

    assert plan.weights == ()
    assert plan.values.as_tuple() == made.values.as_tuple()
    assert read_problem.together_from is None
    assert check(problem, plan) == ()


def test_what_no_plan_says_any_more_is_passed_over_in_a_record_that_has_it():
    problem = a_problem()
    made = solve(problem, Limits(5, 1))
    old = json.loads(to_record(problem, made))
    old[1]["second_opinion"] = None
    for route in old[1]["routes"]:
        for stop in route["stops"]:
            stop["visit"]["urgent"] = False

    _, plan = from_record(zlib.compress(json.dumps(old).encode()))

    assert plan == made


def test_weights_of_any_size_come_back_as_they_were():
    problem = a_problem()
    made = solve(problem, Limits(5, 1))

    _, plan = from_record(zlib.compress(to_record(problem, made)))

    assert plan.weights == made.weights
    assert len(plan.weights) == 6


def test_a_record_of_the_first_release_is_read_and_judged():
    problem, plan = from_record((RECORDS / "0.1.0.json.z").read_bytes())

    assert check(problem, plan) == ()
    assert sum(len(route.stops) for route in plan.routes) == 9
    assert values(problem, plan.routes).as_tuple() == plan.values.as_tuple()


def test_a_plan_file_of_before_is_read_and_judged():
    done = CliRunner().invoke(
        app, ["check", str(EXAMPLE), str(RECORDS / "two-days-plan.json"), "--json"]
    )

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["violations"] == 0
