"""Why something has no stop, each reason from the closed list."""

import pytest

from scheduling.explain import Obstacle, reasons_of
from scheduling.plan import Reason
from scheduling.problem import Problem
from scheduling.solve import Limits, solve
from tests.scheduling.builders import (
    a_campaign,
    a_crisis,
    a_location,
    a_lot,
    a_need,
    a_problem,
    a_shift,
    at,
    needs,
)

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


def test_stock_is_a_reason_only_where_there_is_room():
    short = [Obstacle.FULL, Obstacle.STOCK, Obstacle.WINDOW]
    full = [Obstacle.FULL, Obstacle.WINDOW]

    assert reasons_of(short, fits_alone=False) == (Reason.NO_STOCK,)
    assert reasons_of(full, fits_alone=False) == (Reason.SHIFTS_FULL,)
    assert reasons_of([], fits_alone=False) == (Reason.NO_SHIFT,)
