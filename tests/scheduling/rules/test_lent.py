"""A shift is planned by the region that it is opened for or lent to, and by no other."""

from scheduling.rules import lent
from tests.scheduling.builders import a_plan, a_problem, a_route, a_shift, a_visit, at


def broken(region: str) -> int:
    problem = a_problem(shifts=(a_shift(region=region),))
    plan = a_plan(problem, a_route(problem, "S1", (a_visit(problem), at(0, 9))))
    return len(list(lent.violations(problem, plan)))


def test_a_shift_of_the_region_itself_may_be_used():
    assert broken("GG2607") == 0
    assert broken("") == 0


def test_a_shift_of_another_region_may_not():
    assert broken("GG0111") == 1
