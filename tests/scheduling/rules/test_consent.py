"""Nobody is planned whose consent to this treatment is not given."""

import pytest

from scheduling.problem import Consent
from scheduling.rules import consent
from tests.scheduling.builders import a_need, a_plan, a_problem, a_route, a_visit, at


def plan_of(given: Consent):
    problem = a_problem(needs=(a_need(consent=given),))
    return problem, a_plan(problem, a_route(problem, "S1", (a_visit(problem), at(0, 9))))


def test_consent_that_is_given_allows_a_call():
    problem, plan = plan_of(Consent.GIVEN)

    assert list(consent.violations(problem, plan)) == []


@pytest.mark.parametrize("answer", [one for one in Consent if one is not Consent.GIVEN])
def test_any_other_answer_keeps_a_resident_out(answer: Consent):
    problem, plan = plan_of(answer)

    assert [row.detail for row in consent.violations(problem, plan)] == [answer.value]


def test_somebody_who_is_not_in_the_problem_never_consented():
    _, plan = plan_of(Consent.GIVEN)

    assert len(list(consent.violations(a_problem(needs=()), plan))) == 1
