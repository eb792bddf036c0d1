"""With what a plan begins where hours are short and doses are not."""

from random import Random
from time import monotonic

import pytest

from scheduling.problem import Problem
from scheduling.routing.processes import Workers
from scheduling.solve import Limits, solve
from scheduling.solver.budget import Budget, SearchResources
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.stock import is_scarce
from scheduling.solver.operators.construction import construct
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.params import DEFAULT
from scheduling.solver.phases.start import are_hours_short, build_first_plan
from scheduling.visits.grouping import group
from tests.scheduling.builders import a_region

AMPLE = (40_000, 40_000, 40_000)


def unserved(problem: Problem) -> tuple[int, int]:
    """Points unserved by the first plan, and by insertion alone."""
    indexed = IndexedProblem(problem, group(problem))
    insertions = InsertionCosts(indexed, DEFAULT)
    resources = SearchResources(("ortools",), Workers(1), Random(0))
    first = build_first_plan(
        indexed, insertions, None, resources, Budget(monotonic() + 60, rounds=0)
    )
    inserted = construct(indexed, insertions)
    return first.draft.values().unserved_weight, inserted.values().unserved_weight


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_where_one_team_has_the_work_of_three_its_hours_go_to_those_who_weigh_most(seed: int):
    problem = a_region(seed, locations=80, teams=1, supply=AMPLE)
    indexed = IndexedProblem(problem, group(problem))
    assert are_hours_short(indexed, DEFAULT)
    assert not is_scarce(indexed)

    ours, inserted = unserved(problem)

    assert ours < 0.9 * inserted
    assert solve(problem, Limits(0)).values.unserved_weight < 0.9 * inserted


def test_where_everybody_fits_hours_are_not_short_and_everybody_is_served():
    problem = a_region(1, locations=60, teams=3, supply=AMPLE)

    assert not are_hours_short(IndexedProblem(problem, group(problem)), DEFAULT)
    assert unserved(problem)[0] == 0
