"""A problem that makes no sense is refused by row, or planned soundly: never a crash, never a broken rule."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.problem import Problem
from scheduling.rules import check_added
from scheduling.solve import InvalidProblem, Limits, solve
from scheduling.validation.rows import validate
from tests.effort import examples
from tests.scheduling.builders import a_need, a_pin, a_problem, a_shift, a_travel
from tests.scheduling.nonsense import a_nonsensical_problem


def refused(problem: Problem) -> tuple[str, ...]:
    """The rows at fault; empty when the problem is planned, which then is sound."""
    try:
        plan = solve(problem, Limits(5, 1))
    except InvalidProblem as error:
        return error.rows
    assert check_added(problem, plan) == ()
    return ()


@examples(short=40, long=120)
@given(st.integers(0, 10**9))
def test_nonsense_is_refused_by_row_or_planned_soundly(seed: int):
    assert all(row.strip() for row in refused(a_nonsensical_problem(seed)))


PIN = a_pin("told", 36_000, ["P1"])
HOLE = replace(a_travel(3), seconds=((0, 600, None), (600, 0, 600), (600, 600, 0)))


@pytest.mark.parametrize(
    ("problem", "row"),
    [
        (a_problem(shifts=(a_shift(start=float("nan")),)), "shifts[0].start: not a whole number"),
        (a_problem(needs=(a_need(priority="high"),)), "needs[0].priority: not a whole number"),
        (a_problem(needs=(a_need(consent="given"),)), "needs[0].consent: not a word that is known"),
        (a_problem(needs=(a_need(products=("moderna", 7)),)), "needs[0].products: not a list"),
        (a_problem(needs=("P1",)), "needs[0]: no row"),
        (a_problem(travel=HOLE), "travel seconds[0]: a hole in the matrix"),
        (a_problem(day_starts=()), "horizon: no day"),
        (
            a_problem(fixed=(replace(PIN, product_id="none"),)),
            "fixed stop told: unknown product",
        ),
        (
            a_problem(fixed=(replace(PIN, campaign_id="none"),)),
            "fixed stop told: unknown campaign",
        ),
        (
            a_problem(fixed=(replace(PIN, campaign_id=None),)),
            "fixed stop told: a campaign and a product go together",
        ),
        (
            a_problem(fixed=(replace(PIN, why="nice"),)),
            "fixed stop told: neither pinned nor frozen",
        ),
    ],
)
def test_a_row_of_another_kind_is_named(problem: Problem, row: str):
    with pytest.raises(InvalidProblem) as error:
        validate(problem)

    assert row in error.value.rows
