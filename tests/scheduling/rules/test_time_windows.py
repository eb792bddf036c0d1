"""Service begins within a time window of a location that is known and can be phoned."""

from dataclasses import replace

from scheduling.problem import TimeWindow
from scheduling.rules import time_windows
from tests.scheduling.builders import (
    a_crisis,
    a_location,
    a_plan,
    a_problem,
    a_route,
    a_shift,
    a_visit,
    at,
)

MORNING = TimeWindow(at(0, 9), at(0, 11))
AFTERNOON = TimeWindow(at(0, 14), at(0, 16))


def broken(start: int, **location) -> int:
    here = a_location(time_windows=(MORNING, AFTERNOON), **location)
    problem = a_problem(locations=(here,))
    plan = a_plan(problem, a_route(problem, "S1", (a_visit(problem), start)))
    return len(list(time_windows.violations(problem, plan)))


def test_a_call_may_begin_at_the_first_and_the_last_second():
    assert broken(MORNING.earliest) == broken(MORNING.latest) == broken(AFTERNOON.earliest) == 0


def test_a_second_before_after_or_between_is_refused():
    assert broken(MORNING.earliest - 1) == 1
    assert broken(MORNING.latest + 1) == 1
    assert broken(AFTERNOON.earliest - 1) == 1
    assert broken(AFTERNOON.latest + 1) == 1


def test_a_location_that_is_unknown_or_can_not_be_phoned_is_refused():
    assert broken(MORNING.earliest, known=False) == 1
    assert broken(MORNING.earliest, has_contact=False) == 1


def test_a_crisis_visit_has_a_window_of_its_own():
    crisis = a_crisis(first_second=at(0, 20), last_second=at(0, 21))
    problem = a_problem(crisis_visits=(crisis,), shifts=(a_shift(end=at(0, 23)),))
    call = a_visit(problem, id="X1", campaign_id=None, product_id=None, needs=())

    def found(start: int, **changes) -> int:
        plan = a_plan(problem, a_route(problem, "S1", (call, start)))
        return len(list(time_windows.violations(replace(problem, **changes), plan)))

    assert (found(at(0, 20)), found(at(0, 21)), found(at(0, 21) + 1)) == (0, 0, 1)
    assert found(at(0, 20), locations=(a_location(known=False), a_location("L2", 2))) == 1
