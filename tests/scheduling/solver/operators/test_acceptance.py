"""The cost of a plan in seconds of work, added up by hand, and how often a worse plan is accepted."""

from dataclasses import replace
from math import exp
from random import Random

import pytest

from scheduling.plan import Values
from scheduling.solver.operators.acceptance import accepts, weighted_cost
from scheduling.solver.params import CostWeights

NONE = Values(0, 0, 0, 0, 0, 0)
WEIGHTS = CostWeights(unserved=200, late=20_000, wasted=500, moved=900, metres_per_work_second=20)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("unserved_weight", 200),
        ("late_next_doses", 20_000),
        ("doses_wasted", 500),
        ("moved_stops", 900),
        ("working_seconds", 1),
        ("wish_seconds", 1),
        ("metres", 1 / 20),
        ("other_team", 0),  # wish_seconds says it already
        ("days_off", 0),
    ],
)
def test_each_value_of_a_plan_is_worth_its_seconds_of_work(value: str, seconds: float):
    costs = [weighted_cost(replace(NONE, **{value: count}), WEIGHTS) for count in (1, 40)]

    assert costs == [seconds, 40 * seconds]


def test_the_cost_is_the_sum_of_all_values():
    values = Values(102, 1, 3, 2, 4_000, 30_000, wish_seconds=120)

    assert weighted_cost(values, WEIGHTS) == 20_400 + 20_000 + 1_500 + 1_800 + 4_000 + 1_500 + 120


@pytest.mark.parametrize("temperature", [0.0, 5.0])
def test_a_plan_that_is_no_worse_is_always_accepted_and_asks_for_no_chance(temperature: float):
    random = Random(1)
    before = random.getstate()

    assert accepts(10, 10, temperature, random)
    assert accepts(10, 9.5, temperature, random)
    assert random.getstate() == before


def test_without_temperature_nothing_worse_is_accepted():
    assert not any(accepts(10, 10.001, 0.0, Random(seed)) for seed in range(200))


@pytest.mark.parametrize(("loss", "temperature"), [(1, 1), (5, 10), (5, 2), (30, 10)])
def test_a_worse_plan_is_accepted_as_often_as_its_loss_and_the_temperature_say(
    loss: float, temperature: float
):
    random, tries = Random(3), 20_000

    accepted = sum(accepts(100, 100 + loss, temperature, random) for _ in range(tries))

    assert accepted / tries == pytest.approx(exp(-loss / temperature), abs=0.01)
