"""The routing model takes what the rules allow, and keeps out what they forbid."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.pins import release_pins
from scheduling.problem import Outbreak, Problem
from scheduling.solver.decomposition.subproblem import SubProblem, choose_sub_problem
from scheduling.solver.exact.constraints import CONSTRAINTS, KEPT_BY_CONSTRUCTION
from scheduling.solver.exact.resolve import ResolveEffort, build_model, resolve
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.construction import construct
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.operators.ruin_recreate import RuinRecreate
from scheduling.visits.grouping import group
from tests.effort import examples
from tests.scheduling.builders import (
    a_campaign,
    a_location,
    a_lot,
    a_pause,
    a_problem,
    a_shift,
    at,
    needs,
)
from tests.scheduling.strange import a_strange_problem

DESCENT = ResolveEffort(5, beyond_optimum=False)


@examples(short=40, long=150)
@given(st.integers(0, 10**9))
def test_every_draft_is_a_start_that_the_model_takes(seed: int):
    indexed, draft = a_draft(release_pins(a_strange_problem(seed))[0])
    ruin = RuinRecreate(indexed, InsertionCosts(indexed), Random(seed))
    if not ruin.free:
        return
    sub_problem = choose_sub_problem(indexed, draft, ruin.neighbours(ruin.free[0]), Random(seed))

    if sub_problem.shifts and sub_problem.visits:
        model, _ = build_model(indexed, draft, sub_problem, DESCENT)
        start = model.routing.ReadAssignmentFromRoutes(model.start_routes(), True)

        assert start is not None


def a_draft(problem: Problem) -> tuple[IndexedProblem, Draft]:
    indexed = IndexedProblem(problem, group(problem))
    return indexed, construct(indexed, InsertionCosts(indexed))


def served(problem: Problem) -> int:
    """People whom the model itself serves from an empty plan."""
    indexed = IndexedProblem(problem, group(problem))
    sub_problem = SubProblem(tuple(range(len(indexed.shifts))), tuple(range(indexed.size)))
    model, parameters = build_model(indexed, Draft(indexed), sub_problem, DESCENT)
    found = model.routing.SolveWithParameters(parameters)
    routes = model.read(found)
    assert resolve(indexed, Draft(indexed), sub_problem, DESCENT) is not None
    return sum(indexed.visits[v].doses for visits in routes.values() for v in visits)


TWO = a_problem(needs=(*needs(10, "L1"), *needs(10, "L2")))


@pytest.mark.parametrize(
    ("problem", "people"),
    [
        (TWO, 20),
        (replace(TWO, stock=(a_lot(20),)), 20),
        (replace(TWO, stock=(a_lot(19),)), 10),
        (replace(TWO, stock=(a_lot(10), a_lot(10, lot="later", first_day=1))), 10),
        (replace(TWO, shifts=(a_shift(capacity=20),)), 20),
        (replace(TWO, shifts=(a_shift(capacity=19),)), 10),
        (replace(TWO, shifts=(a_shift(end=at(0, 11)),)), 20),
        (replace(TWO, shifts=(a_shift(end=at(0, 11) - 1),)), 10),
        (replace(TWO, shifts=(a_shift(end=at(0, 11.5), pause=a_pause(0, 9, 10)),)), 20),
        (replace(TWO, shifts=(a_shift(end=at(0, 11.5) - 1, pause=a_pause(0, 9, 10)),)), 10),
        (replace(TWO, now=at(0, 17) - 7800), 20),
        (replace(TWO, now=at(0, 17) - 7799), 10),
        (replace(TWO, campaigns=(a_campaign(reserve_next_dose=True),), stock=(a_lot(40),)), 20),
        (replace(TWO, campaigns=(a_campaign(reserve_next_dose=True),), stock=(a_lot(39),)), 10),
    ],
)
def test_the_model_alone_stops_at_each_bound(problem: Problem, people: int):
    assert served(problem) == people


def test_a_team_that_may_not_rest_is_used_once():
    hour = {"start": at(0, 9) - 600, "end": at(0, 10)}
    other = {"start": at(0, 10), "end": at(0, 11) + 600}
    short = replace(
        TWO, shifts=(a_shift("S1", team_id="T", **hour), a_shift("S2", team_id="T", **other))
    )

    assert served(short) == 10
    assert served(replace(short, rest_seconds=0)) == 20


def test_a_location_with_an_outbreak_is_left_where_it_is():
    last = replace(
        TWO, locations=(a_location("L1", 1, outbreak=Outbreak.LAST), a_location("L2", 2))
    )

    assert served(last) == 10


def test_each_constraint_has_the_name_of_a_rule_and_is_not_kept_otherwise():
    names = {constraint.__name__ for constraint in CONSTRAINTS}

    assert len(names) == len(CONSTRAINTS)
    assert names.isdisjoint(KEPT_BY_CONSTRUCTION)
