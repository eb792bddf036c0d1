"""What makes one plan better than another, each value apart."""

from dataclasses import replace

from scheduling.objective import A_MOVE_SECONDS, values
from scheduling.problem import Consent, Published
from tests.scheduling.builders import (
    a_crisis,
    a_problem,
    a_route,
    a_shift,
    a_visit,
    at,
    needs,
)

PROBLEM = a_problem(needs=(*needs(13, "L1"), *needs(4, "L2", priority=9)))
ROUTE = a_route(PROBLEM, "S1", (a_visit(PROBLEM, "L1"), at(0, 9)))


def test_who_is_not_served_weighs_by_priority_and_nobody_weighs_nothing():
    assert values(PROBLEM, (ROUTE,)).unserved_weight == 4 * 10
    assert values(PROBLEM, ()).unserved_weight == 4 * 10 + 13 * 51


def test_who_may_not_be_planned_weighs_nothing():
    refusing = tuple(replace(need, consent=Consent.REFUSED) for need in PROBLEM.needs)

    assert values(replace(PROBLEM, needs=refusing), ()).unserved_weight == 0


def test_a_crisis_visit_weighs_as_a_full_call():
    problem = a_problem(needs=(), crisis_visits=(a_crisis(priority=99),))

    assert values(problem, ()).unserved_weight == 40 * 100


def test_a_next_dose_is_late_when_its_last_day_is_within_the_horizon():
    within = a_problem(needs=needs(3, dose_no=2, last_day=13))
    beyond = a_problem(needs=needs(3, dose_no=2, last_day=14))

    assert values(within, ()).late_next_doses == 3
    assert values(beyond, ()).late_next_doses == 0


def test_doses_that_are_left_in_opened_containers_are_wasted():
    assert values(PROBLEM, (ROUTE,)).doses_wasted == 7


def test_work_and_metres_are_counted_from_depot_to_depot():
    found = values(PROBLEM, (ROUTE,))

    assert found.working_seconds == ROUTE.back - ROUTE.departure
    assert found.metres == 2 * 600 * 15


def test_a_visit_is_moved_when_somebody_must_be_phoned():
    def moved(shift_id: str, start: int, now: int = 0) -> int:
        told = Published("visit of L1", shift_id, start)
        problem = replace(PROBLEM, published=(told,), now=now, shifts=(a_shift(), a_shift("S2")))
        return values(problem, (ROUTE,)).moved_stops

    assert moved("S1", at(0, 9) + A_MOVE_SECONDS) == 0
    assert moved("S1", at(0, 9) + A_MOVE_SECONDS + 1) == 1
    assert moved("S2", at(0, 9)) == 1
    assert moved("S2", at(0, 9), now=at(0, 9) + 1) == 0


def test_a_visit_that_is_made_no_more_is_moved():
    told = Published("gone", "S1", at(0, 9))

    assert values(replace(PROBLEM, published=(told,)), (ROUTE,)).moved_stops == 1
