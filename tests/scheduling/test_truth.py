"""The checker agrees with the plainest reading of the rules, on sound plans and on corrupted ones."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.rules import RULES, check
from scheduling.rules.coverage import unknown
from scheduling.solve import Limits, solve
from tests.effort import examples
from tests.scheduling.builders import HOUR
from tests.scheduling.corrupt import WAYS, corrupt
from tests.scheduling.strange import a_day_later, a_strange_problem
from tests.scheduling.truth import TESTS, Truth

BRIEF = Limits(5, 1)
CORRUPTIONS = 25


def names(problem: Problem, plan: Plan) -> set[str]:
    return {row.rule for row in check(problem, plan)}


def a_problem_with_everything(seed: int) -> Problem:
    """A strange problem without frozen stops (the checker forgives those), often with every policy."""
    random = Random(seed)
    problem = a_strange_problem(seed)
    if random.random() < 0.5:
        problem = a_day_later(seed, problem, solve(problem, BRIEF, seed=seed))
    return replace(
        problem,
        fixed=tuple(row for row in problem.fixed if row.why == "pinned"),
        together_from=random.choice((None, 6)),
        max_duty_seconds=random.choice((None, 6 * HOUR)),
        max_week_seconds=random.choice((None, 20 * HOUR)),
    )


@examples(short=20, long=60)
@given(st.integers(0, 10**9))
def test_a_plan_is_sound_when_the_plainest_reading_says_so(seed: int):
    problem = a_problem_with_everything(seed)
    plan = solve(problem, BRIEF, seed=seed)
    kept = (r for r in problem.fixed if r.visit_id not in plan.released_pins)
    problem, plan = replace(problem, fixed=tuple(kept)), replace(plan, released_pins=())

    assert Truth(problem, plan).faults() == set() == names(problem, plan)
    if not any(route.stops for route in plan.routes):
        return
    random = Random(seed)
    for _ in range(CORRUPTIONS):
        wrong = corrupt(random, problem, plan)
        if any(unknown(problem, wrong)):
            assert names(problem, wrong) == {"coverage"}
        else:
            assert names(problem, wrong) == Truth(problem, wrong).faults()


def test_every_rule_is_read_twice():
    names_of_rules = {rule.__name__.rsplit(".", 1)[-1] for rule in RULES}

    # the exchanges of fairness are judged by all the others; what facts take of a promise is read twice in
    # `test_promises` and `test_fewest_calls`
    assert names_of_rules == set(TESTS) | {"fairness", "promise"}


@pytest.mark.slow
def test_corruptions_break_every_rule_that_a_strange_plan_can_break():
    broken: set[str] = set()
    for seed in range(40):
        problem = a_problem_with_everything(seed)
        plan = solve(problem, BRIEF, seed=seed)
        random = Random(seed)
        if any(route.stops for route in plan.routes):
            for _ in range(3 * len(WAYS)):
                broken |= names(problem, corrupt(random, problem, plan))

    assert set(TESTS) - broken <= {"open_container"}  # six hours are long: see the corpus
