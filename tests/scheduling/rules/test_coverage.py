"""Every dose and every crisis visit has one stop, or is listed as unassigned with a reason."""

from scheduling.plan import Reason, Unassigned
from scheduling.rules import coverage
from tests.scheduling.builders import (
    a_crisis,
    a_need,
    a_plan,
    a_problem,
    a_route,
    a_visit,
    at,
)

PROBLEM = a_problem(needs=(a_need(),))
ROUTE = a_route(PROBLEM, "S1", (a_visit(PROBLEM), at(0, 9)))
LEFT_OUT = Unassigned("L1", "C1", "P1", 1, None, (Reason.SHIFTS_FULL,))


def details(*routes, unassigned=(), problem=PROBLEM) -> list[str]:
    plan = a_plan(PROBLEM, *routes, unassigned=unassigned)
    return [row.detail for row in coverage.violations(problem, plan)]


def test_a_dose_has_a_stop_or_a_reason():
    assert details(ROUTE) == []
    assert details(unassigned=(LEFT_OUT,)) == []


def test_a_dose_is_not_lost_and_not_listed_twice():
    assert details() == ["dose 1 of a resident occurs 0 times"]
    assert details(ROUTE, unassigned=(LEFT_OUT,)) == ["dose 1 of a resident occurs 2 times"]


def test_a_reason_is_given():
    silent = Unassigned("L1", "C1", "P1", 1, None, ())

    assert details(unassigned=(silent,)) == ["without a reason"]


def test_a_dose_that_nobody_needs_is_not_planned():
    assert details(ROUTE, problem=a_problem(needs=())) == ["a dose that nobody needs"]


def test_a_route_belongs_to_a_known_shift():
    assert "unknown shift" in details(ROUTE, problem=a_problem(needs=(a_need(),), shifts=()))


def test_a_crisis_visit_is_not_lost():
    problem = a_problem(needs=(), crisis_visits=(a_crisis(),))
    listed = Unassigned("L1", None, None, None, "X1", (Reason.NO_TEAM_WITH_SKILLS,))

    assert details(problem=problem) == ["a crisis visit occurs 0 times"]
    assert details(unassigned=(listed,), problem=problem) == []
