"""Who was told keeps the appointment, unless facts take it."""

from dataclasses import replace

from scheduling.problem import Consent, Problem
from scheduling.rules import promise
from scheduling.rules.promise import find_taken
from tests.scheduling.builders import (
    a_lot,
    a_pin,
    a_plan,
    a_problem,
    a_route,
    a_shift,
    a_told,
    a_visit,
    at,
    needs,
)

NINE, ELEVEN = at(0, 9), at(0, 11)
TWO = a_problem(
    needs=(*needs(10), *needs(10, "L2", priority=90)), shifts=(a_shift("S1"), a_shift("S2"))
)
ONE, OTHER = a_visit(TWO, "L1"), a_visit(TWO, "L2")
TOLD = replace(
    TWO,
    published=(
        a_told(ONE, "S1", NINE, service_seconds=3000),
        a_told(OTHER, "S1", ELEVEN, service_seconds=3000),
    ),
)
AS_TOLD = a_route(TOLD, "S1", (ONE, NINE), (OTHER, ELEVEN))


def faults(problem: Problem, *routes) -> dict[str, str]:
    return {row.where: row.detail for row in promise.violations(problem, a_plan(problem, *routes))}


def facts(problem: Problem) -> dict[str, tuple[str, int]]:
    """Of each published visit that lost something: the rule, and how many people."""
    return {row.visit_id: (row.rule, len(row.doses)) for row in find_taken(problem)[1]}


def test_a_plan_that_does_as_was_told_is_right():
    assert faults(TOLD, AS_TOLD) == {}
    assert facts(TOLD) == {}


def test_the_worst_is_said_of_each_visit():
    found = faults(TOLD, a_route(TOLD, "S2", (OTHER, ELEVEN)))

    assert found == {
        ONE.id: "10 who were told have no stop",
        OTHER.id: "moved within the notice time",
    }


def test_who_may_no_longer_be_served_was_promised_nothing_that_a_plan_could_keep():
    withdrawn = replace(TOLD.needs[0], consent=Consent.WITHDRAWN)
    problem = replace(TOLD, needs=(withdrawn, *TOLD.needs[1:]))
    rest = replace(ONE, needs=ONE.needs[1:])

    assert faults(problem, a_route(TOLD, "S1", (rest, NINE), (OTHER, ELEVEN))) == {}
    assert faults(problem, a_route(TOLD, "S1", (OTHER, ELEVEN))) == {
        ONE.id: "9 who were told have no stop"
    }


def test_a_team_that_is_gone_takes_its_visits_and_no_other():
    moved = replace(TOLD.published[1], shift_id="S2")
    problem = replace(TOLD, shifts=TOLD.shifts[1:], published=(TOLD.published[0], moved))

    assert facts(problem) == {ONE.id: ("withdrawn", 10)}
    assert faults(problem) == {OTHER.id: "10 who were told have no stop"}


def test_a_shorter_shift_takes_what_no_longer_fits_and_nothing_before_it():
    problem = replace(TOLD, shifts=(replace(TOLD.shifts[0], end=at(0, 11.5)), TOLD.shifts[1]))

    assert facts(problem) == {OTHER.id: ("shift_hours", 10)}


def test_doses_that_are_gone_are_taken_from_the_lowest_priority():
    assert facts(replace(TOLD, stock=(a_lot(10),))) == {ONE.id: ("stock", 10)}


def test_of_a_visit_no_more_people_are_taken_than_doses_lack():
    problem = replace(TOLD, needs=(*needs(20), *needs(10, "L2", priority=90)))
    visit = a_visit(problem, "L1")
    row = a_told(visit, "S2", NINE, service_seconds=3000)
    problem = replace(problem, published=(row, TOLD.published[1]), stock=(a_lot(20),))

    assert facts(problem) == {visit.id: ("stock", 10)}


def test_a_pin_of_a_planner_goes_before_a_promise():
    pin = a_pin(OTHER.id, NINE, [person for person, _ in OTHER.needs], location_id="L2")
    problem = replace(TOLD, fixed=(pin,))

    assert facts(problem) == {ONE.id: ("shift_hours", 10)}


def test_of_a_record_of_before_nobody_knows_what_was_promised():
    rows = tuple(replace(row, location_id=None) for row in TOLD.published)

    assert faults(replace(TOLD, published=rows)) == {}
