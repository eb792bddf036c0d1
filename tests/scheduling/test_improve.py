"""An offer is worth its phone calls by people, then doses, then minutes; whoever was told soon is in none of them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.improve import OFFER, Offer, improve, judge
from scheduling.limits import Limits
from scheduling.problem import Problem
from scheduling.rules import check_added
from scheduling.solve import repair, solve
from tests.effort import examples
from tests.scheduling.builders import (
    DAY,
    a_plan,
    a_problem,
    a_region,
    a_route,
    a_shift,
    a_visit,
    at,
    needs,
    published,
)
from tests.scheduling.test_promises import an_event

BRIEF = Limits(5, 2)


def two_days(minutes: int = 0) -> Problem:
    """Two locations that one drive could serve, published on two days to nobody yet; `minutes` from the post."""
    problem = a_problem(
        needs=(*needs(10), *needs(10, "L2")), shifts=(a_shift("S1", 1), a_shift("S2", 2))
    )
    rows = [list(row) for row in problem.travel.seconds]
    for place in (1, 2):
        rows[0][place] = rows[place][0] = 60 * minutes
    travel = replace(problem.travel, seconds=tuple(map(tuple, rows)))
    problem = replace(problem, travel=travel, notice_seconds=0)
    plan = a_plan(
        problem,
        a_route(problem, "S1", (a_visit(problem, "L1"), at(1, 9))),
        a_route(problem, "S2", (a_visit(problem, "L2"), at(2, 9))),
    )
    rows_out = published(plan, told=False)
    return replace(problem, published=rows_out)


def test_a_drive_saved_is_worth_a_call_when_it_is_long_enough():
    far, near = improve(two_days(40), BRIEF), improve(two_days(14), BRIEF)

    assert (far.why, far.calls) == ("minutes", 1)
    assert far.minutes_saved >= 20
    assert (near.why, near.is_worth) == ("", False)


def test_who_was_told_is_not_moved_for_minutes():
    problem = two_days(40)
    told = tuple(replace(row, told=True) for row in problem.published)

    offer = improve(replace(problem, published=told), BRIEF)

    assert (offer.calls, offer.is_worth) == (0, False)


@pytest.mark.parametrize("seed", [11])
def test_who_was_told_the_day_may_come_at_another_time_when_more_are_served(seed: int):
    problem = a_region(seed, locations=60, teams=1, supply=(9000, 9000, 0))
    told = tuple(replace(row, told=True) for row in published(solve(problem, Limits(0))))
    problem = replace(problem, notice_seconds=DAY, published=told)

    offer = improve(problem, Limits(20, 4), seed=seed)

    assert offer.why == "people"
    assert check_added(problem, offer.plan) == ()


@pytest.mark.parametrize(
    ("people", "doses", "minutes", "calls", "why"),
    [
        (1, 0, 0, 3, "people"),
        (1, 0, 0, 4, ""),
        (1, 2, 0, 4, ""),
        (0, 2, -30, 2, "doses"),
        (0, 2, 0, 3, ""),
        (0, 0, 40, 2, "minutes"),
        (0, 0, 39, 2, ""),
        (0, -1, 90, 1, ""),
        (-1, 9, 900, 1, ""),
        (0, 0, 0, 0, ""),
    ],
)
def test_what_a_call_must_gain(people: int, doses: int, minutes: int, calls: int, why: str):
    now = a_plan(a_problem())
    weight = now.values.unserved_weight - 51 * people
    plan = replace(now, values=replace(now.values, unserved_weight=weight))

    assert judge(Offer(plan, people, doses, minutes, calls), now, OFFER).why == why


@examples(short=15, long=80)
@given(st.integers(0, 10**9))
def test_an_offer_keeps_every_promise_and_never_serves_less(seed: int):
    problem, _ = an_event(seed)
    now = repair(problem, Limits(0), seed=seed)

    offer = improve(problem, BRIEF, seed=seed)

    assert check_added(problem, offer.plan) == ()
    if offer.is_worth:
        assert offer.plan.values.unserved_weight <= now.values.unserved_weight
