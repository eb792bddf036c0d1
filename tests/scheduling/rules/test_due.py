"""A dose is given from its first day to its last, both included."""

from scheduling.rules import due
from tests.scheduling.builders import DAY, HOUR, a_need, a_plan, a_problem, a_route, a_visit, at


def broken(first: int, last: int, start: int) -> int:
    problem = a_problem(needs=(a_need(first_day=first, last_day=last),))
    plan = a_plan(problem, a_route(problem, "S1", (a_visit(problem), start)))
    return len(list(due.violations(problem, plan)))


def test_the_first_and_the_last_second_of_the_due_days_are_allowed():
    assert broken(2, 3, 2 * DAY) == 0
    assert broken(2, 3, 4 * DAY - 1) == 0


def test_a_second_before_or_after_them_is_not():
    assert broken(2, 3, 2 * DAY - 1) == 1
    assert broken(2, 3, 4 * DAY) == 1


def test_a_day_of_25_hours_ends_an_hour_later():
    starts = (0, DAY, 2 * DAY + HOUR, 3 * DAY + HOUR)
    problem = a_problem(day_starts=starts, needs=(a_need(first_day=1, last_day=1),))
    last_second = a_plan(problem, a_route(problem, "S1", (a_visit(problem), at(2, 1) - 1)))
    next_day = a_plan(problem, a_route(problem, "S1", (a_visit(problem), at(2, 1))))

    assert list(due.violations(problem, last_second)) == []
    assert len(list(due.violations(problem, next_day))) == 1
