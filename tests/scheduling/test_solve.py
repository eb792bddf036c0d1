"""Every plan that comes out of the one door is sound, whatever goes in."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from scheduling.objective import values
from scheduling.plan import Plan, Reason
from scheduling.problem import Problem, TimeWindow
from scheduling.rules import RULES, check
from scheduling.solve import InvalidProblem, Limits, solve
from tests.scheduling.builders import (
    DAY,
    a_crisis,
    a_location,
    a_need,
    a_pin,
    a_problem,
    a_region,
    a_shift,
    a_travel,
    at,
    needs,
)
from tests.scheduling.strange import a_strange_problem

QUICK = Limits(seconds=10, solutions=3)


def served(plan: Plan) -> set[str]:
    return {person for r in plan.routes for stop in r.stops for person, _ in stop.visit.needs}


def reasons(plan: Plan) -> set[tuple[Reason, ...]]:
    return {row.reasons for row in plan.unassigned}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9))
def test_every_plan_is_sound_and_its_values_are_counted_right(seed: int):
    problem = a_strange_problem(seed)

    plan = solve(problem, QUICK, seed=seed)

    assert check(problem, plan) == ()
    assert plan.values == values(problem, plan.routes, plan.unassigned)
