"""Columns that pricing finds: the best route of a shift under any prices, drivable as it stands."""

from dataclasses import replace
from itertools import permutations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.plan import Visit
from scheduling.problem import Fixed, Outbreak
from scheduling.solver.column_params import BeamParams
from scheduling.solver.columns.arrays import ColumnArrays
from scheduling.solver.columns.coupling import ANY
from scheduling.solver.columns.pricing import Column, Prices, ShiftPricing
from scheduling.solver.columns.repair import to_column
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import best_schedule
from scheduling.solver.operators.insertion import keeps_last
from scheduling.solver.params import DEFAULT
from tests.effort import examples
from tests.scheduling.builders import (
    a_location,
    a_pin,
    a_problem,
    a_product,
    a_shift,
    a_travel,
    at,
    needs,
)
from tests.scheduling.solver.small import a_case, a_drawn_day, of_locations

WIDE = BeamParams(width=3_000, candidates=56, best=1_000)


def as_arrays(indexed: IndexedProblem) -> ColumnArrays:
    return ColumnArrays(indexed, DEFAULT.columns, DEFAULT.weights.unserved)


def free_prices(arrays: ColumnArrays, left: int = ANY) -> Prices:
    """Visits are worth what they gain; doses, shifts and outbreaks cost nothing."""
    shifts, kinds = len(arrays.indexed.shifts), len(arrays.products)
    return Prices(
        worth=arrays.gain.copy(),
        dose=np.zeros((shifts, kinds + 1)),
        shift=np.zeros(shifts),
        close=np.zeros(shifts),
        left=np.full((shifts, kinds), left),
    )


def drivable(indexed: IndexedProblem, s: int, most: int) -> list[tuple[int, ...]]:
    """Every order of up to so many visits that a shift can drive."""
    return [
        visits
        for length in range(1, most + 1)
        for visits in permutations(range(indexed.size), length)
        if all(indexed.windows[v][s] for v in visits)
        and keeps_last(indexed, visits)
        and sum(indexed.load[v] for v in visits) <= indexed.shifts[s].capacity
        and best_schedule(indexed, s, visits)
    ]


@examples(short=40, long=400)
@given(st.integers(0, 10**9))
def test_exactly_the_sets_of_visits_that_can_be_driven_are_found(seed: int):
    indexed = of_locations(a_drawn_day(seed, calls=4))
    arrays = as_arrays(indexed)

    found = ShiftPricing(arrays, 0, free_prices(arrays), WIDE).find(-(10**9))

    assert all(best_schedule(indexed, 0, column.visits) for column in found)
    sets = {frozenset(visits) for visits in drivable(indexed, 0, 4)}
    assert {frozenset(column.visits) for column in found} == sets


@examples(short=20, long=200)
@given(st.integers(0, 10**9))
def test_the_best_column_is_worth_most_but_for_some_seconds_of_road(seed: int):
    indexed = of_locations(a_drawn_day(seed, calls=4))
    arrays, random = as_arrays(indexed), Random(seed)
    prices = free_prices(arrays)
    prices.worth[:, 0] -= [random.uniform(0, 200) for _ in range(4)]
    away = {v for v in range(4) if prices.worth[v, 0] <= 0}

    found = ShiftPricing(arrays, 0, prices, WIDE).find(0.0)

    def reduced(visits: tuple[int, ...]) -> float:
        column = to_column(arrays, 0, visits)
        assert column is not None
        return column.gain + sum(prices.worth[v, 0] - arrays.gain[v, 0] for v in visits)

    best = max((reduced(v) for v in drivable(indexed, 0, 4) if away.isdisjoint(v)), default=0.0)
    assert max((reduced(column.visits) for column in found), default=0.0) == pytest.approx(
        max(0.0, best), abs=1.0
    )


def columns_of(problem, **changes) -> list[Column]:
    arrays = as_arrays(a_case(replace(problem, **changes)))
    return ShiftPricing(arrays, 0, free_prices(arrays), WIDE).find(0.0)


def test_nothing_is_visited_after_an_outbreak():
    problem = a_problem(
        needs=(*needs(10, "L1"), *needs(10, "L2")),
        locations=(a_location("L1", 1, outbreak=Outbreak.LAST), a_location("L2", 2)),
    )
    indexed = a_case(problem)

    found = [column for column in columns_of(problem) if len(column.visits) == 2]

    assert found
    assert all(indexed.visits[column.visits[-1]].location_id == "L1" for column in found)


def test_a_pinned_stop_is_in_every_column_of_its_shift():
    problem = a_problem(needs=(*needs(10, "L1"), *needs(10, "L2")))
    indexed = a_case(problem)
    pinned = next(visit for visit in indexed.visits if visit.location_id == "L1")
    held = replace(problem, fixed=(_pin_of(pinned),))

    found = columns_of(held)

    v = a_case(held).index[pinned.id]
    assert {len(column.visits) for column in found} == {1, 2}
    assert all(v in column.visits for column in found)


def _pin_of(visit: Visit) -> Fixed:
    return a_pin(visit.id, at(0, 11), [person for person, _ in visit.needs])


def test_doses_that_are_left_limit_a_column():
    problem = a_problem(needs=(*needs(10, "L1"), *needs(10, "L2")))
    arrays = as_arrays(a_case(problem))

    found = ShiftPricing(arrays, 0, free_prices(arrays, left=10), WIDE).find(0.0)

    assert {column.loads for column in found} == {(10,)}


def test_a_container_that_travels_is_used_up_at_the_next_location():
    problem = a_problem(
        needs=(*needs(4, "L1"), *needs(6, "L2")),
        products=(a_product(open_may_travel=True),),
    )

    assert {(len(column.visits), column.loads) for column in columns_of(problem)} == {
        (1, (10,)),
        (2, (10,)),
    }


def test_a_cool_box_limits_containers_that_travel():
    problem = a_problem(
        locations=tuple(a_location(f"L{k}", k) for k in (1, 2, 3)),
        needs=(*needs(4, "L1"), *needs(6, "L2"), *needs(3, "L3")),
        products=(a_product(open_may_travel=True),),
        shifts=(a_shift(capacity=10),),
        travel=a_travel(4),
    )

    assert max(len(column.visits) for column in columns_of(problem)) == 2
