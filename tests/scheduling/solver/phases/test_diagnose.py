"""What stands in the way of a visit: the first obstacle of each kind, made by hand, one at a time."""

from dataclasses import replace

import pytest

from scheduling.explain import Obstacle
from scheduling.plan import Reason
from scheduling.problem import Problem, Shift
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.phases.diagnose import Finding, diagnose
from tests.scheduling.builders import (
    a_campaign,
    a_crisis,
    a_location,
    a_lot,
    a_problem,
    a_shift,
    a_visit,
    at,
    needs,
)

BOTH = (*needs(10, "L1"), *needs(10, "L2"))


def obstacle(problem: Problem, *made: int, **changes) -> Obstacle:
    """What keeps the usual visit of L1 out of the first shift, in which the second visit may stand."""
    visit = replace(a_visit(problem), **changes)
    draft = Draft(IndexedProblem(problem, [visit, a_visit(problem, "L2")]))
    assert not made or draft.set_route(0, made)
    return Finding(draft, InsertionCosts(draft.indexed)).find_obstacle(0, 0)


def test_nothing_stands_in_the_way_of_a_visit_that_fits():
    assert obstacle(a_problem(needs=BOTH), 1) == Obstacle.NOTHING


@pytest.mark.parametrize(
    ("first_day", "last_day", "expected"),
    [(0, 0, Obstacle.NOTHING), (1, 9, Obstacle.NO_DAY), (-9, -1, Obstacle.NO_DAY)],
)
def test_a_shift_on_another_day_than_the_visit_is_due_is_no_day(
    first_day: int, last_day: int, expected: Obstacle
):
    assert obstacle(a_problem(), first_day=first_day, last_day=last_day) == expected


@pytest.mark.parametrize(
    ("shift", "now", "expected"),
    [
        (a_shift(region="GG0111"), 0, Obstacle.NO_DAY),
        (a_shift(day=14, start=at(14, 8), end=at(14, 17)), 0, Obstacle.NO_DAY),
        (a_shift(), at(0, 17), Obstacle.NO_DAY),
        (a_shift(), at(0, 17) - 1, Obstacle.WINDOW),
        (a_shift(ordered_products=frozenset()), 0, Obstacle.ORDER),
        (a_shift(start=at(0, 6), end=at(0, 9)), 0, Obstacle.WINDOW),
        (a_shift(end=at(0, 9.5)), 0, Obstacle.LENGTH),
        (a_shift(capacity=9), 0, Obstacle.LENGTH),
    ],
)
def test_what_a_shift_lacks_is_named(shift: Shift, now: int, expected: Obstacle):
    assert obstacle(a_problem(shifts=(shift,), now=now), last_day=60) == expected


def test_a_skill_that_the_team_lacks_is_named_before_its_order():
    problem = a_problem(shifts=(a_shift(ordered_products=frozenset()),))

    assert obstacle(problem, skills=frozenset({"crisis"})) == Obstacle.SKILLS


def test_a_shift_that_others_fill_is_full():
    """Each takes fifty minutes, and the road ten: after one there is no time for another."""
    problem = a_problem(needs=BOTH, shifts=(a_shift(end=at(0, 10.5)),))

    assert obstacle(problem) == Obstacle.NOTHING
    assert obstacle(problem, 1) == Obstacle.FULL


def test_doses_that_others_took_are_the_stock():
    assert obstacle(a_problem(needs=BOTH, stock=(a_lot(10),)), 1) == Obstacle.STOCK


def test_doses_that_are_promised_are_the_next_doses():
    problem = a_problem(
        needs=BOTH, campaigns=(a_campaign(reserve_next_dose=True),), stock=(a_lot(30),)
    )

    assert obstacle(problem) == Obstacle.NOTHING
    assert obstacle(problem, 1) == Obstacle.NEXT_DOSE


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (17, 20, Obstacle.WINDOW),  # touches the shift, but nobody is there and back
        (17.01, 20, Obstacle.NO_DAY),
        (2, 8, Obstacle.WINDOW),
        (2, 7.99, Obstacle.NO_DAY),
        (9, 10, Obstacle.NOTHING),
    ],
)
def test_a_crisis_has_a_day_where_its_hours_and_the_shift_touch(
    first: float, last: float, expected: Obstacle
):
    crisis = a_crisis(first_second=at(0, first), last_second=at(0, last), skills=frozenset())
    problem = a_problem(needs=(), crisis_visits=(crisis,))
    visit = replace(a_visit(problem), id="X1", campaign_id=None, product_id=None)
    draft = Draft(IndexedProblem(problem, [visit]))

    finding = Finding(draft, InsertionCosts(draft.indexed))
    assert finding.find_obstacle(0, 0) == expected


def reasons(draft: Draft) -> dict[str, tuple[Reason, ...]]:
    return diagnose(draft, InsertionCosts(draft.indexed)).of_visits


@pytest.mark.parametrize(
    ("stock", "expected"),
    [(10, (Reason.STOCK_TO_PRIORITY,)), (9, (Reason.NO_STOCK,)), (20, None)],
)
def test_a_visit_without_a_stop_that_could_be_made_alone_left_room_for_better_use(
    stock: int, expected: tuple[Reason, ...] | None
):
    problem = a_problem(needs=BOTH, stock=(a_lot(stock),))
    draft = Draft(IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")]))
    made = draft.set_route(0, (1, 0)) or draft.set_route(0, (1,))

    found = reasons(draft)

    assert made == (stock >= 10)
    assert found.get("visit of L1") == expected
    assert ("visit of L2" in found) == (not made)


def test_a_next_dose_is_not_due_while_the_dose_before_has_no_stop():
    problem = a_problem(
        campaigns=(a_campaign(min_days=2, max_days=3),),
        needs=(*needs(3), *needs(3, dose_no=2, since_dose=1)),
    )
    visits = [
        replace(a_visit(problem), id=f"dose {n}", needs=tuple((f"L1-P0{k}", n) for k in range(3)))
        for n in (1, 2)
    ]

    assert reasons(Draft(IndexedProblem(problem, visits)))["dose 2"] == (Reason.NOT_DUE,)


def test_an_unknown_location_and_a_pair_without_two_teams_are_named():
    problem = a_problem(needs=BOTH, locations=(a_location(known=False), a_location("L2", 2)))
    indexed = IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")])
    indexed.make_unplannable(1)

    assert reasons(Draft(indexed)) == {
        "visit of L1": (Reason.LOCATION_UNKNOWN,),
        "visit of L2": (Reason.NO_TWO_TEAMS,),
    }
