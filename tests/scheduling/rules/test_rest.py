"""A team works one shift at a time and rests between two of them."""

from dataclasses import replace

from scheduling.problem import Problem
from scheduling.rules import check, duty, rest
from scheduling.solve import Limits, solve
from tests.scheduling.builders import HOUR, a_plan, a_problem, a_route, a_shift, a_visit, at, needs


def broken(second_start: int, team: str = "T") -> int:
    problem = a_problem(
        needs=(*needs(2, "L1"), *needs(2, "L2")),
        shifts=(
            a_shift("S1", 0, team_id="T", start=at(0, 12), end=at(0, 23)),
            a_shift("S2", 1, team_id=team, start=second_start, end=at(1, 17)),
        ),
    )
    plan = a_plan(
        problem,
        a_route(problem, "S1", (a_visit(problem, "L1"), at(0, 13))),
        a_route(problem, "S2", (a_visit(problem, "L2"), at(1, 12))),
    )
    return len(list(rest.violations(problem, plan)))


def test_a_team_rests_eight_hours():
    assert broken(at(0, 23) + 8 * HOUR) == 0
    assert broken(at(0, 23) + 8 * HOUR - 1) == 1


def test_another_team_needs_no_rest_from_it():
    assert broken(at(0, 23) + 1, team="U") == 0


def test_a_team_rests_from_a_shift_that_is_not_planned_any_more():
    worked = a_shift("S0", -1, team_id="T", start=at(-1, 12), end=at(-1, 23))

    def found(start: int) -> int:
        problem = a_problem(shifts=(a_shift(team_id="T", start=start),), standing_shifts=(worked,))
        plan = a_plan(problem, a_route(problem, "S1", (a_visit(problem), at(0, 10))))
        return len(list(rest.violations(problem, plan)))

    assert (found(at(0, 7)), found(at(0, 7) - 1)) == (0, 1)


BOTH = frozenset({"M1"})


def two_crews(**changes) -> Problem:
    return a_problem(
        needs=(*needs(2, "L1"), *needs(2, "L2")),
        shifts=(
            a_shift("S1", team_id="T", members=BOTH | {"M2"}),
            a_shift("S2", team_id="U", members=BOTH | {"M3"}, **changes),
        ),
    )


def test_a_member_of_two_crews_works_one_of_them_and_is_named():
    problem = two_crews()
    plan = a_plan(
        problem,
        a_route(problem, "S1", (a_visit(problem, "L1"), at(0, 9))),
        a_route(problem, "S2", (a_visit(problem, "L2"), at(0, 9))),
    )

    assert [(row.where, row.detail) for row in rest.violations(problem, plan)] == [
        ("S2", f"M1 is in the crew: {-9 * HOUR} s after S1")
    ]


def test_the_search_uses_one_shift_of_two_crews_that_share_a_member():
    plan = solve(two_crews(), Limits(10, 2))

    assert check(two_crews(), plan) == ()
    assert len(plan.routes) == 1

    apart = two_crews(start=at(1, 8), end=at(1, 17), day=1)
    assert check(apart, solve(apart, Limits(10, 2))) == ()


def test_the_hours_of_a_member_add_up_over_teams():
    problem = replace(two_crews(start=at(1, 8), end=at(1, 17), day=1), max_week_seconds=17 * HOUR)
    plan = a_plan(
        problem,
        a_route(problem, "S1", (a_visit(problem, "L1"), at(0, 9))),
        a_route(problem, "S2", (a_visit(problem, "L2"), at(1, 9))),
    )

    assert [row.where for row in duty.violations(problem, plan)] == ["S1", "S2"]
    assert check(problem, solve(problem, Limits(10, 2))) == ()
