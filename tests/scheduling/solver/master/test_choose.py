"""The master chooses among the routes of a pool: less waste, and every rule between routes kept."""

from dataclasses import replace
from itertools import combinations, permutations, product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.limits import Limits
from scheduling.problem import Problem, Published
from scheduling.solve import solve
from scheduling.solver.master.choose import (
    MasterEffort,
    choose_routes,
    improve_with_master,
    net_cost,
    relax,
)
from scheduling.solver.master.pool import CareColumn, CareRoutePool
from scheduling.solver.master.rows import Rows
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import best_schedule
from scheduling.solver.operators.acceptance import weighted_cost
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.operators.ruin_recreate import RuinRecreate
from scheduling.solver.params import DEFAULT
from scheduling.visits.grouping import group
from tests.effort import examples
from tests.scheduling.builders import (
    a_campaign,
    a_location,
    a_lot,
    a_problem,
    a_product,
    a_shift,
    a_travel,
    at,
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


@examples(short=20, long=60)
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


def drawn(seed: int) -> tuple[IndexedProblem, CareRoutePool]:
    """Five calls on a few people each, two or three teams, stock that may not suffice for all."""
    random = Random(seed)
    people = [random.randint(1, 9) for _ in range(4)]
    problem = four_calls(
        needs=tuple(need for k, n in enumerate(people) for need in needs(n, f"L{k + 1}")),
        products=(a_product(open_may_travel=random.random() < 0.5),),
        shifts=tuple(a_shift(f"S{k}", end=at(0, 12)) for k in range(random.choice((2, 3)))),
        stock=(a_lot(random.choice((10, 20, 20, 30, 90))),),
    )
    indexed = a_case(problem)[0]
    pool, every = CareRoutePool(indexed), a_pool_of_pairs(indexed)
    pool.keep(random.sample(list(every), min(12, len(every))))
    return indexed, pool


def best_by_trying(indexed: IndexedProblem, pool: CareRoutePool) -> float:
    """The least cost of all plans of at most one route of the pool for each shift."""
    of_shift: list[list[tuple[int, ...]]] = [[()] for _ in indexed.shifts]
    for column in pool:
        of_shift[column.shift].append(column.visits)
    costs = []
    for choice in product(*of_shift):
        visits = [v for route in choice for v in route]
        draft = Draft(indexed)
        if len(set(visits)) == len(visits) and all(
            draft.set_route(s, route) for s, route in enumerate(choice)
        ):
            costs.append(weighted_cost(draft.values(), DEFAULT.weights))
    return min(costs)


@pytest.mark.parametrize("seed", range(12))
def test_the_choice_is_the_best_of_all_that_can_be_made_of_a_small_pool(seed: int):
    indexed, pool = drawn(seed)

    better = improve_with_master(Draft(indexed), pool, MasterEffort(units=5.0), seed)

    assert weighted_cost(better.values(), DEFAULT.weights) == best_by_trying(indexed, pool)


def test_what_a_route_brings_is_what_its_visits_are_worth_less_what_it_costs():
    """Four people of priority 50; whom people were told of is worth a phone call more."""
    told = Published(a_case(four_calls())[0].visits[0].id, "S1", at(0, 9))
    indexed, v = a_case(four_calls(published=(told,)))
    first = indexed.visits[0].location_id
    columns = [CareColumn(0, (v[name],), (), 0, 1_000) for name in ("L1", first)]

    gains = [net_cost(indexed, column, DEFAULT.weights) for column in columns]

    assert gains[0] == 1_000 - 200 * 4 * 51 - (900 if first == "L1" else 0)
    assert gains[1] == 1_000 - 200 * len(indexed.visits[0].needs) * 51 - 900


def test_a_late_next_dose_is_worth_its_seconds_too():
    problem = four_calls(needs=needs(2, "L1", dose_no=2, last_day=5))
    indexed, v = a_case(problem)

    assert net_cost(indexed, CareColumn(0, (v["L1"],), (), 0, 0), DEFAULT.weights) == -(
        200 * 2 * 51 + 2 * 20_000
    )


def test_the_relaxation_may_take_halves_of_routes_and_prices_the_rest():
    """Three pairs of three visits: half of each, which no whole choice can do; none of them is too dear."""
    indexed, v = a_case(four_calls(shifts=tuple(a_shift(f"S{k}") for k in range(3))))
    three = (v["L1"], v["L2"], v["L3"])
    worth = {u: net_cost(indexed, CareColumn(0, (u,), (), 0, 0), DEFAULT.weights) for u in three}
    columns = [CareColumn(s, pair, (), 0, 0) for s, pair in enumerate(combinations(three, 2))]
    dear = CareColumn(0, (three[0],), (), 0, 10**6)

    found = relax(
        [net_cost(indexed, c, DEFAULT.weights) for c in (*columns, dear)],
        Rows(Draft(indexed), [*columns, dear]).all(),
    )

    assert found.cost == pytest.approx(sum(worth.values()))
    assert found.reduced[:3] == pytest.approx([0, 0, 0], abs=1e-6)
    assert found.reduced[3] > 900_000


def test_of_too_many_routes_the_promising_are_asked_and_those_of_the_plan():
    indexed, v = a_case(four_calls())
    draft = Draft(indexed)
    assert draft.set_route(0, (v["L3"],))
    pool = a_pool_of_pairs(indexed)

    few = choose_routes(draft, pool, MasterEffort(units=5.0, columns=9), 1)
    none = choose_routes(draft, pool, MasterEffort(units=5.0, columns=1), 1)

    fills = [{v["L1"], v["L2"]}, {v["L3"], v["L4"]}]
    assert [set(few[0]), set(few[1])] in (fills, fills[::-1])
    assert none == {0: (v["L3"],), 1: ()}


def test_without_any_time_the_plan_stays_as_it_is():
    indexed, v = a_case(four_calls())
    draft = Draft(indexed)
    assert draft.set_route(1, (v["L1"], v["L3"]))

    found = choose_routes(draft, a_pool_of_pairs(indexed), MasterEffort(units=0.0, seconds=0.0), 1)

    assert found == {0: (), 1: (v["L1"], v["L3"])}
