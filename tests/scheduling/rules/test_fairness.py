"""No area lies further behind the region than the policy allows while a call could be exchanged for that."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.fairness import exchanged, exchanges, lacking, make_fair, shares
from scheduling.plan import Plan, Reason
from scheduling.problem import Outbreak, Problem, TimeWindow
from scheduling.rules import check, check_added, fairness
from scheduling.solve import Limits, solve
from scheduling.visits.grouping import group
from tests.effort import examples
from tests.scheduling.builders import (
    a_location,
    a_lot,
    a_need,
    a_pause,
    a_pin,
    a_problem,
    a_product,
    a_route,
    a_shift,
    a_travel,
    at,
    needs,
)
from tests.scheduling.corpus.edges import complete
from tests.scheduling.strange import a_strange_problem

PLACES = (
    a_location("L1", 1, area="near"),
    a_location("L2", 2, area="far"),
    a_location("L3", 3, area="near"),
)
FIRST = needs(10, "L3", priority=90)  # nobody takes their place
ONE_URGENT = (*needs(9, "L2", priority=0), a_need("urgent", "L2", priority=89))
UNFAIR = a_problem(
    locations=PLACES,
    needs=(*needs(10, "L1"), *needs(10, "L2"), *FIRST),
    shifts=(a_shift("S1"), a_shift("S2")),
    stock=(a_lot(20),),
    travel=a_travel(4),
    area_points=40,
)


def a_plan_for_the_near(problem: Problem, **changes) -> Plan:
    """Everybody of L1 and L3, nobody of L2: the region serves two in three."""
    calls = {visit.location_id: visit for visit in group(problem)}
    pause = changes.pop("pause_start", None)
    route = a_route(problem, "S1", (calls["L1"], at(0, 9)), pause_start=pause)
    other = a_route(problem, "S2", (calls["L3"], at(0, 9)))
    return complete(problem, (replace(route, **changes), other))


def faults(problem: Problem) -> list[str]:
    return [row.rule for row in check(problem, a_plan_for_the_near(problem))]


@pytest.mark.parametrize(
    ("changes", "unfair"),
    [
        ({}, True),
        ({"area_points": None}, False),
        ({"area_points": 67}, False),
        ({"area_points": 66}, True),
        ({"needs": (*FIRST, *needs(10, "L1"), *needs(10, "L2", priority=49))}, False),
        ({"needs": (*FIRST, *needs(10, "L1"), *needs(10, "L2", priority=51))}, True),
        ({"needs": (*FIRST, *needs(10, "L1"), *needs(11, "L2"))}, False),  # a container more
        ({"needs": (*FIRST, *needs(10, "L1"), *needs(9, "L2"))}, True),
        ({"needs": (*FIRST, *needs(10, "L1"), *needs(3, "L2"))}, False),  # seven lose, two lacked
        ({"needs": (*FIRST, *needs(10, "L1"), *ONE_URGENT)}, False),  # and nine that can wait
        ({"needs": (*FIRST, *needs(10, "L1"), *needs(10, "L2", products=("pfizer",)))}, False),
        (
            {"needs": (*FIRST, *needs(10, "L1"), *needs(10, "L2", skills=frozenset({"sedation"})))},
            False,
        ),
        ({"needs": (*FIRST, *needs(10, "L1"), *needs(10, "L2", first_day=1))}, False),
    ],
)
def test_an_area_lags_when_a_call_on_it_could_take_the_place_of_another(changes, unfair):
    problem = replace(UNFAIR, products=(a_product(), a_product("pfizer")), **changes)

    assert faults(problem) == (["fairness"] if unfair else [])


@pytest.mark.parametrize(
    ("changes", "unfair"),
    [
        ({"time_windows": (TimeWindow(at(0, 9), at(0, 9)),)}, True),
        ({"time_windows": (TimeWindow(at(0, 9) + 1, at(0, 12)),)}, False),
        ({"time_windows": (TimeWindow(at(0, 8), at(0, 9) - 1),)}, False),
        ({"time_windows": (TimeWindow(at(1, 9), at(1, 12)),)}, False),
        ({"seats": 2}, False),  # it takes longer there
        ({"outbreak": Outbreak.LAST}, False),
    ],
)
def test_only_an_exchange_that_certainly_fits_counts(changes, unfair):
    problem = replace(UNFAIR, locations=(PLACES[0], replace(PLACES[1], **changes), PLACES[2]))

    assert faults(problem) == (["fairness"] if unfair else [])


def test_a_fixed_stop_makes_no_room():
    visit = next(v for v in group(UNFAIR) if v.location_id == "L1")
    pin = a_pin(visit.id, at(0, 9), [person for person, _ in visit.needs], service_seconds=3000)

    assert faults(replace(UNFAIR, fixed=(pin,))) == []


def test_who_made_room_does_not_come_back():
    plan = a_plan_for_the_near(UNFAIR)
    made_room = tuple(replace(row, reasons=(Reason.FAIR_SHARE,)) for row in plan.unassigned)

    assert [row.rule for row in check(UNFAIR, plan)] == ["fairness"]
    assert check(UNFAIR, replace(plan, unassigned=made_room)) == ()


def test_a_pause_stays_where_it_is():
    problem = replace(UNFAIR, shifts=(a_shift(pause=a_pause(0, 8, 17)), a_shift("S2")))
    on_the_way = a_plan_for_the_near(problem, departure=at(0, 8), pause_start=at(0, 8))
    at_home = a_plan_for_the_near(problem, pause_start=at(0, 13))

    assert [row.rule for row in check(problem, on_the_way)] == []
    assert [row.rule for row in check(problem, at_home)] == ["fairness"]


def test_shares_and_what_is_lacking_are_whole_numbers():
    routes = a_plan_for_the_near(UNFAIR).routes

    assert shares(UNFAIR, routes) == {"near": (20, 20), "far": (0, 10)}
    assert lacking(shares(UNFAIR, routes), 40) == {"far": 3}
    assert lacking({"a": (2, 3), "b": (1, 3)}, 0) == {"b": 1}
    assert lacking({"a": (2, 3), "b": (1, 3)}, 17) == {}
    assert lacking({}, 0) == {}


def test_who_made_room_is_told_why():
    problem = replace(UNFAIR, shifts=(a_shift("S1", end=at(0, 11)), a_shift("S2", end=at(0, 11))))
    routes, gone = make_fair(problem, group(problem), a_plan_for_the_near(problem).routes)

    assert [stop.visit.location_id for route in routes for stop in route.stops] == ["L2", "L3"]
    assert len(gone) == 1
    assert lacking(shares(problem, routes), 40) == {}


def test_the_search_ends_with_nothing_left_to_exchange():
    plan = solve(UNFAIR, Limits(10, 2))

    assert lacking(shares(UNFAIR, plan.routes), 40) == {}
    assert check(UNFAIR, plan) == ()


@examples(short=25, long=80)
@given(st.integers(0, 10**9), st.integers(0, 20))
def test_every_exchange_keeps_every_rule_and_lessens_what_is_lacking(seed: int, points: int):
    problem = a_strange_problem(seed)
    areas = tuple(replace(row, area=row.id) for row in problem.locations)
    problem = replace(problem, locations=areas)
    plan = solve(problem, Limits(5, 1), seed=seed)
    kept = (row for row in problem.fixed if row.visit_id not in plan.released_pins)
    bound = replace(problem, area_points=points, fixed=tuple(kept))

    for found in exchanges(bound, group(bound), plan.routes):
        routes = exchanged(plan.routes, found)
        others = complete(problem, routes)
        before = lacking(shares(bound, plan.routes), points)
        after = lacking(shares(bound, routes), points)
        assert {
            row.rule
            for row in check_added(problem, replace(others, released_pins=plan.released_pins))
        } == set()
        assert sum(after.values()) < sum(before.values())


@examples(short=10, long=30)
@given(st.integers(0, 10**9))
def test_every_plan_is_as_fair_as_exchanges_make_it(seed: int):
    problem = a_strange_problem(seed)
    areas = tuple(replace(row, area=row.id) for row in problem.locations)
    problem = replace(problem, locations=areas, area_points=10)

    plan = solve(problem, Limits(5, 1), seed=seed)

    assert check_added(problem, plan) == ()
    assert list(fairness.violations(problem, replace(plan, routes=()))) == []
