"""What could happen changes a copy: what stands is as it was, and only what is named is other."""

from copy import deepcopy
from dataclasses import replace

import pytest

from scheduling.problem import Problem
from scheduling.scenarios.changes import (
    SUPPOSED,
    Change,
    DeliveryLate,
    DosesChanged,
    LocationClosed,
    LongerShift,
    LotLost,
    NotInPlan,
    TeamAway,
    TeamExtra,
    change,
)
from scheduling.validation.rows import validate
from tests.scheduling.builders import (
    DAY,
    HOUR,
    a_lot,
    a_pause,
    a_pin,
    a_problem,
    a_shift,
    at,
    needs,
)

LATER = a_lot(60, lot="announced 7", first_day=5, last_day=30)


def two_teams() -> Problem:
    """Two teams on three days, one lot that is there and one to come."""
    shifts = [
        a_shift(f"{team} {day}", day, team_id=team, pause=a_pause(day))
        for team in ("Lek", "Vecht")
        for day in range(3)
    ]
    return a_problem(shifts=tuple(shifts), stock=(a_lot(100), LATER))


ALL: list[Change] = [
    TeamAway("Lek", 0, 1),
    TeamExtra("Lek", 3, 4),
    LongerShift("Lek", 0, 2, HOUR),
    DosesChanged("D1", "moderna", 32, 2),
    DosesChanged("D1", "moderna", -32, 2),
    LotLost("lot 1"),
    DeliveryLate("announced 7", 3),
    LocationClosed("L1", 0, 2),
]


@pytest.mark.parametrize("one", ALL, ids=lambda one: type(one).__name__)
def test_the_problem_as_it_stands_is_not_touched_and_the_copy_is_valid(one: Change):
    problem = two_teams()
    before = deepcopy(problem)

    changed = change(problem, [one])

    validate(changed)
    assert problem == before
    assert changed != problem
    assert changed.published == problem.published
    assert changed.needs == problem.needs


def test_a_team_that_is_away_has_no_shift_on_those_days_and_no_pin_binds_them():
    problem = replace(two_teams(), fixed=(a_pin("V1", at(0, 9), ["L1-P00"], shift_id="Lek 0"),))

    changed = change(problem, [TeamAway("Lek", 0, 1)])

    assert [row.id for row in changed.shifts] == ["Lek 2", "Vecht 0", "Vecht 1", "Vecht 2"]
    assert changed.fixed == ()


def test_a_team_more_works_the_hours_of_the_other_on_its_own_days():
    changed = change(two_teams(), [TeamExtra("Lek", 4, 5)])

    first, second = changed.shifts[-2:]
    assert (first.day, first.start, first.end) == (4, at(4, 8), at(4, 17))
    assert first.pause is not None
    assert (first.pause.earliest, first.pause.latest) == (at(4, 12), at(4, 13.5))
    assert first.team_id == second.team_id != "Lek"
    assert len({row.id for row in changed.shifts}) == 8


def test_a_team_more_today_does_not_begin_in_the_past():
    changed = change(replace(two_teams(), now=at(0, 10)), [TeamExtra("Lek", 0, 1)])

    assert [row.day for row in changed.shifts[6:]] == [1]


def test_a_shift_an_hour_longer_ends_an_hour_later():
    changed = change(two_teams(), [LongerShift("Lek", 1, 1, HOUR)])

    assert [row.end - row.day * DAY for row in changed.shifts] == [
        17 * HOUR + HOUR * (row.id == "Lek 1") for row in changed.shifts
    ]


def test_fewer_doses_from_a_day_on_can_still_be_used_before_it():
    changed = change(two_teams(), [DosesChanged("D1", "moderna", -32, 2)])

    assert [(row.first_day, row.last_day, row.doses) for row in changed.stock] == [
        (0, 60, 68),
        (0, 1, 32),
        (5, 30, 60),
    ]


def test_more_doses_missing_than_one_lot_has_are_taken_of_the_next():
    changed = change(two_teams(), [DosesChanged("D1", "moderna", -132, 0)])

    assert [(row.lot, row.doses) for row in changed.stock] == [("announced 7", 28)]


def test_more_doses_come_under_a_name_of_their_own_from_that_day_on():
    changed = change(two_teams(), [DosesChanged("D1", "moderna", 32, 2)])

    extra = changed.stock[-1]
    assert (extra.lot, extra.first_day, extra.last_day, extra.doses) == (SUPPOSED, 2, 60, 32)


def test_a_lot_in_quarantine_is_gone():
    assert change(two_teams(), [LotLost("lot 1")]).stock == (LATER,)


def test_a_delivery_that_is_late_is_there_later_and_not_after_it_expired():
    late = change(two_teams(), [DeliveryLate("announced 7", 3)])
    too_late = change(two_teams(), [DeliveryLate("announced 7", 26)])

    assert [row.first_day for row in late.stock] == [0, 8]
    assert [row.lot for row in too_late.stock] == ["lot 1"]


def test_a_location_that_is_closed_has_no_hours_on_those_days():
    changed = change(two_teams(), [LocationClosed("L1", 0, 12)])

    (window,) = changed.locations[0].time_windows
    assert window.earliest == at(13, 9)
    assert changed.locations[1] == two_teams().locations[1]


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (TeamAway("Rijn", 0, 5), "team"),
        (TeamAway("Lek", 9, 9), "team"),
        (TeamExtra("Rijn", 0, 5), "team"),
        (LongerShift("Rijn", 0, 5, HOUR), "team"),
        (DosesChanged("D9", "moderna", 5, 0), "depot"),
        (DosesChanged("D1", "other", 5, 0), "product"),
        (LotLost("lot 9"), "lot"),
        (DeliveryLate("lot 9", 2), "lot"),
        (LocationClosed("L9", 0, 0), "location"),
    ],
)
def test_what_the_plan_does_not_have_is_named(one: Change, what: str):
    with pytest.raises(NotInPlan) as caught:
        change(two_teams(), [one])

    assert caught.value.what == what


def test_changes_are_made_one_after_the_other():
    problem = replace(two_teams(), needs=needs(5))

    changed = change(problem, [TeamAway("Lek", 0, 2), LongerShift("Vecht", 0, 2, HOUR)])

    assert [(row.team_id, row.end - row.day * DAY) for row in changed.shifts] == [
        ("Vecht", 18 * HOUR)
    ] * 3
