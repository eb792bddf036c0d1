"""A location with an outbreak is not visited, or as the last call of its team on that day."""

from scheduling.problem import Outbreak
from scheduling.rules import outbreak
from tests.scheduling.builders import (
    a_location,
    a_plan,
    a_problem,
    a_route,
    a_shift,
    a_visit,
    at,
    needs,
)


def a_region(state: Outbreak):
    return a_problem(
        locations=(a_location("L1", 1, outbreak=state), a_location("L2", 2)),
        needs=(*needs(2, "L1"), *needs(2, "L2")),
        shifts=(
            a_shift("S1", team_id="T", end=at(0, 13)),
            a_shift("S2", team_id="T", start=at(0, 14), end=at(0, 20)),
        ),
    )


def wheres(problem, *routes) -> list[str]:
    return [row.where for row in outbreak.violations(problem, a_plan(problem, *routes))]


def test_no_call_is_made_at_a_blocked_location():
    problem = a_region(Outbreak.BLOCKED)

    assert wheres(problem, a_route(problem, "S1", (a_visit(problem), at(0, 9)))) == ["visit of L1"]


def test_a_crisis_team_goes_to_a_blocked_location():
    problem = a_region(Outbreak.BLOCKED)
    crisis = a_visit(problem, campaign_id="C1", product_id=None)

    assert wheres(problem, a_route(problem, "S1", (crisis, at(0, 9)))) == []


def test_a_location_that_must_be_last_is_last():
    problem = a_region(Outbreak.LAST)
    one, two = (a_visit(problem, "L1"), at(0, 9)), (a_visit(problem, "L2"), at(0, 11))

    assert wheres(problem, a_route(problem, "S1", (two[0], at(0, 9)), (one[0], at(0, 11)))) == []
    assert wheres(problem, a_route(problem, "S1", one, two)) == ["visit of L2"]


def test_the_team_is_not_used_again_that_day():
    problem = a_region(Outbreak.LAST)
    first = a_route(problem, "S1", (a_visit(problem, "L1"), at(0, 9)))
    second = a_route(problem, "S2", (a_visit(problem, "L2"), at(0, 15)))

    assert wheres(problem, first, second) == ["visit of L1"]


def test_the_team_may_have_worked_before_it_that_day():
    problem = a_region(Outbreak.LAST)
    first = a_route(problem, "S1", (a_visit(problem, "L2"), at(0, 9)))
    second = a_route(problem, "S2", (a_visit(problem, "L1"), at(0, 15)))

    assert wheres(problem, first, second) == []
