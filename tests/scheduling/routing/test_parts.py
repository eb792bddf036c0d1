"""Routes that are improved part by part keep every rule and are never dearer."""

from dataclasses import replace

import pytest

from scheduling.routing.engines import SISR, load_engine
from scheduling.routing.evaluate import evaluate
from scheduling.routing.params import DEFAULT
from scheduling.routing.parts import PartsJob
from scheduling.routing.problem import Effort, Routes, RoutingProblem
from tests.scheduling.routing.engines.draws import a_draw

SMALL = replace(DEFAULT, parts=replace(DEFAULT.parts, clients=8))
ENOUGH_SECONDS = 60.0


def begun(problem: RoutingProblem) -> Routes:
    found = load_engine(SISR).begin(problem, ENOUGH_SECONDS)
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(4))
def test_parts_make_routes_that_keep_every_rule_and_cost_no_more(seed: int):
    problem = a_draw(seed, 30, 6)
    start = begun(problem)

    found = PartsJob("ortools", problem, start, Effort(ENOUGH_SECONDS, 6), 1, SMALL).run()

    before, after = evaluate(problem, start), evaluate(problem, found)
    assert before is not None
    assert after is not None
    assert after <= before


def test_more_parts_gain_more_and_the_seed_alone_decides_which():
    problem = a_draw(1, 30, 6)
    start = begun(problem)
    costs = {}
    for parts in (0, 1, 12, 12):
        job = PartsJob("ortools", problem, start, Effort(ENOUGH_SECONDS, parts), 3, SMALL)
        costs.setdefault(parts, set()).add(evaluate(problem, job.run()))

    assert {parts: len(found) for parts, found in costs.items()} == {0: 1, 1: 1, 12: 1}
    assert costs[0] == {evaluate(problem, start)}
    assert min(costs[12]) < min(costs[0])


def test_a_part_that_takes_everything_that_is_left_ends_with_the_effort():
    problem = a_draw(2, 12, 3)
    start = begun(problem)

    found = PartsJob("ortools", problem, start, Effort(0.3), 0).run()

    assert evaluate(problem, found) is not None
