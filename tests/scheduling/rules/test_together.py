"""A large location is called on by two teams that begin at the same moment."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.plan import Plan, Reason
from scheduling.problem import Problem, Published
from scheduling.rules import check_added, together
from scheduling.solve import Limits, solve
from scheduling.visits.grouping import group
from tests.effort import examples
from tests.scheduling.builders import (
    a_lot,
    a_pause,
    a_plan,
    a_problem,
    a_route,
    a_shift,
    at,
    needs,
)
from tests.scheduling.strange import a_strange_problem

LARGE = a_problem(
    needs=(*needs(30, "L1"), *needs(6, "L2")),
    shifts=(a_shift("S1"), a_shift("S2", start=at(0, 9.5)), a_shift("S3", day=1)),
    together_from=30,
)
HALVES = [visit for visit in group(LARGE) if visit.location_id == "L1"]
QUICK = Limits(10, 3)


def details(*starts: int, shifts: tuple[str, ...] = ("S1", "S2")) -> list[str]:
    routes = [
        a_route(LARGE, shift, (half, start))
        for shift, half, start in zip(shifts, HALVES, starts, strict=False)
    ]
    return [row.detail for row in together.violations(LARGE, a_plan(LARGE, *routes))]


def starts(plan: Plan) -> list[tuple[str, int]]:
    """Shift and start of every call on the large location."""
    return sorted(
        (route.shift_id, stop.start)
        for route in plan.routes
        for stop in route.stops
        if stop.visit.location_id == "L1"
    )


def test_two_halves_of_a_large_location_belong_together():
    one, other = HALVES

    assert (one.together_with, other.together_with) == (other.id, one.id)
    assert one.doses + other.doses == 30


@pytest.mark.parametrize(
    "problem",
    [
        replace(LARGE, together_from=31),
        replace(LARGE, together_from=None),
        replace(LARGE, shifts=(a_shift("S1"), a_shift("S3", day=1))),
        replace(LARGE, shifts=(a_shift("S1", team_id="T"), a_shift("S2", team_id="T"))),
    ],
)
def test_a_smaller_one_and_one_that_no_two_teams_can_reach_is_called_on_as_usual(problem: Problem):
    assert all(visit.together_with is None for visit in group(problem))


def test_both_begin_at_the_same_moment():
    assert details(at(0, 10), at(0, 10)) == []
    assert details(at(0, 10), at(0, 10) + 1) == ["begins 1 s apart"] * 2


def test_one_half_alone_is_not_enough():
    assert details(at(0, 10)) == ["nobody comes for the other half"]


def test_one_team_can_not_be_both():
    shifts = (a_shift("S1", team_id="T"), a_shift("S2", team_id="T"), a_shift("S3"))
    problem = replace(LARGE, shifts=shifts)
    routes = [
        a_route(problem, shift, (half, at(0, 10)))
        for shift, half in zip(("S1", "S2"), group(problem)[:2], strict=True)
    ]

    found = together.violations(problem, a_plan(problem, *routes))

    assert {row.detail for row in found} <= {
        "one team for both halves",
        "nobody comes for the other half",
    }


def test_a_call_under_another_name_does_not_get_around_it():
    whole = replace(HALVES[0], id="all of them", needs=HALVES[0].needs + HALVES[1].needs)
    plan = a_plan(LARGE, a_route(LARGE, "S1", (whole, at(0, 10))))

    assert {row.where for row in together.violations(LARGE, plan)} == {"all of them"}


def test_the_search_lets_two_teams_begin_together():
    plan = solve(LARGE, QUICK)

    (one, start), (other, then) = starts(plan)
    assert (one, other) == ("S1", "S2")
    assert start == then
    assert plan.unassigned == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"stock": (a_lot(29),)},
        {"shifts": (a_shift("S1", end=at(0, 11)), a_shift("S2", start=at(0, 11)))},
    ],
)
def test_a_pair_that_can_not_begin_together_says_so(changes):
    plan = solve(replace(LARGE, **changes), QUICK)

    assert starts(plan) == []
    reasons = {row.reasons for row in plan.unassigned if row.location_id == "L1"}
    assert reasons == {(Reason.NO_TWO_TEAMS,)}


def test_a_pair_that_was_published_stays_where_it_was_told():
    told = tuple(
        Published(half.id, shift, at(0, 13.25))
        for half, shift in zip(HALVES, ("S2", "S1"), strict=True)
    )

    plan = solve(replace(LARGE, published=told), QUICK)

    assert starts(plan) == [("S1", at(0, 13.25)), ("S2", at(0, 13.25))]
    assert plan.values.moved_stops == 0


def test_crews_with_a_pause_have_it_around_the_call():
    shifts = (a_shift("S1", pause=a_pause(0, 10, 11)), a_shift("S2", pause=a_pause(0, 9, 10)))
    plan = solve(replace(LARGE, shifts=shifts), QUICK)

    assert len(starts(plan)) == 2
    assert check_added(replace(LARGE, shifts=shifts), plan) == ()


@examples(short=12, long=40)
@given(st.integers(0, 10**9))
def test_every_plan_of_a_strange_problem_with_large_locations_is_sound(seed: int):
    problem = replace(a_strange_problem(seed), together_from=6)

    plan = solve(problem, Limits(5, 1), seed=seed)

    assert check_added(problem, plan) == ()
