"""Routes in the pool: each with the values that the plan would have, the cheapest for each set of visits."""

from itertools import permutations

import pytest

from scheduling.problem import Problem, Published
from scheduling.solver.master.pool import CareRoutePool, to_column
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import RouteSchedule, best_schedule
from scheduling.solver.operators.acceptance import weighted_cost
from scheduling.solver.params import DEFAULT, MasterParams, SearchParams
from tests.scheduling.builders import a_need, a_problem, a_shift, a_visit, at, needs
from tests.scheduling.solver.small import a_call, a_day_of_seconds, a_drawn_day, of_locations

WEIGHTS = DEFAULT.weights


def three_calls(**changes) -> Problem:
    """Calls on one, two and three people at places 1 to 3, two teams."""
    shifts = tuple(a_shift(f"S{k}", start=0, end=60, injectors=1) for k in range(2))
    calls = (a_call(k) for k in (1, 2, 3))
    return a_day_of_seconds(*calls, people=(1, 2, 3), **{"shifts": shifts, **changes})


def a_schedule(indexed: IndexedProblem, s: int, *visits: int) -> RouteSchedule:
    schedule = best_schedule(indexed, s, visits)
    assert schedule is not None
    return schedule


@pytest.mark.parametrize("seed", range(15))
def test_the_columns_of_a_plan_cost_together_what_the_plan_costs_but_for_who_is_unserved(seed: int):
    """Metres are whole seconds in a column: a rest of twenty metres is lost in each."""
    indexed = of_locations(a_drawn_day(seed, 4, teams=2))
    draft = Draft(indexed)
    for s, orders in enumerate((permutations((0, 1)), permutations((2, 3)))):
        any(draft.set_route(s, order) for order in orders)

    columns = [to_column(indexed, route, WEIGHTS) for route in draft.routes if route is not None]

    unserved = sum(200 * indexed.weight[v] for v in draft.unassigned())
    assert (
        sum(column.cost for column in columns) == weighted_cost(draft.values(), WEIGHTS) - unserved
    )
    assert sum(column.waste for column in columns) == draft.values().doses_wasted
    assert [column.loads for column in columns] == [load for load in draft.loads if load]


def test_a_column_by_hand():
    """There and back over three places is 18 seconds and 180 metres; 3 for two people and one."""
    indexed = of_locations(three_calls())

    column = to_column(indexed, a_schedule(indexed, 1, 0, 2), WEIGHTS)

    assert (column.shift, column.visits) == (1, (0, 2))
    assert column.loads == (("moderna", 20),)
    assert column.waste == 20 - 1 - 3
    assert column.cost == 500 * 16 + (18 + 1 + 3) + 180 // 20
    assert column.key == (1, frozenset({0, 2}))


def test_a_column_counts_who_must_be_phoned_and_what_wishes_it_leaves():
    told = (Published("visit of L1", "S1", at(0, 10)), Published("visit of L2", "S2", at(0, 9)))
    rows = (
        *needs(10),
        *(a_need(f"P{k}", "L2", dose_no=2, previous_team_id="T") for k in range(10)),
    )
    problem = a_problem(needs=rows, published=told, same_team_seconds=77)
    indexed = IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")])
    plain = a_problem(needs=(*needs(10), *needs(10, "L2")))
    bare = IndexedProblem(plain, [a_visit(plain), a_visit(plain, "L2")])

    costs = [to_column(one, a_schedule(one, 0, 0, 1), WEIGHTS).cost for one in (indexed, bare)]

    assert costs[0] - costs[1] == 2 * 900 + 10 * 77


def test_of_routes_with_the_same_visits_in_a_shift_the_cheapest_stays():
    indexed = of_locations(three_calls())
    pool = CareRoutePool(indexed)

    answers = [
        pool.add(a_schedule(indexed, s, *visits))
        for s, visits in (
            (0, (1, 0, 2)),
            (0, (0, 1, 2)),
            (0, (2, 1, 0)),
            (0, (0, 2, 1)),
            (1, (1, 0, 2)),
        )
    ]

    assert [answer is not None for answer in answers] == [True, True, False, False, True]
    assert [(column.shift, column.visits) for column in pool] == [(0, (0, 1, 2)), (1, (1, 0, 2))]
    assert len(pool) == 2


def test_a_route_that_was_seen_or_can_not_be_driven_is_not_taken():
    indexed = of_locations(three_calls(shifts=(a_shift(start=0, end=15),)))
    pool = CareRoutePool(indexed)

    assert pool.add(RouteSchedule(indexed, 0, (0, 2)).completed(indexed)) is None
    assert pool.add(a_schedule(indexed, 0, 0)) is not None
    assert pool.add(a_schedule(indexed, 0, 0)) is None
    assert len(pool) == 1


def test_a_full_pool_forgets_the_older_half():
    indexed = of_locations(three_calls())
    pool = CareRoutePool(indexed, SearchParams(master=MasterParams(pool_routes=4)))
    routes = [(0, (0,)), (0, (1,)), (0, (2,)), (1, (0,)), (1, (1,))]

    for s, visits in routes:
        pool.add(a_schedule(indexed, s, *visits))

    assert [(column.shift, column.visits) for column in pool] == routes[2:]
    assert pool.add(a_schedule(indexed, 0, 0)) is not None  # forgotten, so new
    assert pool.add(a_schedule(indexed, 0, 2)) is None


def test_a_cheaper_route_counts_as_the_last_seen():
    indexed = of_locations(three_calls())
    pool = CareRoutePool(indexed)
    for visits in ((1, 0), (2,), (0, 1, 2)):
        pool.add(a_schedule(indexed, 0, *visits))
    pool.add(a_schedule(indexed, 0, 0, 2))

    pool.keep([column for column in pool if 2 in column.visits])

    assert [column.visits for column in pool] == [(2,), (0, 1, 2), (0, 2)]


def test_of_a_plan_only_the_routes_are_seen_that_the_plan_before_had_not():
    indexed = of_locations(three_calls())
    before = Draft(indexed)
    assert before.set_route(0, (0,))
    after = before.copy()
    assert after.set_route(1, (2, 1))
    beside, alone = CareRoutePool(indexed), CareRoutePool(indexed)

    beside.see(after, before)
    alone.see(after)

    assert [column.shift for column in beside] == [1]
    assert [column.shift for column in alone] == [0, 1]
