"""The master chooses among the routes of a pool: less waste, and every rule between routes kept."""

from dataclasses import replace
from itertools import permutations
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.limits import Limits
from scheduling.problem import Problem
from scheduling.solve import solve
from scheduling.solver.master.choose import Work, master_round
from scheduling.solver.master.pool import Pool
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import Case
from scheduling.solver.model.schedule import best_schedule
from scheduling.solver.operators.acceptance import cost_of
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

WORK = Work(units=1.0)


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


def a_case(problem: Problem) -> tuple[Case, dict[str, int]]:
    case = Case(problem, group(problem))
    return case, {visit.location_id: v for v, visit in enumerate(case.visits)}


def a_pool_of_pairs(case: Case) -> Pool:
    """Every route of one or two calls."""
    pool = Pool(case)
    for s in range(len(case.shifts)):
        for length in (1, 2):
            for visits in permutations(range(case.size), length):
                schedule = best_schedule(case, s, visits)
                if schedule is not None:
                    pool.add(schedule)
    return pool


def test_the_master_pairs_the_calls_that_fill_a_container():
    case, v = a_case(four_calls())
    draft = Draft(case)
    assert draft.set_route(0, (v["L1"], v["L3"]))
    assert draft.set_route(1, (v["L2"], v["L4"]))

    better = master_round(draft, a_pool_of_pairs(case), WORK, 1)

    assert (draft.values().doses_wasted, better.values().doses_wasted) == (10, 0)
    assert better.values().unserved_weight == 0


def test_it_takes_no_more_than_there_is_in_stock():
    case, v = a_case(four_calls(stock=(a_lot(10),)))
    draft = Draft(case)
    assert draft.set_route(0, (v["L4"],))

    better = master_round(draft, a_pool_of_pairs(case), WORK, 1)

    assert better.stockroom.given_out() == {("D1", "moderna"): {0: 10}}
    assert better.values().doses_wasted == 0


def test_it_keeps_the_days_between_two_doses():
    problem = four_calls(
        campaigns=(a_campaign(min_days=2, max_days=3),),
        needs=(*needs(5, "L1"), *needs(5, "L1", dose_no=2, since_dose=1)),
        shifts=tuple(a_shift(f"S{day}", day) for day in range(6)),
    )
    case, _ = a_case(problem)

    better = master_round(Draft(case), a_pool_of_pairs(case), WORK, 1)

    first, second = (case.day[s] for s in sorted(better.where))
    assert better.values().unserved_weight == 0
    assert 2 <= second - first <= 3


def test_an_empty_pool_leaves_the_plan_as_it_is():
    case, v = a_case(four_calls())
    draft = Draft(case)
    assert draft.set_route(0, (v["L1"],))

    assert master_round(draft, Pool(case), WORK, 1) is draft


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9))
def test_it_never_makes_a_plan_worse_and_is_the_same_for_a_seed(seed: int):
    _, draft = a_draft_after_ruins(seed)
    ruin = RuinRecreate(draft.case, InsertionCosts(draft.case), Random(seed))
    pool = Pool(draft.case)
    for _ in range(20 if ruin.free else 0):
        pool.see(ruin.ruin_and_recreate(draft), draft)

    better, again = (master_round(draft, pool, WORK, seed) for _ in range(2))

    assert cost_of(better.values()) <= cost_of(draft.values())
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
