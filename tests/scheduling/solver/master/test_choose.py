"""The master chooses among the routes of a pool: less waste, and every rule between routes kept."""

from dataclasses import replace
from itertools import permutations
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.limits import Limits
from scheduling.problem import Problem
from scheduling.solve import solve
from scheduling.solver.master.choose import MasterEffort, improve_with_master
from scheduling.solver.master.pool import CareRoutePool
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import best_schedule
from scheduling.solver.operators.acceptance import weighted_cost
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.operators.ruin_recreate import RuinRecreate
from scheduling.visits.grouping import group
from tests.scheduling.builders import (
    a_campaign,
    a_location,
    a_lot,
    a_problem,
    a_product,
    a_shift,
    a_travel,
    needs,
)
from tests.scheduling.solver.model.test_draft import a_draft_after_ruins

WORK = MasterEffort(units=1.0)


def four_calls(**changes: object) -> Problem:
    """4, 6, 3 and 7 people, two teams, containers of ten that travel: two pairs fill them."""
    problem = a_problem(
        locations=tuple(a_location(f"L{k}", k) for k in range(1, 5)),
        products=(a_product(open_may_travel=True),),
        needs=(*needs(4, "L1"), *needs(6, "L2"), *needs(3, "L3"), *needs(7, "L4")),
        shifts=(a_shift("S1"), a_shift("S2")),
        travel=a_travel(5),
    )
    return replace(problem, **changes)


def a_case(problem: Problem) -> tuple[IndexedProblem, dict[str, int]]:
    indexed = IndexedProblem(problem, group(problem))
    return indexed, {visit.location_id: v for v, visit in enumerate(indexed.visits)}


def a_pool_of_pairs(indexed: IndexedProblem) -> CareRoutePool:
    """Every route of one or two calls."""
    pool = CareRoutePool(indexed)
    for s in range(len(indexed.shifts)):
        for length in (1, 2):
            for visits in permutations(range(indexed.size), length):
                schedule = best_schedule(indexed, s, visits)
                if schedule is not None:
                    pool.add(schedule)
    return pool


def test_the_master_pairs_the_calls_that_fill_a_container():
    indexed, v = a_case(four_calls())
    draft = Draft(indexed)
    assert draft.set_route(0, (v["L1"], v["L3"]))
    assert draft.set_route(1, (v["L2"], v["L4"]))

    better = improve_with_master(draft, a_pool_of_pairs(indexed), WORK, 1)

    assert (draft.values().doses_wasted, better.values().doses_wasted) == (10, 0)
    assert better.values().unserved_weight == 0


def test_it_takes_no_more_than_there_is_in_stock():
    indexed, v = a_case(four_calls(stock=(a_lot(10),)))
    draft = Draft(indexed)
    assert draft.set_route(0, (v["L4"],))

    better = improve_with_master(draft, a_pool_of_pairs(indexed), WORK, 1)

    assert better.stockroom.given_out() == {("D1", "moderna"): {0: 10}}
    assert better.values().doses_wasted == 0


def test_it_keeps_the_days_between_two_doses():
    problem = four_calls(
        campaigns=(a_campaign(min_days=2, max_days=3),),
        needs=(*needs(5, "L1"), *needs(5, "L1", dose_no=2, since_dose=1)),
        shifts=tuple(a_shift(f"S{day}", day) for day in range(6)),
    )
    indexed, _ = a_case(problem)

    better = improve_with_master(Draft(indexed), a_pool_of_pairs(indexed), WORK, 1)

    first, second = (indexed.day[s] for s in sorted(better.where))
    assert better.values().unserved_weight == 0
    assert 2 <= second - first <= 3


def test_an_empty_pool_leaves_the_plan_as_it_is():
    indexed, v = a_case(four_calls())
    draft = Draft(indexed)
    assert draft.set_route(0, (v["L1"],))

    assert improve_with_master(draft, CareRoutePool(indexed), WORK, 1) is draft


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9))
def test_it_never_makes_a_plan_worse_and_is_the_same_for_a_seed(seed: int):
    _, draft = a_draft_after_ruins(seed)
    ruin = RuinRecreate(draft.indexed, InsertionCosts(draft.indexed), Random(seed))
    pool = CareRoutePool(draft.indexed)
    for _ in range(20 if ruin.free else 0):
        pool.see(ruin.ruin_and_recreate(draft), draft)

    better, again = (improve_with_master(draft, pool, WORK, seed) for _ in range(2))

    assert weighted_cost(better.values(), pool.params.weights) <= weighted_cost(
        draft.values(), pool.params.weights
    )
    assert better.routes == again.routes or [
        better.visits(s) for s in range(len(better.routes))
    ] == [again.visits(s) for s in range(len(again.routes))]


def test_a_plan_of_shared_containers_is_the_same_for_a_seed_and_wastes_little():
    many = four_calls(
        locations=tuple(a_location(f"L{k}", k) for k in range(1, 17)),
        needs=tuple(need for k in range(1, 17) for need in needs(2 + 5 * k % 9, f"L{k}")),
        shifts=tuple(a_shift(f"S{k}", k) for k in range(6)),
        travel=a_travel(17),
    )

    one, two = (solve(many, Limits(60, 2), seed=3) for _ in range(2))

    assert one.routes == two.routes
    assert one.values.unserved_weight == 0
    assert one.values.doses_wasted <= 10
