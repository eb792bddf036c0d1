"""Stops that a plan only repeats are judged by the same rules, and refuse no plan."""

from dataclasses import replace

import pytest

from scheduling.kept import check_kept
from scheduling.problem import Consent, Kept, KeptStop, Outbreak, Problem
from scheduling.solve import Limits, solve
from tests.scheduling.builders import (
    HOUR,
    a_location,
    a_lot,
    a_need,
    a_problem,
    a_shift,
    at,
    needs,
)

QUICK = Limits(seconds=5, rounds=1, workers=1)
PEOPLE, LOTS = needs(4), (a_lot(),)
STOP = KeptStop(
    "V1", "S0", at(0, 9), HOUR, "L1", "C1", "moderna", tuple((n.person_id, 1) for n in PEOPLE)
)


def a_kept(stop: KeptStop = STOP, *, people=PEOPLE, lots=LOTS, **changes) -> Problem:
    """A frozen shift with one stop to come, and a free shift with somebody else to plan."""
    usual = {
        "needs": (a_need("somebody", "L2"),),
        "standing_shifts": (a_shift("S0"),),
        "kept": Kept((stop,), people, lots),
    }
    return a_problem(**(usual | changes))


def found(problem: Problem) -> set[tuple[str, str]]:
    return {(row.rule, row.where) for row in check_kept(problem)}


def test_a_kept_stop_that_keeps_every_rule_is_silent():
    assert found(a_kept()) == set()


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("time_windows", a_kept(replace(STOP, start=at(0, 8)))),
        (
            "outbreak",
            a_kept(locations=(a_location(outbreak=Outbreak.BLOCKED), a_location("L2", 2))),
        ),
        ("crew", a_kept(standing_shifts=(a_shift("S0", injectors=0),))),
        ("stock", a_kept(lots=(a_lot(3),))),
        ("consent", a_kept(people=needs(4, consent=Consent.WITHDRAWN))),
        ("due", a_kept(people=needs(4, first_day=3))),
        ("skills", a_kept(people=needs(4, skills=frozenset({"sedation"})))),
        ("cool_box", a_kept(standing_shifts=(a_shift("S0", capacity=3),))),
        ("coverage", a_kept(people=needs(3))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_kept_stop_breaks_is_named_with_the_stop(rule: str, problem: Problem):
    assert (rule, "V1") in found(problem) or (rule, "S0") in found(problem)


def test_a_shift_that_ends_before_the_team_is_back_is_named():
    assert found(a_kept(standing_shifts=(a_shift("S0", end=at(0, 10)),))) == {("shift_hours", "S0")}


def test_a_stop_of_a_shift_that_nobody_works_is_named():
    assert found(a_kept(standing_shifts=())) == {("coverage", "V1")}


def test_of_a_shift_under_way_the_road_behind_it_is_not_judged():
    begun = a_kept(standing_shifts=(a_shift("S0", start=at(0, 8.9)),))

    assert found(begun) == {("shift_hours", "S0")}
    assert found(replace(begun, now=at(0, 8.95))) == set()


def test_doses_that_the_last_lot_has_not_got_are_missed_by_the_second_stop_only():
    more = needs(4, "L2")
    second = replace(
        STOP,
        visit_id="V2",
        start=at(0, 11),
        location_id="L2",
        doses=tuple((n.person_id, 1) for n in more),
    )
    problem = a_kept(kept=Kept((STOP, second), (*PEOPLE, *more), (a_lot(6),)))

    assert found(problem) == {("stock", "V2")}


def test_a_crisis_visit_that_is_kept_asks_for_no_opening_hours():
    crisis = replace(STOP, start=at(0, 8.5), campaign_id=None, product_id=None, doses=())

    assert found(a_kept(crisis)) == set()


def test_what_is_kept_refuses_no_plan():
    problem = a_kept(standing_shifts=(a_shift("S0", injectors=0),))

    plan = solve(problem, QUICK)

    assert [stop.visit.location_id for route in plan.routes for stop in route.stops] == ["L2"]
