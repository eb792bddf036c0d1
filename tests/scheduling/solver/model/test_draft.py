"""The draft counts as the objective and the rules count, at every moment of a search."""

from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.objective import values
from scheduling.pins import release_pins
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.rules.stock import taken
from scheduling.solver.model.draft import Draft, to_routes
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.insertion import InsertionCosts, construct
from scheduling.solver.operators.ruin_recreate import RuinRecreate
from scheduling.visits.grouping import group
from tests.scheduling.strange import a_strange_problem


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9))
def test_a_draft_has_the_values_of_its_routes(seed: int):
    problem, draft = a_draft_after_ruins(seed)

    whole = values(problem, to_routes(draft))

    gone = sum(  # told of before, and no visit any more: nothing that a draft decides
        row.start >= problem.now and row.visit_id not in draft.indexed.index
        for row in problem.published
    )
    assert draft.values() == replace(whole, moved_stops=whole.moved_stops - gone)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9))
def test_a_draft_takes_from_the_stock_what_its_routes_take(seed: int):
    problem, draft = a_draft_after_ruins(seed)
    plan = Plan(problem.region, problem.as_of, "2021-02-15", to_routes(draft), (), draft.values())

    by_depot = taken(problem, plan)

    assert draft.stockroom.given_out() == by_depot


def a_draft_after_ruins(seed: int) -> tuple[Problem, Draft]:
    """A plan that was made, and partly made again a few times."""
    problem = release_pins(a_strange_problem(seed))[0]
    indexed = IndexedProblem(problem, group(problem))
    insertions = InsertionCosts(indexed)
    draft, ruin = construct(indexed, insertions), RuinRecreate(indexed, insertions, Random(seed))
    if ruin.free:
        for _ in range(5):
            draft = ruin.ruin_and_recreate(draft)
    return problem, draft
