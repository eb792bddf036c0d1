"""Make it fit: every suggestion is solved again by the test, and the checker asked of the plan."""

from collections import Counter
from dataclasses import replace

import pytest

from scheduling.fitting.changes import (
    AddCrew,
    BendInterval,
    BiggerBox,
    Change,
    DeliverSooner,
    GiveOrder,
    LetIn,
    MoreStock,
    MoveStock,
    Wait,
    WorkLonger,
)
from scheduling.fitting.fit import Fit, find_fits
from scheduling.fitting.obstacles import Trying
from scheduling.fitting.targets import list_targets
from scheduling.problem import Problem
from scheduling.solve import Limits, solve
from tests.effort import either
from tests.scheduling.builders import (
    a_crisis,
    a_location,
    a_lot,
    a_need,
    a_problem,
    a_shift,
    at,
    needs,
)
from tests.scheduling.fitting.cases import list_plans, stand_still
from tests.scheduling.fitting.confirming import confirm

PLANS = either(short=6, long=120)
TARGETS = 4  # of each plan


def find(problem: Problem) -> list[Fit]:
    """What is suggested for everybody whom the plan leaves out, at one location."""
    plan = solve(problem, Limits(1, 1))
    (target,) = list_targets(plan.unassigned)
    standing = stand_still(problem, plan)
    fits = find_fits(Trying(standing), target)
    for fit in fits:
        confirm(standing, target, fit)
    return fits


@pytest.mark.parametrize("first", [0, 5000])
def test_every_suggestion_holds_when_it_is_solved_again(first: int):
    seen = Counter[type]()
    for problem, plan in list_plans(first, PLANS):
        standing = stand_still(problem, plan)
        trying = Trying(standing)
        for target in list_targets(plan.unassigned)[:TARGETS]:
            for fit in find_fits(trying, target):
                confirm(standing, target, fit)
                seen.update(map(type, fit.changes))

    assert seen.total() >= either(short=5, long=250)


def change_of(fits: list[Fit]) -> Change:
    """The one change of the first suggestion."""
    (change,) = fits[0].changes
    return change


def test_a_location_is_asked_to_let_the_team_in_a_little_later():
    closed = replace(a_problem().locations[0], time_windows=(window(0, 6.0, 7.5),))
    fits = find(a_problem(locations=(closed, a_location("L2", 2))))

    change = change_of(fits)
    assert isinstance(change, LetIn)
    assert (change.latest, change.usual) == (at(0, 8.25), closed.time_windows[0])
    assert (fits[0].people, fits[0].others, fits[0].alone) == (10, 0, False)
    assert fits[0].price.calls == 1


def test_a_team_is_asked_to_work_a_little_longer():
    fits = find(a_problem(shifts=(a_shift(start=at(0, 8.8), end=at(0, 9.6)),)))

    change = change_of(fits)
    assert isinstance(change, WorkLonger)
    assert (change.start, change.end) == (at(0, 8.8), at(0, 10.1))


def test_somebody_with_the_skill_is_asked_to_come_along():
    problem = a_problem(needs=needs(3, skills=frozenset({"sedation"})))

    assert change_of(find(problem)) == AddCrew("S1", ("sedation",))


def test_somebody_who_may_inject_is_asked_to_come_along():
    assert change_of(find(a_problem(shifts=(a_shift(injectors=0),)))) == AddCrew(
        "S1", (), "moderna"
    )


def test_a_doctor_is_asked_for_the_order():
    problem = a_problem(shifts=(a_shift(ordered_products=frozenset()),))

    assert change_of(find(problem)) == GiveOrder("S1", "moderna")


def test_a_container_more_is_asked_for():
    assert change_of(find(a_problem(stock=()))) == MoreStock("D1", "moderna", 0, 1, 10)


def test_a_delivery_is_asked_to_come_sooner():
    problem = a_problem(stock=(a_lot(first_day=1),))

    assert change_of(find(problem)) == DeliverSooner("D1", "moderna", "lot 1", 0, 1)


def test_doses_are_asked_of_another_depot():
    problem = a_problem(
        depots=(*a_problem().depots, replace(a_problem().depots[0], id="D2")),
        stock=(a_lot(depot_id="D2"),),
    )

    assert change_of(find(problem)) == MoveStock("D2", "D1", "moderna", "lot 1", 0, 10)


def test_a_larger_cool_box_is_asked_for():
    assert change_of(find(a_problem(shifts=(a_shift(capacity=5),)))) == BiggerBox("S1", 5)


def test_who_asked_for_a_crisis_visit_is_asked_whether_it_may_wait():
    crisis = a_crisis(first_second=at(0, 6), last_second=at(0, 7.9), skills=frozenset())
    fits = find(a_problem(needs=(), crisis_visits=(crisis,)))

    assert change_of(fits) == Wait("X1", "L1", at(0, 6), at(0, 8.25))


@pytest.mark.parametrize(("first", "last", "days"), [(-9, -2, 2), (2, 9, -2)])
def test_only_a_clinician_is_asked_to_bend_an_interval(first: int, last: int, days: int):
    """A next dose whose last day has passed, or whose first is past every shift: the catalogue says so, and nobody else changes it."""
    problem = a_problem(needs=(a_need(dose_no=2, first_day=first, last_day=last),))

    assert change_of(find(problem)) == BendInterval("L1", (("P1", "C1", 2),), 0, days)


def test_nobody_is_asked_to_bend_what_is_no_interval():
    assert find(a_problem(needs=(a_need(first_day=2, last_day=9),))) == []


def test_two_small_changes_are_asked_for_together():
    closed = replace(a_problem().locations[0], time_windows=(window(0, 6.0, 7.5),))
    fits = find(a_problem(locations=(closed, a_location("L2", 2)), stock=()))

    assert {type(one) for one in fits[0].changes} == {LetIn, MoreStock}


def test_nobody_is_asked_for_what_a_law_forbids():
    """The longest duty is used up, and the whole shift would be one break of a rule."""
    problem = a_problem(shifts=(a_shift(end=at(0, 9.5)),), max_duty_seconds=2400)

    assert find(problem) == []


def test_what_others_would_take_is_said_to_hold_only_while_they_wait():
    """One container more goes to the higher priority first, unless the planner asks for this visit by name."""
    two = (*needs(10, "L1", priority=90), *needs(10, "L2", priority=10))
    problem = a_problem(needs=two, stock=())
    plan = solve(problem, Limits(1, 1))
    low = next(one for one in list_targets(plan.unassigned) if one.location_id == "L2")

    fits = find_fits(Trying(stand_still(problem, plan)), low)

    assert [
        fit.alone for fit in fits if fit.changes == (MoreStock("D1", "moderna", 0, 1, 10),)
    ] == [True]


def window(day: int, opens: float, closes: float):
    return replace(a_location().time_windows[0], earliest=at(day, opens), latest=at(day, closes))
