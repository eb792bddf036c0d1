"""A team makes only the visits that it has every skill for."""

from scheduling.rules import skills
from tests.scheduling.builders import (
    a_crisis,
    a_need,
    a_plan,
    a_problem,
    a_route,
    a_shift,
    a_visit,
    at,
)


def details(asked: set[str], has: set[str]) -> list[str]:
    problem = a_problem(
        needs=(a_need(skills=frozenset(asked)),), shifts=(a_shift(skills=frozenset(has)),)
    )
    plan = a_plan(problem, a_route(problem, "S1", (a_visit(problem), at(0, 9))))
    return [row.detail for row in skills.violations(problem, plan)]


def test_a_team_with_every_skill_is_sent():
    assert details({"sedation"}, {"sedation", "crisis"}) == []


def test_a_team_without_a_skill_is_not_sent():
    assert details({"sedation", "lift"}, {"crisis"}) == ["lift, sedation"]


def test_a_crisis_asks_for_its_own_skills():
    problem = a_problem(crisis_visits=(a_crisis(),))
    call = a_visit(problem, id="X1", campaign_id=None, product_id=None, needs=())
    plan = a_plan(problem, a_route(problem, "S1", (call, at(0, 9))))

    assert [row.where for row in skills.violations(problem, plan)] == ["X1"]
