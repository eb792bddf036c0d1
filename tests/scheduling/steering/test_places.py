"""A place for who is on the phone: the cheapest slots that break no rule; and why a visit is not made by another team."""

from contextlib import suppress
from dataclasses import replace

import pytest

from scheduling.limits import Limits
from scheduling.plan import Plan, Unassigned
from scheduling.problem import Consent, Problem
from scheduling.solve import solve
from scheduling.steering.actual import to_actual
from scheduling.steering.edits import Move, Spot
from scheduling.steering.effect import compute_effect
from scheduling.steering.places import Caller, find_alternatives, find_places
from scheduling.steering.trials import Refused
from tests.scheduling.builders import HOUR, a_crisis, a_region, a_shift, at, needs
from tests.scheduling.steering.test_effect import a_day, a_visit_at, published

MINUTE = 60


def test_five_slots_the_cheapest_first():
    shifts = tuple(a_shift(f"S{k}", team_id=f"T{k}") for k in range(1, 9))
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 12), shifts=shifts)

    found = find_places(actual, Caller("L3"))

    assert len(found.places) == 5
    assert len(found.visit.needs) == 5
    first = found.places[0]
    assert first.shift_id == "S1"  # it drives past
    assert first.effect.hard == ()
    assert [row.effect.work_seconds for row in found.places] == sorted(
        row.effect.work_seconds for row in found.places
    )


def test_a_slot_that_makes_others_late_says_whom():
    full = [a_visit_at(1, 9), a_visit_at(2, 10.5), a_visit_at(4, 12)]
    actual = a_day(*full, shifts=(a_shift("S1", end=at(0, 14)),))

    found = find_places(actual, Caller("L3"))

    assert found.places
    assert any(not row.is_meant for row in found.places[0].effect.touched)


def test_people_who_are_not_registered_yet_are_counted_as_they_are_told():
    found = find_places(a_day(a_visit_at(1, 9), a_visit_at(3, 14)), Caller("L3", people=12))

    assert len(found.visit.needs) == 12
    assert found.places[0].effect.doses[0].doses == 20


@pytest.mark.parametrize(
    ("caller", "changes", "rule"),
    [
        (Caller("L9"), {}, "time_windows"),
        (Caller("L1"), {}, "nobody_waits"),
        (Caller("L3"), {"needs": needs(5, "L3", consent=Consent.UNKNOWN)}, "consent_missing"),
        (Caller("L3", campaign_id="C9", people=2), {}, "gone"),
    ],
)
def test_where_nobody_can_be_visited_the_reason_is_named(caller, changes, rule):
    with pytest.raises(Refused) as refused:
        find_places(a_day(a_visit_at(1, 9), **changes), caller)

    assert refused.value.breach.rule == rule


def test_a_crisis_visit_is_offered_to_teams_that_can_make_it():
    able = a_shift("S2", skills=frozenset({"crisis"}))
    actual = a_day(a_visit_at(1, 9), shifts=(a_shift("S1"), able))

    found = find_places(actual, a_crisis(location_id="L3"))

    assert {row.shift_id for row in found.places} == {"S2"}
    assert [(row.shift_id, row.breach.rule) for row in found.not_there] == [("S1", "skills")]


def test_why_here_and_not_there():
    shifts = (
        a_shift("S1"),
        a_shift("S2", team_id="T2"),
        a_shift("S3", team_id="T3", capacity=5),
        a_shift("S4", team_id="T4", end=at(0, 9.5)),
    )
    full = [
        replace(a_visit_at(k, 8.2 + 2.9 * k, "S2"), service_seconds=int(2.7 * HOUR)) for k in (2, 3)
    ]
    actual = a_day(a_visit_at(1, 9), *full, shifts=shifts)

    found = find_alternatives(actual, "V1")

    why = {row.shift_id: row.breach.rule for row in found.not_there}
    assert why["S3"] == "cool_box"
    assert why["S4"] in ("shift_hours", "time_windows")
    assert all(row.start != at(0, 9) or row.shift_id != "S1" for row in found.places)


def test_a_full_day_is_full_and_says_by_how_much():
    full = [
        replace(a_visit_at(k, 8.2 + 2.9 * (k - 2), "S2"), service_seconds=int(2.7 * HOUR))
        for k in (2, 3, 4)
    ]
    opened = replace(a_day(), standing={})
    places = tuple(
        replace(row, time_windows=(replace(row.time_windows[0], earliest=at(0, 8)),))
        for row in opened.problem.locations
    )
    actual = a_day(a_visit_at(1, 9), *full, locations=places)

    found = find_alternatives(actual, "V1")

    (why,) = [row.breach for row in found.not_there if row.shift_id == "S2"]
    assert why.rule == "shift_full"
    assert why.amount is not None
    assert why.amount > 0


def test_no_gap_of_any_team_is_cheaper_than_what_is_offered():
    problem = replace(a_region(4, locations=40, teams=3), notice_seconds=0, crisis_visits=())
    actual = to_actual(problem, published(solve(problem, Limits(0)), told=False))
    names = [row.visit_id for row in actual.problem.published][::9]
    for name in names:
        found = find_alternatives(actual, name, most=3)
        offered = [row.effect.work_seconds for row in found.places]
        for shift in problem.shifts:
            one = compute_effect(actual, Move(name, Spot(shift.id)))
            is_same = shift.id == actual.find(name)[0]  # type: ignore[index]
            if one.hard or is_same or any(not row.is_meant for row in one.touched):
                continue
            assert len(offered) == 3 or shift.id in {row.shift_id for row in found.places}
            assert not offered or min(offered) <= one.work_seconds


def find_free(problem: Problem, plan: Plan) -> list[str]:
    """Locations whose unserved people could be visited at the cost of minutes alone: nobody else is moved."""
    actual = to_actual(problem, published(plan, told=False))
    found = []
    for location in sorted({row.location_id for row in plan.unassigned}):
        with suppress(Refused):
            places = find_places(actual, Caller(location), most=1).places
            found += [location for row in places if len(row.effect.touched) == 1]
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_place_that_costs_minutes_alone_was_missed_by_the_plan(seed: int):
    problem = replace(a_region(seed, locations=40, teams=2), crisis_visits=())
    plan = solve(problem, Limits(0))
    assert plan.unassigned  # the region is full

    assert find_free(problem, plan) == []


def test_a_place_that_a_plan_missed_would_be_found():
    problem = replace(a_region(1, locations=40, teams=2), crisis_visits=())
    plan = solve(problem, Limits(0))
    route = next(row for row in plan.routes if len(row.stops) > 1)
    without = replace(route, stops=route.stops[1:])
    missed = replace(
        plan,
        routes=tuple(without if row is route else row for row in plan.routes),
        unassigned=(Unassigned(route.stops[0].visit.location_id, "C1", "P", 1, None, ()),),
    )

    assert find_free(problem, missed) == [route.stops[0].visit.location_id]
