"""Make it fit: every suggestion is solved again by the test, and the checker asked of the plan."""

from collections import Counter
from dataclasses import replace

import pytest

from scheduling.care.lookup import NeedKey, planned_doses
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
    apply_all,
)
from scheduling.fitting.fit import Fit, find_fits
from scheduling.fitting.held import Standing, stand
from scheduling.fitting.obstacles import Trying
from scheduling.fitting.targets import Target, list_targets
from scheduling.plan import Plan
from scheduling.problem import Fixed, Problem
from scheduling.rules import check_added
from scheduling.solve import Limits, repair, solve
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
from tests.scheduling.fitting.cases import list_plans

PLANS = either(short=6, long=120)
TARGETS = 4  # of each plan


def find(problem: Problem) -> list[Fit]:
    """What is suggested for everybody whom the plan leaves out, at one location."""
    plan = solve(problem, Limits(1, 1))
    (target,) = list_targets(plan.unassigned)
    standing = stand(problem, plan)
    fits = find_fits(Trying(standing), target)
    for fit in fits:
        confirm(standing, target, fit)
    return fits


def list_stops(plan: Plan) -> dict[NeedKey | str, tuple[str, int]]:
    """Where and when every dose is given and every crisis visit made."""
    found: dict[NeedKey | str, tuple[str, int]] = {}
    for route in plan.routes:
        for stop in route.stops:
            place = (route.shift_id, stop.start)
            found |= {
                key: place
                for _, key in planned_doses(replace(plan, routes=(replace(route, stops=(stop,)),)))
            }
            found |= {stop.visit.id: place} if stop.visit.campaign_id is None else {}
    return found


def confirm(standing: Standing, target: Target, fit: Fit) -> None:
    """Applies a suggestion to the whole problem and solves again, with everybody who waits.

    What holds only while others wait is put where the suggestion says, as a planner would.
    """
    problem = apply_all(standing.problem, fit.changes)
    if fit.alone:
        problem = replace(problem, fixed=(*problem.fixed, *to_pins(target, fit)))
    plan = repair(problem, Limits(0.0))

    before, after = list_stops(standing.plan), list_stops(plan)
    assert not check_added(problem, plan)
    assert not plan.pin_faults
    assert all(after.get(key) == place for key, place in before.items())
    wanted: set[NeedKey | str] = {*target.needs, *target.crisis_ids}
    served = wanted & after.keys()
    assert len({key[0] for key in served if not isinstance(key, str)}) >= fit.people
    assert served
    assert {after[key] for key in served} >= {(one.shift_id, one.start) for one in fit.placed}


def to_pins(target: Target, fit: Fit) -> list[Fixed]:
    """The new visits where the suggestion has them."""
    return [
        Fixed(
            visit_id=f"asked for {n}" if one.product_id else target.crisis_ids[0],
            shift_id=one.shift_id,
            start=one.start,
            person_ids=frozenset(person for person, _ in one.doses),
            why="pinned",
            location_id=target.location_id,
            campaign_id=one.campaign_id,
            product_id=one.product_id,
            service_seconds=one.end - one.start,
            doses=frozenset(one.doses),
        )
        for n, one in enumerate(fit.placed)
    ]


@pytest.mark.parametrize("first", [0, 5000])
def test_every_suggestion_holds_when_it_is_solved_again(first: int):
    seen = Counter[type]()
    for problem, plan in list_plans(first, PLANS):
        standing = stand(problem, plan)
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

    fits = find_fits(Trying(stand(problem, plan)), low)

    assert [
        fit.alone for fit in fits if fit.changes == (MoreStock("D1", "moderna", 0, 1, 10),)
    ] == [True]


def window(day: int, opens: float, closes: float):
    return replace(a_location().time_windows[0], earliest=at(day, opens), latest=at(day, closes))
