"""What a planner or a location asked of a visit holds: its team, and the moments between which it begins."""

import pytest

from scheduling.problem import Asked
from scheduling.rules import asked
from tests.scheduling.builders import a_plan, a_problem, a_route, a_shift, a_visit, at


def broken(row: Asked, hour: float = 10) -> list[str]:
    problem = a_problem(shifts=(a_shift(), a_shift("S2")), asked=(row,))
    plan = a_plan(problem, a_route(problem, "S1", (a_visit(problem), at(0, hour))))
    return [found.detail for found in asked.violations(problem, plan)]


@pytest.mark.parametrize(
    ("row", "details"),
    [
        (Asked("visit of L1"), []),
        (Asked("visit of L1", "S1", at(0, 10), at(0, 10)), []),
        (Asked("visit of L1", "S2"), ["by another team"]),
        (Asked("visit of L1", None, at(0, 10) + 1), ["1 s too early"]),
        (Asked("visit of L1", None, None, at(0, 10) - 1), ["1 s too late"]),
        (Asked("visit of L2", "S2", at(0, 11)), []),
    ],
)
def test_each_part_of_what_was_asked_is_kept_to_the_second(row: Asked, details: list[str]):
    assert broken(row) == details


def test_one_stop_may_break_two_parts():
    assert broken(Asked("visit of L1", "S2", at(0, 12))) == ["by another team", "7200 s too early"]
