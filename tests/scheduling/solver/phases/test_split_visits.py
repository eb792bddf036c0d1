"""Calls made smaller: rather some residents of a location than nobody."""

from dataclasses import replace

import pytest

from scheduling.limits import Limits
from scheduling.plan import Plan, Reason
from scheduling.problem import Problem, TimeWindow
from scheduling.rules import check
from scheduling.solve import solve
from tests.scheduling.builders import (
    a_campaign,
    a_crisis,
    a_location,
    a_lot,
    a_need,
    a_pause,
    a_problem,
    a_shift,
    a_travel,
    at,
    needs,
)

BRIEF = Limits(10, rounds=3)


def served(plan: Plan) -> set[str]:
    """The people who have a visit."""
    return {
        person for route in plan.routes for stop in route.stops for person, _ in stop.visit.needs
    }


def solved(problem: Problem) -> Plan:
    plan = solve(problem, BRIEF)
    assert check(problem, plan) == ()
    return plan


def test_ten_doses_serve_ten_of_fourteen_people_those_with_most_priority_first():
    people = (*needs(10), *(a_need(f"urgent {k}", priority=90) for k in range(4)))
    problem = a_problem(needs=people, stock=(a_lot(10),))

    plan = solved(problem)

    assert len(served(plan)) == 10
    assert {f"urgent {k}" for k in range(4)} < served(plan)
    assert [row.reasons[0] for row in plan.unassigned] == [Reason.STOCK_TO_PRIORITY] * 4


def test_a_next_dose_that_must_be_secured_makes_the_call_smaller_too():
    campaign = a_campaign(reserve_next_dose=True)
    problem = a_problem(needs=needs(14), stock=(a_lot(20),), campaigns=(campaign,))

    plan = solved(problem)

    assert len(served(plan)) == 10


def test_an_hour_in_which_not_all_can_be_served_serves_some():
    short = a_shift(start=at(0, 9), end=at(0, 10.75))
    problem = a_problem(
        needs=(*needs(10), *needs(10, "L2")),
        locations=(a_location("L1", 1), a_location("L2", 2)),
        shifts=(short,),
    )

    plan = solved(problem)

    assert len(served(plan)) >= 10


def test_whoever_stays_out_of_a_call_is_listed_once_and_the_first_part_keeps_its_name():
    whole = a_problem(needs=needs(24))
    short = a_problem(needs=needs(24), stock=(a_lot(10),))

    name = {stop.visit.id for route in solved(whole).routes for stop in route.stops}
    plan = solved(short)

    assert {stop.visit.id for route in plan.routes for stop in route.stops} == name
    people = [row.person_id for row in plan.unassigned]
    assert len(people) == len(set(people)) == 14


def test_a_crisis_visit_that_waits_stays_as_it_is_when_a_call_is_made_smaller():
    nobody_has_the_skill = a_crisis(skills=frozenset({"crisis"}))
    problem = a_problem(needs=needs(14), stock=(a_lot(10),), crisis_visits=(nobody_has_the_skill,))

    plan = solved(problem)

    assert len(served(plan)) == 10
    assert [row.visit_id for row in plan.unassigned if row.person_id is None] == ["X1"]


def a_morning_for_36(people: int, **changes) -> Problem:
    """One location that opens for half an hour, and a crew that must rest by half past twelve: time for 36 residents."""
    opens = TimeWindow(at(0, 11), at(0, 11.5))
    problem = a_problem(
        needs=needs(people),
        locations=(a_location("L1", 1, time_windows=(opens,), seats=50),),
        shifts=(a_shift(start=at(0, 8.5), end=at(0, 16.5), pause=a_pause(0, 12, 12.5)),),
    )
    return replace(problem, **changes)


@pytest.mark.parametrize(
    ("people", "most"), [(30, 30), (36, 36), (37, 36), (40, 36), (41, 36), (75, 36)]
)
def test_more_residents_asked_is_never_fewer_served(people: int, most: int):
    plan = solved(a_morning_for_36(people))

    assert len(served(plan)) == most
    assert sum(len(route.stops) for route in plan.routes) == 1


def test_containers_that_are_used_up_come_before_others():
    people = (*needs(14), *needs(6, "L2"), *needs(9, "L3"))
    places = tuple(a_location(f"L{k}", k) for k in (1, 2, 3))
    problem = a_problem(needs=people, locations=places, travel=a_travel(4), stock=(a_lot(20),))

    plan = solved(problem)

    assert len(served(plan)) == 19
    assert plan.values.doses_wasted == 1


def test_without_any_time_to_search_a_visit_is_cut_once_too():
    plan = solve(a_morning_for_36(37), Limits(0))

    assert len(served(plan)) == 36
