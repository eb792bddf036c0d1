"""Three plans in one call: each is the best of them in its aim, keeps every rule, and moves nobody who was told."""

from dataclasses import replace

import pytest

from scheduling.limits import Limits
from scheduling.problem import Problem
from scheduling.rules import check_added
from scheduling.scenarios.alternatives import Aim, find_alternatives
from scheduling.scenarios.answering import answer_now
from scheduling.solve import solve
from tests.scheduling.builders import (
    DAY,
    a_location,
    a_plan,
    a_problem,
    a_region,
    a_route,
    a_shift,
    a_travel,
    a_visit,
    at,
    needs,
    published,
)

BRIEF = Limits(5, 2)


def standing(seed: int, *, told: bool) -> Problem:
    """A region that has not room for all, whose plan is published."""
    problem = a_region(seed, locations=40, teams=2, supply=(4000, 3000, 0))
    plan = solve(problem, Limits(0), seed=seed)
    days = 3 * DAY if told else 0
    return replace(problem, published=published(plan, told=told), notice_seconds=days)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("told", [False, True])
def test_each_keeps_every_rule_and_none_is_beaten_in_its_own_aim(seed: int, told: bool):
    problem = standing(seed, told=told)
    now = answer_now(problem)

    found = find_alternatives(problem, now.plan, BRIEF)

    assert {rule for one in found.values() for rule in check_added(problem, one.plan)} == set()
    columns = [now, *found.values()]
    same = [one for one in columns if one.figures.people_served >= now.figures.people_served]
    fast, fair, frugal = found[Aim.FAST], found[Aim.FAIR], found[Aim.FRUGAL]
    assert fast.plan.values.unserved_weight <= now.plan.values.unserved_weight
    assert fast in same
    assert fair.figures.area_points_behind <= now.figures.area_points_behind
    assert frugal.figures.doses_wasted == min(
        one.figures.doses_wasted for one in (now, fast, frugal)
    )
    if told:
        assert [one.figures.dropped for one in found.values()] == [()] * 3


def test_the_fast_one_saves_minutes_and_serves_as_many():
    problem = a_problem(
        needs=(*needs(10), *needs(10, "L2")), shifts=(a_shift("S1", 1), a_shift("S2", 2))
    )
    plan = a_plan(
        problem,
        a_route(problem, "S1", (a_visit(problem, "L1"), at(1, 9))),
        a_route(problem, "S2", (a_visit(problem, "L2"), at(2, 9))),
    )
    problem = replace(problem, published=published(plan, told=False), notice_seconds=0)
    now = answer_now(problem)

    fast = find_alternatives(problem, now.plan, BRIEF)[Aim.FAST]

    assert fast.figures.people_served == now.figures.people_served
    assert fast.figures.working_minutes < now.figures.working_minutes
    assert fast.figures.calls == 1


@pytest.mark.parametrize("is_published", [False, True])
def test_the_frugal_one_opens_no_container_for_a_few(is_published: bool):
    problem = a_problem(needs=(*needs(12), *needs(9, "L2")), notice_seconds=0)
    rows = published(solve(problem, BRIEF), told=False)
    problem = replace(problem, published=rows if is_published else ())
    now = answer_now(problem)

    frugal = find_alternatives(problem, now.plan, BRIEF)[Aim.FRUGAL]

    assert (now.figures.doses_wasted, now.figures.people_served) == (9, 21)
    assert (frugal.figures.doses_wasted, frugal.figures.people_served) == (1, 19)
    assert len(frugal.figures.dropped) == 2 * is_published
    assert frugal.figures.calls == 1 * is_published


def test_who_was_told_is_not_left_out_to_save_doses():
    problem = a_problem(needs=needs(12))
    problem = replace(problem, published=published(solve(problem, BRIEF), told=True))
    now = answer_now(problem)

    frugal = find_alternatives(problem, now.plan, BRIEF)[Aim.FRUGAL]

    assert frugal.figures.dropped == ()


def test_the_fair_one_serves_the_area_that_lags():
    problem = a_problem(
        locations=(
            a_location("L1", 1, area="near"),
            a_location("L2", 2, area="near"),
            a_location("L3", 3, area="far"),
        ),
        needs=(*needs(10), *needs(10, "L2"), *needs(10, "L3")),
        shifts=(a_shift("S1", 1, end=at(1, 10.6)),),
        travel=a_travel(4),
        notice_seconds=0,
    )
    plan = a_plan(
        problem,
        a_route(problem, "S1", (a_visit(problem, "L1"), at(1, 9))),
    )
    problem = replace(problem, published=published(plan, told=False))
    now = answer_now(problem)

    fair = find_alternatives(problem, now.plan, BRIEF)[Aim.FAIR]

    assert fair.figures.area_points_behind <= now.figures.area_points_behind
    assert check_added(problem, fair.plan) == ()
