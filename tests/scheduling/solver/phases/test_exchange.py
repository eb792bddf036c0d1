"""A visit in a route is cut where the doses or hours of some of its residents serve more weight elsewhere."""

from dataclasses import replace
from math import inf
from random import Random

import pytest

from scheduling.problem import Problem, TimeWindow
from scheduling.rules import check
from scheduling.solve import solve
from scheduling.solver.budget import Budget
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.phases.exchange import exchange_residents
from tests.scheduling.builders import (
    a_location,
    a_lot,
    a_need,
    a_problem,
    a_product,
    a_told,
    a_visit,
    at,
)
from tests.scheduling.more import MORE, WORK, a_scarce_problem, losses, served_weight
from tests.scheduling.solver.small import a_case

ENDLESS = Budget(inf, None)
HIGH = tuple(a_need(f"high {k}", priority=80) for k in range(6))
LOW = tuple(a_need(f"low {k}", priority=20) for k in range(6))
OTHERS = tuple(a_need(f"other {k}", "L2", priority=50) for k in range(6))


def a_choice(**changes) -> Problem:
    """Twelve doses: for twelve at the first location, six of them of low priority, while six others wait at the second."""
    usual = a_problem(
        needs=(*HIGH, *LOW, *OTHERS),
        products=(a_product(doses_per_container=6),),
        stock=(a_lot(12),),
    )
    return replace(usual, **changes)


def exchanged(problem: Problem) -> set[str]:
    """Whom the plan serves when the first location was in a route whole."""
    draft = Draft(a_case(problem))
    first = next(v for v, row in enumerate(draft.indexed.visits) if row.location_id == "L1")
    assert draft.set_route(0, (first,))
    other, _ = exchange_residents(draft, InsertionCosts(draft.indexed), ENDLESS)
    everybody = [one for visit in other.indexed.visits for one in visit.needs]
    assert len(everybody) == len(set(everybody)) == len(problem.needs)
    return {
        person
        for v, visit in enumerate(other.indexed.visits)
        if other.where[v] != NOWHERE
        for person, _ in visit.needs
    }


def names(*needs) -> set[str]:
    return {need.person_id for need in needs}


def test_doses_go_to_the_higher_priority_at_another_location():
    assert exchanged(a_choice()) == names(*HIGH, *OTHERS)


def test_hours_go_to_more_weight_at_another_location():
    # the visit to all twelve ends when the second location closes; that to the six does not
    place = a_location("L2", 2, time_windows=(TimeWindow(at(0, 8), at(0, 10)),))
    first = a_location("L1", 1, time_windows=(TimeWindow(at(0, 9), at(0, 9)),))
    long = tuple(replace(need, extra_seconds=600) for need in LOW)
    problem = a_choice(needs=(*HIGH, *long, *OTHERS), locations=(first, place), stock=(a_lot(100),))

    assert exchanged(problem) >= names(*HIGH, *OTHERS)


def test_nobody_leaves_for_an_equal_weight():
    equal = tuple(replace(need, priority=20) for need in OTHERS)

    assert exchanged(a_choice(needs=(*HIGH, *LOW, *equal))) == names(*HIGH, *LOW)


def test_who_was_published_does_not_leave():
    problem = a_choice()
    visit = a_visit(problem, "L1")
    row = a_told(visit, "S1", at(0, 9), service_seconds=3000, told=False)

    assert exchanged(replace(problem, published=(row,))) == names(*HIGH, *LOW)


def test_nothing_changes_when_the_time_is_up():
    draft = Draft(a_case(a_choice()))
    costs = InsertionCosts(draft.indexed)

    assert exchange_residents(draft, costs, Budget(0.0, None)) == (draft, costs)


# Each lost people when there was more of something, before visits in routes were cut; they differ in what was short.
@pytest.mark.parametrize(
    ("seed", "kind"),
    [
        (10, "residents"),
        (16, "doses"),
        (24, "shifts"),
        (275, "residents"),
        (281, "shifts"),
        # these, before the stops of a shift were chosen anew
        (132, "residents"),
        (132, "opening hours"),
        (157, "doses"),
        (212, "opening hours"),
        (268, "opening hours"),
        (354, "residents"),
    ],
)
def test_more_of_something_serves_no_less(seed: int, kind: str):
    assert losses(seed, (kind,)) == {kind: 0}


def test_a_plan_after_exchanges_keeps_every_rule():
    problem = a_scarce_problem(281)
    problem = MORE["shifts"](Random(281), problem)

    plan = solve(problem, WORK, seed=281)

    assert check(problem, plan) == ()
    assert served_weight(problem, plan) > 1600
