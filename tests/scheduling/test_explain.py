"""Why something has no stop, each reason from the closed list."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.explain import Obstacle, reasons_of
from scheduling.pins import release_pins
from scheduling.plan import Reason
from scheduling.problem import Need, Problem
from scheduling.solve import Limits, solve
from tests.effort import examples
from tests.scheduling.builders import (
    a_campaign,
    a_crisis,
    a_location,
    a_lot,
    a_need,
    a_problem,
    a_shift,
    a_travel,
    at,
    needs,
)
from tests.scheduling.strange import a_strange_problem

STOCK = {Reason.NO_STOCK, Reason.STOCK_TO_PRIORITY, Reason.STOCK_TO_OTHERS}
FULL = a_shift(end=at(0, 10.9))  # room for one call of ten, not for two


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (a_problem(shifts=()), (Reason.NO_SHIFT,)),
        (a_problem(shifts=(a_shift(region="GG0111"),)), (Reason.NO_SHIFT,)),
        (a_problem(needs=needs(5, first_day=1, last_day=3)), (Reason.NO_SHIFT,)),
        (a_problem(now=at(0, 17), needs=needs(5, last_day=9)), (Reason.NO_SHIFT,)),
        (a_problem(shifts=(a_shift(ordered_products=frozenset()),)), (Reason.NO_STANDING_ORDER,)),
        (a_problem(shifts=(a_shift(injectors=0),)), (Reason.NO_INJECTOR,)),
        (
            a_problem(shifts=(a_shift(start=at(0, 18), end=at(0, 23)),)),
            (Reason.NO_SHIFT_IN_WINDOW,),
        ),
        (a_problem(shifts=(a_shift(capacity=5),)), (Reason.TOO_LONG_FOR_SHIFT,)),
        (a_problem(shifts=(a_shift(end=at(0, 9.5)),)), (Reason.TOO_LONG_FOR_SHIFT,)),
        (a_problem(stock=()), (Reason.NO_STOCK,)),
        (a_problem(stock=(a_lot(9),)), (Reason.NO_STOCK,)),
        (
            a_problem(campaigns=(a_campaign(reserve_next_dose=True),), stock=(a_lot(19),)),
            (Reason.NEXT_DOSE_NOT_SECURED,),
        ),
        (
            a_problem(needs=(a_need(skills=frozenset({"sedation"})),)),
            (Reason.NO_TEAM_WITH_SKILLS,),
        ),
        (
            a_problem(needs=(), crisis_visits=(a_crisis(),), locations=(a_location(known=False),)),
            (Reason.LOCATION_UNKNOWN,),
        ),
        (a_problem(needs=(), crisis_visits=(a_crisis(),)), (Reason.NO_TEAM_WITH_SKILLS,)),
    ],
)
def test_a_reason_is_the_one_thing_that_stands_in_the_way(
    problem: Problem, expected: tuple[Reason, ...]
):
    plan = solve(problem, Limits(5, 1))

    assert {row.reasons for row in plan.unassigned} == {expected}
    assert plan.routes == ()


def test_a_full_shift_says_that_others_were_served():
    problem = a_problem(
        needs=(*needs(10, "L1", priority=90), *needs(10, "L2", priority=10)), shifts=(FULL,)
    )

    plan = solve(problem, Limits(5, 2))

    assert {row.location_id for row in plan.unassigned} == {"L2"}
    assert {row.reasons for row in plan.unassigned} == {(Reason.SHIFTS_FULL, Reason.BETTER_USE)}


def test_a_next_dose_is_not_due_while_its_series_is_not_planned():
    first = a_need()
    second = a_need(dose_no=2, since_dose=1)

    plan = solve(a_problem(needs=(first, second), stock=()), Limits(5, 1))

    assert {row.dose_no: row.reasons for row in plan.unassigned} == {
        1: (Reason.NO_STOCK,),
        2: (Reason.NOT_DUE,),
    }


def test_no_stock_is_a_reason_only_where_no_dose_could_ever_come():
    never = [Obstacle.LOT, Obstacle.WINDOW]
    short = [Obstacle.FULL, Obstacle.STOCK, Obstacle.LOT]
    full = [Obstacle.FULL, Obstacle.LOT, Obstacle.WINDOW]

    assert reasons_of(never, fits_alone=False) == (Reason.NO_STOCK,)
    assert reasons_of(short, fits_alone=False) == (Reason.STOCK_TO_OTHERS,)
    assert reasons_of(full, fits_alone=False) == (Reason.SHIFTS_FULL,)
    assert reasons_of([], fits_alone=False) == (Reason.NO_SHIFT,)


TWO_WEEKS = tuple(a_shift(f"S{day}", day, end=at(day, 10.9)) for day in (0, 7))  # each for ten


def test_doses_that_others_got_are_no_lack_of_stock():
    """One lot of ten on the first day, and both days with room: nobody was ever without a dose that could reach him."""
    first = (*needs(10, "L1", priority=90), *needs(10, "L2", priority=10))
    short = a_problem(needs=first, shifts=TWO_WEEKS, stock=(a_lot(10),))

    rows = solve(short, Limits(5, 2)).unassigned

    assert {row.location_id for row in rows} == {"L2"}
    assert {row.reasons[0] for row in rows} == {Reason.STOCK_TO_PRIORITY}


def test_doses_that_went_to_a_lower_priority_are_not_said_to_have_gone_to_a_higher_one():
    """Nine of a high priority would leave a dose over: ten of a lower one weigh more, and get the container."""
    mixed = (*needs(9, "L1", priority=55), *needs(10, "L2", priority=50))
    short = a_problem(needs=mixed, shifts=TWO_WEEKS, stock=(a_lot(10),))

    rows = solve(short, Limits(5, 2)).unassigned

    assert {row.location_id for row in rows} == {"L1"}
    assert {row.reasons[0] for row in rows} == {Reason.STOCK_TO_OTHERS}


def test_teams_that_are_full_while_there_are_doses_are_full():
    """The lot is there on the first day only, when the team has time for ten of twenty."""
    twenty = (*needs(10, "L1", priority=90), *needs(10, "L2", priority=10))
    brief = a_problem(needs=twenty, shifts=TWO_WEEKS, stock=(a_lot(100, last_day=0),))

    rows = solve(brief, Limits(5, 2)).unassigned

    assert {row.reasons[0] for row in rows} == {Reason.SHIFTS_FULL}


def test_a_resident_has_the_reason_of_one_not_of_the_whole_visit():
    """Two are due on the first day only, when no dose is there yet; the others miss what others got."""
    people = (*needs(10, "L1", priority=90), *needs(2, "L2", last_day=0), *needs(3, "L3"))
    places = tuple(a_location(f"L{k}", k) for k in (1, 2, 3))
    late = a_problem(
        needs=people,
        locations=places,
        travel=a_travel(4),
        shifts=TWO_WEEKS,
        stock=(a_lot(10, first_day=7),),
    )

    rows = solve(late, Limits(5, 2)).unassigned

    assert {(row.location_id, row.reasons[0]) for row in rows} == {
        ("L2", Reason.NO_STOCK),
        ("L3", Reason.STOCK_TO_PRIORITY),
    }


def alone(problem: Problem, need: Need) -> Problem:
    """The same region with one resident only, whom nothing was promised."""
    return replace(problem, needs=(need,), fixed=(), published=(), crisis_visits=())


@examples(short=30, long=300)
@given(st.integers(0, 10**9))
def test_no_stock_is_said_only_to_whom_nobody_could_bring_a_dose_if_he_were_the_only_one(seed: int):
    problem = release_pins(a_strange_problem(seed))[0]
    plan = solve(problem, Limits(10, 1), seed=seed)
    by_key = {(need.person_id, need.campaign_id, need.dose_no): need for need in problem.needs}
    of_reason = {row.reasons[0]: row for row in plan.unassigned if row.person_id is not None}
    for reason in STOCK & of_reason.keys():
        row = of_reason[reason]
        need = by_key[row.person_id or "", row.campaign_id or "", row.dose_no or 0]
        only = solve(alone(problem, need), Limits(10, 1))
        never = {one.reasons[0] for one in only.unassigned} == {Reason.NO_STOCK}
        assert never == (reason is Reason.NO_STOCK)
