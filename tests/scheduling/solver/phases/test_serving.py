"""Columns decide who is served: more people than insertion, the same for equal work, and nobody lost afterwards."""

from dataclasses import replace

from scheduling.limits import Limits
from scheduling.plan import Plan
from scheduling.problem import Published
from scheduling.rules import check
from scheduling.solve import solve
from scheduling.solver.column_params import ColumnParams, DiveParams
from scheduling.solver.params import DEFAULT, ExchangeParams, SearchParams
from tests.scheduling.builders import a_region

ROUNDS = Limits(seconds=1_000, rounds=1)


def with_work(rounds: int) -> SearchParams:
    dive: DiveParams = replace(DEFAULT.columns.dive, subgradient_steps=4, rounds=rounds)
    repair = replace(DEFAULT.columns.repair, idle=2)
    return replace(DEFAULT, columns=replace(DEFAULT.columns, dive=dive, repair=repair))


WITHOUT = replace(DEFAULT, columns=ColumnParams(enough_visits=10**6))
SHORT = a_region(1, locations=60, teams=3, supply=(300, 900, 2_000))


def people(plan: Plan) -> int:
    return sum(len(stop.visit.needs) for route in plan.routes for stop in route.stops)


def test_columns_serve_more_where_doses_decide():
    with_columns = solve(SHORT, ROUNDS, seed=1, params=with_work(3))
    without = solve(SHORT, ROUNDS, seed=1, params=WITHOUT)

    assert check(SHORT, with_columns) == ()
    assert with_columns.values.unserved_weight < without.values.unserved_weight


def test_a_first_plan_serves_more_by_columns_however_little_time_there_is():
    first = solve(SHORT, Limits(seconds=0), seed=1)
    without = solve(SHORT, Limits(seconds=0), seed=1, params=WITHOUT)

    assert check(SHORT, first) == ()
    assert first.values.unserved_weight < without.values.unserved_weight
    assert solve(SHORT, Limits(seconds=0), seed=1).routes == first.routes


def test_equal_work_gives_equal_plans():
    one, other = (solve(SHORT, ROUNDS, seed=3, params=with_work(2)) for _ in range(2))

    assert one.routes == other.routes


def test_the_improvement_that_follows_loses_nobody():
    # exchanges at the end begin at two plans, and gain now more from one and now from the other
    params = replace(with_work(2), exchange=ExchangeParams(most_rounds=0))
    first = solve(SHORT, Limits(seconds=1_000, rounds=0), seed=1, params=params)
    later = solve(SHORT, Limits(seconds=1_000, rounds=3), seed=1, params=params)

    assert later.values.unserved_weight <= first.values.unserved_weight


def test_a_published_plan_is_repaired_and_not_made_anew():
    # of visits as they are grouped: a row of before that names a part of one says of whom no more
    whole = replace(WITHOUT, exchange=ExchangeParams(most_rounds=0))
    first = solve(SHORT, Limits(seconds=1_000, rounds=0), seed=1, params=whole)
    published = tuple(
        Published(stop.visit.id, route.shift_id, stop.start)
        for route in first.routes
        for stop in route.stops
    )
    again = solve(
        replace(SHORT, published=published),
        Limits(seconds=1_000, rounds=0),
        seed=1,
        params=with_work(2),
    )

    assert again.values.moved_stops <= len(published) // 2
    assert again.values.unserved_weight <= first.values.unserved_weight
