"""The doses of an extra stop, and whom it is for: what a team has on board or its depot can spare, and who lost a place today."""

from dataclasses import replace

import pytest

from scheduling.problem import Consent, Kept, KeptStop, Outbreak, TimeWindow
from tests.scheduling.builders import (
    a_location,
    a_lot,
    a_shift,
    a_told,
    a_visit,
    at,
    needs,
)
from tests.scheduling.test_extra_stops import ROAD, ask, lost, plan_of


@pytest.mark.parametrize(
    ("left", "served"), [(0, 0), (9, 0), (10, 10), (19, 10), (20, 12), (30, 12)]
)
def test_no_more_doses_than_the_team_has_on_board_in_whole_containers(left, served):
    problem, team = lost(12, left)

    found = ask(problem, team)

    assert [len(stop.visit.needs) for stop in found] == ([served] if served else [])


def test_the_lowest_priorities_wait_when_doses_are_short():
    problem, team = lost(12, 10)
    high = {f"L1-P{k:02}" for k in range(2, 12)}
    ranked = (replace(n, priority=60 if n.person_id in high else 40) for n in problem.needs)

    (stop,) = ask(replace(problem, needs=tuple(ranked)), team)

    assert {person for person, _ in stop.visit.needs} == high


@pytest.mark.parametrize(("doses", "served"), [(20, 12), (19, 10), (9, 0)])
def test_a_team_that_has_not_left_takes_what_its_depot_has(doses, served):
    problem, team = lost(12, stock=(a_lot(doses),))

    found = ask(problem, replace(team, aboard=None))

    assert [len(stop.visit.needs) for stop in found] == ([served] if served else [])


def test_doses_of_the_plan_of_tomorrow_are_left_in_the_depot():
    problem, team = lost(10, stock=(a_lot(10),))
    others = needs(10, "L2", first_day=1)
    problem = replace(
        problem, needs=(*problem.needs, *others), shifts=(a_shift("S1", 1, start=at(1, 8)),)
    )
    row = a_told(a_visit(problem, "L2"), "S1", at(1, 10), service_seconds=3000)
    problem = replace(problem, published=(*problem.published, row))

    assert ask(problem, replace(team, aboard=None)) == []


@pytest.mark.parametrize(("capacity", "served"), [(20, 12), (19, 10), (9, 0)])
def test_the_cool_box_holds_no_more(capacity, served):
    problem, team = lost(12, 20)

    found = ask(problem, replace(team, shift=replace(team.shift, capacity=capacity)))

    assert [len(stop.visit.needs) for stop in found] == ([served] if served else [])


@pytest.mark.parametrize(
    "change", [{"consent": Consent.WITHDRAWN}, {"last_day": -1}, {"first_day": 1}]
)
def test_who_may_not_be_served_today_is_not_asked_for(change):
    problem, team = lost(1, 20)

    assert ask(replace(problem, needs=needs(1, **change)), team) == []


def test_a_closed_or_blocked_location_is_not_asked_for():
    problem, team = lost(5, 20)
    closed = a_location("L1", 1, time_windows=(TimeWindow(at(1, 9), at(1, 17)),))
    blocked = a_location("L1", 1, outbreak=Outbreak.BLOCKED)

    for place in (closed, blocked):
        assert ask(replace(problem, locations=(place, problem.locations[1])), team) == []


def test_whom_the_plan_serves_today_is_not_asked_for():
    problem, team = lost(10, 20, shifts=(a_shift("S1"),))

    assert ask(problem, team) == []


def test_who_lost_a_place_of_tomorrow_is_planned_again_and_not_asked_for():
    problem, team = lost(10, 20)
    (row,) = problem.published

    assert ask(replace(problem, published=(replace(row, start=at(1, 11)),)), team) == []


def test_a_second_visit_goes_behind_the_first_with_the_doses_that_are_left():
    problem, team = lost(10, 20)
    problem = replace(problem, needs=(*problem.needs, *needs(8, "L2")))
    other = a_told(a_visit(problem, "L2"), "gone", at(0, 12))
    problem = replace(problem, published=(*problem.published, other))

    first, second = ask(problem, team)
    (alone,) = ask(problem, replace(team, aboard={"moderna": 10}))

    assert (first.visit.location_id, second.visit.location_id) == ("L1", "L2")
    assert second.behind == first.visit.id
    assert second.start >= first.departure + ROAD
    assert alone.visit.needs == first.visit.needs


def test_doses_of_tomorrow_go_to_the_same_people_today():
    problem, team = lost(10, stock=(a_lot(10),))
    problem = replace(problem, shifts=(a_shift("S1", 1, start=at(1, 8)),))

    (stop,) = ask(problem, replace(team, aboard=None))

    assert plan_of(problem).routes
    assert len(stop.visit.needs) == 10


@pytest.mark.parametrize(("capacity", "served"), [(30, 12), (29, 10), (20, 10), (19, 0)])
def test_the_doses_of_its_own_stops_fill_the_cool_box_too(capacity, served):
    problem, team = lost(12, 20)
    mine = needs(10, "L2")
    doses = tuple((need.person_id, need.dose_no) for need in mine)
    stop = KeptStop("A", "S9", at(0, 15), 3000, "L2", "C1", "moderna", doses)
    problem = replace(problem, kept=Kept((stop,), mine, ()))
    shift = replace(team.shift, capacity=capacity)

    found = ask(problem, replace(team, stops=(stop,), shift=shift))

    assert [len(one.visit.needs) for one in found] == ([served] if served else [])
