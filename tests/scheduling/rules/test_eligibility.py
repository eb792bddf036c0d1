"""Nobody is planned who is not judged eligible, or for a product that is not allowed to him."""

import pytest

from scheduling.problem import Assessment
from scheduling.rules import eligibility
from tests.scheduling.builders import a_need, a_plan, a_problem, a_route, a_visit, at


def details(need, **visit) -> list[str]:
    problem = a_problem(needs=(need,))
    call = a_visit(problem, needs=((need.person_id, 1),), **visit)
    plan = a_plan(problem, a_route(problem, "S1", (call, at(0, 9))))
    return [row.detail for row in eligibility.violations(problem, plan)]


def test_an_eligible_resident_may_be_called_on():
    assert details(a_need()) == []


@pytest.mark.parametrize("judgement", [j for j in Assessment if j is not Assessment.ELIGIBLE])
def test_any_other_judgement_keeps_a_resident_out(judgement: Assessment):
    assert details(a_need(assessment=judgement)) == [judgement.value]


def test_a_product_that_is_not_allowed_is_not_given():
    assert details(a_need(products=("pfizer",))) == ["product moderna"]


def test_a_resident_is_called_on_where_he_lives():
    assert details(a_need(location_id="L2"), location_id="L1") == ["lives elsewhere"]
