"""A person has each dose once and is in one call at a time; a visit and a shift occur once."""

from dataclasses import replace

from scheduling.rules import once
from tests.scheduling.builders import a_need, a_plan, a_problem, a_route, a_shift, a_visit, at

PROBLEM = a_problem(needs=(a_need(),), shifts=(a_shift("S1"), a_shift("S2")))


def test_one_call_on_each_resident_is_allowed():
    plan = a_plan(PROBLEM, a_route(PROBLEM, "S1", (a_visit(PROBLEM), at(0, 9))))

    assert list(once.violations(PROBLEM, plan)) == []


def test_a_dose_is_not_planned_twice():
    plan = a_plan(
        PROBLEM,
        a_route(PROBLEM, "S1", (a_visit(PROBLEM, id="one"), at(0, 9))),
        a_route(PROBLEM, "S2", (a_visit(PROBLEM, id="two"), at(0, 12))),
    )

    assert [row.where for row in once.violations(PROBLEM, plan)] == ["one", "two"]


def test_a_visit_and_a_shift_do_not_occur_twice():
    route = a_route(PROBLEM, "S1", (a_visit(PROBLEM, needs=()), at(0, 9)))

    found = once.violations(PROBLEM, a_plan(PROBLEM, route, route))

    assert [row.detail for row in found] == ["planned 2 times", "2 routes"]


def test_a_resident_is_in_one_call_at_a_time():
    first = a_visit(PROBLEM, id="first")
    other = a_visit(PROBLEM, id="other", campaign_id="C2")
    route = a_route(PROBLEM, "S1", (first, at(0, 9)))
    ends = route.stops[0].departure
    free = a_plan(PROBLEM, route, a_route_of(other, ends))
    busy = a_plan(PROBLEM, route, a_route_of(other, ends - 1))

    assert list(once.violations(PROBLEM, free)) == []
    assert [row.where for row in once.violations(PROBLEM, busy)] == ["other"]


def a_route_of(visit, start: int):
    """A route of the second team; the length of its call does not matter here."""
    stand_in = a_route(PROBLEM, "S2", (a_visit(PROBLEM), start))
    stop = stand_in.stops[0]
    return replace(stand_in, stops=(replace(stop, visit=visit),))
