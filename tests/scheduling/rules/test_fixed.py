"""Pinned and frozen stops stay in their shift at their time, for the same residents."""

from collections.abc import Callable
from dataclasses import replace

from scheduling.plan import Plan, Violation
from scheduling.problem import Problem
from scheduling.rules import check, check_added, fixed
from tests.scheduling.builders import (
    a_pin,
    a_plan,
    a_problem,
    a_route,
    a_shift,
    a_visit,
    at,
    needs,
)

Judge = Callable[[Problem, Plan], tuple[Violation, ...]]
PEOPLE = tuple(need.person_id for need in needs(10))
PROBLEM = a_problem(
    shifts=(a_shift("S1"), a_shift("S2")), fixed=(a_pin("visit of L1", at(0, 9), PEOPLE),)
)
VISIT = a_visit(PROBLEM)


def details(route, problem=PROBLEM) -> list[str]:
    return [row.detail for row in fixed.violations(problem, a_plan(problem, route))]


def test_a_pinned_stop_that_stands_where_it_stood_is_right():
    assert details(a_route(PROBLEM, "S1", (VISIT, at(0, 9)))) == []


def test_a_second_later_or_another_shift_is_a_move():
    assert details(a_route(PROBLEM, "S1", (VISIT, at(0, 9) + 1))) == ["pinned stop was moved"]
    assert details(a_route(PROBLEM, "S2", (VISIT, at(0, 9)))) == ["pinned stop was moved"]


def test_a_pinned_stop_may_not_be_missing():
    other = a_visit(PROBLEM, id="another visit")

    assert details(a_route(PROBLEM, "S1", (other, at(0, 9)))) == ["pinned stop is missing"]


def test_residents_may_drop_out_and_nobody_is_added():
    fewer = replace(VISIT, needs=VISIT.needs[1:])

    assert details(a_route(PROBLEM, "S1", (fewer, at(0, 9)))) == []
    problem = replace(PROBLEM, needs=(*PROBLEM.needs, *needs(1, "L2")))
    more = replace(VISIT, needs=(*VISIT.needs, ("L2-P00", 1)))
    assert details(a_route(problem, "S1", (more, at(0, 9))), problem) == [
        "somebody was added to a pinned stop"
    ]


def test_what_a_frozen_stop_breaks_is_found_and_only_refuses_a_plan_that_adds_to_it():
    closed = replace(PROBLEM.locations[0], time_windows=())
    pin = PROBLEM.fixed[0]
    plan = a_plan(PROBLEM, a_route(PROBLEM, "S1", (VISIT, at(0, 9))))

    def rules_broken(why: str, judge: Judge) -> set[str]:
        problem = replace(PROBLEM, locations=(closed,), fixed=(replace(pin, why=why),))
        return {row.rule for row in judge(problem, plan)}

    assert rules_broken("frozen", check) == {"time_windows"}
    assert rules_broken("frozen", check_added) == set()
    assert rules_broken("pinned", check_added) == {"time_windows"}
