"""What work ended comes out again bit for bit, through each door of the scheduler; what a clock ended does not claim to."""

import zlib
from dataclasses import replace

import pytest

from scheduling.improve import improve
from scheduling.limits import Limits
from scheduling.problem import Problem
from scheduling.remaking import remake
from scheduling.solve import repair, solve
from services.planner.record import PLAN, PROBLEM
from tests.scheduling.builders import published
from tests.scheduling.equal_plans import FOLDER

BY_WORK = Limits(300, rounds=2)
NAMES = ("two-days", "strange-001", "strange-017", "strange-033")


def stored(name: str) -> Problem:
    return PROBLEM.validate_json(zlib.decompress((FOLDER / f"{name}.json.z").read_bytes()))


def followed(problem: Problem) -> Problem:
    """The problem once a plan of it was published and a shift fell out."""
    plan = solve(problem, BY_WORK, seed=4)
    held = {row.shift_id for row in problem.fixed}
    gone = next(shift for shift in problem.shifts if shift.id not in held)
    stays = tuple(shift for shift in problem.shifts if shift is not gone)
    return replace(problem, published=published(plan, told=False), shifts=stays)


@pytest.mark.parametrize("name", NAMES)
def test_plans_of_every_door_come_out_again_from_what_is_kept_of_them(name: str):
    problem = stored(name)
    after = followed(problem)
    made = [
        (problem, solve(problem, BY_WORK, seed=5)),
        (after, repair(after, Limits(0), seed=6)),
        (after, repair(after, BY_WORK, seed=7)),
        (after, improve(after, BY_WORK, seed=8).plan),
    ]

    for asked, plan in made:
        kept_problem = PROBLEM.validate_json(PROBLEM.dump_json(asked))
        kept = PLAN.validate_json(PLAN.dump_json(plan))
        again = remake(kept_problem, kept)
        assert again is not None
        assert again.differing == (), kept.made


def test_another_seed_or_a_changed_record_is_another_plan():
    problem = stored("two-days")
    plan = solve(problem, BY_WORK, seed=5)

    again = remake(problem, replace(plan, values=replace(plan.values, metres=1)))

    assert again is not None
    assert again.differing == ("values",)


def test_a_plan_that_a_clock_ended_or_that_began_from_another_is_not_made_again():
    problem = stored("two-days")
    first = solve(problem, Limits(1))

    assert remake(problem, first) is None
    assert remake(problem, solve(problem, BY_WORK, previous=first)) is None
    assert remake(problem, replace(first, made=None)) is None
