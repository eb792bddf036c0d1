"""Problems that contradict themselves are refused by name."""

import pickle
from dataclasses import replace

import pytest

from scheduling.plan import Violation
from scheduling.problem import Problem
from scheduling.solve import UnsoundPlan
from scheduling.validation.rows import InvalidProblem, validate
from tests.scheduling.builders import (
    a_crisis,
    a_location,
    a_lot,
    a_need,
    a_pin,
    a_problem,
    a_product,
    a_shift,
    a_travel,
    at,
)

HOLE = replace(a_travel(3), seconds=((0, 1, 1), (1, 0, -1), (1, 1, 0)))


@pytest.mark.parametrize(
    ("problem", "row"),
    [
        (a_problem(day_starts=(0,)), "horizon: no day"),
        (a_problem(day_starts=(0, 9, 9)), "horizon: days do not follow each other"),
        (a_problem(shifts=(a_shift(), a_shift())), "shift S1: 2 rows"),
        (a_problem(needs=(a_need(), a_need())), "needs[1]: the same dose as needs[0]"),
        (a_problem(shifts=(a_shift(day=1, start=at(0, 8)),)), "shift S1: does not start on day 1"),
        (a_problem(travel=HOLE), "travel seconds: a hole in the matrix"),
        (a_problem(locations=(a_location(place=-1),)), "travel: a place below 0"),
        (
            a_problem(products=(a_product(doses_per_container=0),)),
            "product moderna: containers without doses",
        ),
        (a_problem(stock=(a_lot(depot_id="D9"),)), "stock lot 1: unknown depot D9"),
        (a_problem(stock=(a_lot(product_id="x"),)), "stock lot 1: unknown product x"),
        (a_problem(stock=(a_lot(-1),)), "stock lot 1: fewer than 0 doses"),
        (a_problem(needs=(a_need(campaign_id="C9"),)), "needs[0]: unknown campaign"),
        (a_problem(needs=(a_need(products=()),)), "needs[0]: unknown product"),
        (a_problem(needs=(a_need(since_dose=1),)), "needs[0]: follows dose 1"),
        (
            a_problem(crisis_visits=(a_crisis(location_id="L9"),)),
            "crisis visit X1: unknown location",
        ),
        (a_problem(fixed=(a_pin("V1", 0, [], shift_id="S9"),)), "fixed stop V1: unknown shift S9"),
        (
            a_problem(fixed=(a_pin("V1", 0, [], location_id="L9"),)),
            "fixed stop V1: unknown location",
        ),
        (
            a_problem(fixed=(a_pin("V1", 0, [], service_seconds=-1),)),
            "fixed stop V1: ends before it starts",
        ),
    ],
)
def test_a_row_at_fault_is_named(problem: Problem, row: str):
    with pytest.raises(InvalidProblem) as refused:
        validate(problem)

    assert row in refused.value.rows


def test_a_usual_problem_is_not_refused():
    validate(a_problem())


def test_two_pins_of_one_team_may_touch():
    one, other = a_pin("V1", at(0, 9), []), a_pin("V2", at(0, 9) + 3000, [])

    validate(a_problem(fixed=(one, other)))


@pytest.mark.parametrize(
    "error",
    [
        InvalidProblem(("needs[3]: dose 0", "shift S1: 2 rows")),
        UnsoundPlan((Violation("stock", "D1", "3 doses short"),)),
    ],
)
def test_an_error_comes_back_whole_from_another_process(error):
    back = pickle.loads(pickle.dumps(error))

    assert (type(back), str(back)) == (type(error), str(error))
