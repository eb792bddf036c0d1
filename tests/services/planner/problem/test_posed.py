"""The one crossing: a whole snapshot to a problem, without a database."""

from dataclasses import replace
from datetime import timedelta

from events.organisations import PolicyChanged
from infra.postgres.snapshot.rows import PlaceRows
from scheduling.rules import check
from scheduling.solve import Limits, solve
from scheduling.validation.rows import validate
from services.planner.problem.posed import to_problem
from tests.facts import NOW, a_campaign, a_crisis, a_product, a_shift, an_organisation, uid
from tests.services.planner.problem.rows import (
    HOUR,
    a_certificate_row,
    a_given_dose,
    a_location_row,
    a_pin_row,
    a_registration,
    a_shift_row,
    a_snapshot,
    a_stock_row,
    a_visit_row,
    an_absence,
    an_answer,
    an_order_row,
    at,
    people,
    supply,
    teams,
    visits,
)

PLACES = PlaceRows((a_location_row(),), (an_organisation(),))
SUPPLY = supply(a_stock_row(), campaigns=(a_campaign(),), products=(a_product(),))
CREW = (a_certificate_row(), a_certificate_row("nurse", "nurse"), an_order_row())
TEAMS = teams(a_shift_row(), *CREW)
REGION = a_snapshot(
    people=people(a_registration(), an_answer()), teams=TEAMS, places=PLACES, supply=SUPPLY
)


def test_a_region_of_which_nothing_was_said_is_a_problem_too():
    posed = to_problem(a_snapshot())

    validate(posed.problem)
    assert (posed.problem.as_of, posed.problem.needs, posed.problem.shifts) == ((7, 3), (), ())


def test_a_small_region_can_be_planned():
    problem = to_problem(REGION).problem

    plan = solve(problem, Limits(seconds=5, rounds=1))

    assert [len(stop.visit.needs) for route in plan.routes for stop in route.stops] == [1]
    assert check(problem, plan) == ()


def test_equal_snapshots_give_equal_problems():
    assert to_problem(REGION) == to_problem(REGION)


def test_a_frozen_shift_is_not_planned_and_its_team_rests_from_it():
    visit = a_visit_row("v1", shift_id=uid("shift"))
    frozen = replace(REGION, now=at(6), visits=visits(visit))

    posed = to_problem(frozen)

    assert (posed.problem.shifts, len(posed.problem.standing_shifts)) == ((), 1)
    assert [one.visit_id for one in posed.kept] == [uid("v1")]
    assert posed.problem.needs == ()  # its only person is under way
    assert posed.problem.stock[0].doses == 99
    assert posed.team_of == {str(uid("shift")): uid("team")}


def test_the_freeze_time_is_the_policy_of_the_region():
    def planned(freeze_minutes: int) -> int:
        policy = PolicyChanged(freeze_minutes=freeze_minutes)
        return len(to_problem(replace(REGION, now=at(6), policy=policy)).problem.shifts)

    assert (planned(60), planned(61)) == (1, 0)


def test_the_shift_of_an_absent_team_is_not_planned_and_nobody_rests_from_it():
    away = teams(a_shift_row(), an_absence(at(8), at(9)), *CREW)

    problem = to_problem(replace(REGION, teams=away)).problem

    assert (problem.shifts, problem.standing_shifts) == ((), ())


def test_a_shift_from_a_depot_that_nobody_knows_or_past_the_horizon_is_not_planned():
    nowhere = a_shift_row(a_shift("one", depot_id=uid("nowhere")))
    begins = at(7) + timedelta(days=13)
    far = a_shift_row(a_shift("two", starts_at=begins, ends_at=begins + 9 * HOUR))

    problem = to_problem(replace(REGION, teams=teams(nowhere, far, *CREW))).problem

    assert problem.shifts == ()


def test_stock_at_a_depot_that_nobody_knows_is_not_counted_on():
    elsewhere = supply(a_stock_row(depot=uid("nowhere")), products=(a_product(),))

    assert to_problem(replace(REGION, supply=elsewhere)).problem.stock == ()


def test_a_location_that_people_or_a_crisis_name_stands_in_the_problem():
    nobody_said = replace(
        REGION,
        places=PlaceRows((), (an_organisation(),)),
        visits=visits(a_crisis(location_id=uid("eik"))),
    )

    locations = to_problem(nobody_said).problem.locations

    assert {one.id for one in locations} == {str(uid("wilg")), str(uid("eik"))}
    assert not any(one.known for one in locations)


def test_a_published_visit_that_may_be_moved_is_known_with_its_pin():
    visit, pin = a_visit_row("v1"), a_pin_row("v1", (5, "shift", at(10)))

    problem = to_problem(replace(REGION, visits=visits(visit, pin))).problem

    assert [(row.visit_id, row.start) for row in problem.published] == [(str(uid("v1")), 34 * 3600)]
    assert [(row.visit_id, row.start) for row in problem.fixed] == [(str(uid("v1")), 35 * 3600)]


def test_a_dose_that_was_given_elsewhere_has_not_left_our_stock():
    visit = a_visit_row("v1", shift_id=uid("shift"))
    elsewhere = a_given_dose(outcome="given_elsewhere", team=None)
    told = people(a_registration(), an_answer(), elsewhere)

    problem = to_problem(replace(REGION, now=at(6), people=told, visits=visits(visit))).problem

    assert problem.stock[0].doses == 99  # in the car, whoever turns out not to need it


def test_what_a_region_decides_comes_from_its_policy():
    policy = PolicyChanged(rest_minutes=480, max_duty_minutes=600, together_from=50, horizon_days=7)

    problem = to_problem(replace(REGION, policy=policy)).problem

    assert (problem.rest_seconds, problem.max_duty_seconds) == (8 * 3600, 10 * 3600)
    assert (problem.together_from, problem.days) == (50, 7)


def test_a_plan_begins_at_the_moment_of_its_snapshot():
    posed = to_problem(REGION)

    assert posed.from_at == NOW
    assert posed.problem.now == 6 * 3600
    assert posed.problem.travel.version == posed.matrix.version
