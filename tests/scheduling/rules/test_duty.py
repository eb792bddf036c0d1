"""A team is on duty no longer at a stretch, and in any seven days, than the policy allows."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.problem import Problem
from scheduling.rules import check, check_added, duty
from scheduling.solve import Limits, solve
from tests.effort import examples
from tests.scheduling.builders import (
    HOUR,
    a_location,
    a_plan,
    a_problem,
    a_route,
    a_shift,
    a_travel,
    a_visit,
    at,
    needs,
)
from tests.scheduling.strange import a_strange_problem

WEEK = tuple(a_shift(f"S{day}", day, team_id="T") for day in range(8))  # 9 hours each
PLACES = tuple(a_location(f"L{k}", k + 1) for k in range(8))
EIGHT = a_problem(
    locations=PLACES,
    needs=tuple(need for place in PLACES for need in needs(2, place.id)),
    shifts=WEEK,
    travel=a_travel(9),
)


def details(problem: Problem, *days: int) -> list[str]:
    routes = [
        a_route(problem, f"S{day}", (a_visit(problem, f"L{day}"), at(day, 9))) for day in days
    ]
    return [
        f"{row.where}: {row.detail}" for row in duty.violations(problem, a_plan(problem, *routes))
    ]


def test_a_route_is_back_when_the_longest_duty_ends():
    problem = replace(EIGHT, max_duty_seconds=9 * HOUR)
    route = a_route(problem, "S0", (a_visit(problem, "L0"), at(0, 16)))
    late = replace(route, back=at(0, 17))

    assert list(duty.violations(problem, a_plan(problem, late))) == []
    later = a_plan(problem, replace(route, back=at(0, 17) + 1))
    assert [row.detail for row in duty.violations(problem, later)] == ["on duty for 32401 s"]


@pytest.mark.parametrize(
    ("hours", "days", "broken"),
    [
        (27, (0, 1, 2), 0),
        (26, (0, 1, 2), 3),
        (27, (0, 3, 6), 0),
        (26, (0, 3, 6), 3),
        (18, (0, 1, 7), 0),  # the eighth day is in no week with the first
        (17, (0, 1, 7), 3),
        (9, (0, 7), 0),
    ],
)
def test_hours_add_up_over_any_seven_days(hours: int, days: tuple[int, ...], broken: int):
    assert len(details(replace(EIGHT, max_week_seconds=hours * HOUR), *days)) == broken


def test_what_the_team_worked_already_counts():
    worked = a_shift("before", -1, team_id="T")
    problem = replace(EIGHT, standing_shifts=(worked,), max_week_seconds=18 * HOUR)

    assert details(problem, 0) == []
    assert details(problem, 0, 1) == [f"S{day}: 97200 s in seven days" for day in (0, 1)]


def test_a_shift_longer_than_the_longest_duty_counts_for_that_only():
    problem = replace(EIGHT, max_duty_seconds=6 * HOUR, max_week_seconds=12 * HOUR)

    assert details(problem, 0, 1) == []


def test_the_search_keeps_to_both():
    problem = replace(EIGHT, max_duty_seconds=4 * HOUR, max_week_seconds=8 * HOUR)
    problem = replace(problem, needs=tuple(n for p in PLACES for n in needs(30, p.id)))

    plan = solve(problem, Limits(10, 3))

    assert check(problem, plan) == ()
    assert len(plan.routes) == 3  # two in the first seven days, and one on the eighth


@examples(short=12, long=40)
@given(st.integers(0, 10**9), st.integers(3, 12), st.integers(5, 40))
def test_every_plan_of_a_strange_problem_keeps_to_both(seed: int, longest: int, week: int):
    problem = replace(
        a_strange_problem(seed), max_duty_seconds=longest * HOUR, max_week_seconds=week * HOUR
    )

    plan = solve(problem, Limits(5, 1), seed=seed)

    assert check_added(problem, plan) == ()
