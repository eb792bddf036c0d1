"""The checks of an evening must be able to fail: each is shown a state that is wrong in one way."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.simulator.play import Board
from tests.campaign.days import is_on_the_list, thrown_away
from tests.campaign.evening import (
    appointments_in_window,
    doses_add_up,
    everybody_is_somewhere,
    intervals,
    never_below_zero,
    no_means_no,
    second_doses,
)
from tests.campaign.standing import Given, Standing
from tests.facts import a_campaign, a_dose, an_assignment, uid

DAY = date(2021, 3, 1)
PERSON = "somebody"


def given(day: date, product: str = "moderna") -> Given:
    return Given(day, datetime(day.year, day.month, day.day, 12, tzinfo=UTC), product, "here")


def movement(seq: int, kind: str, doses: int, reason: str | None = None) -> dict[str, object]:
    return {
        "seq": seq, "depot": "depot", "product": "moderna", "lot": "A", "doses": doses,
        "kind": kind, "reason": reason, "use_by": date(2021, 3, 20), "on_day": DAY,
    }  # fmt: skip


def standing(**changes: object) -> Standing:
    """Somebody had a first dose, and has an appointment for the second in time."""
    first = DAY - timedelta(days=28)
    sound = Standing(
        now=datetime(2021, 3, 1, 19, 30, tzinfo=UTC),
        campaign=a_campaign(min_days=28, ideal_days=28, max_days=42),
        horizon_end=DAY + timedelta(days=14),
        registered={PERSON},
        given={(PERSON, 1): given(first)},
        booked={(PERSON, 2): DAY + timedelta(days=1)},
        movements=[movement(1, "received", 10), movement(2, "given", -1)],
    )
    return replace(sound, **changes)  # type: ignore[arg-type]


def late() -> dict[tuple[str, int], Given]:
    return {(PERSON, 1): given(DAY - timedelta(days=43))}


def both(days: int, product: str = "moderna") -> dict[tuple[str, int], Given]:
    return {
        (PERSON, 1): given(DAY - timedelta(days=days)),
        (PERSON, 2): given(DAY, product),
    }


def test_a_sound_evening_holds():
    sound = standing()

    found = [
        *everybody_is_somewhere(sound),
        *doses_add_up(sound),
        *never_below_zero(sound),
        *intervals(sound),
        *appointments_in_window(sound),
        *second_doses(sound),
    ]

    assert found == []


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        (everybody_is_somewhere, {"booked": {}}),
        (everybody_is_somewhere, {"reasons": {(PERSON, 2): ["no_stock"]}}),
        (everybody_is_somewhere, {"booked": {(PERSON, 2): DAY, ("a stranger", 1): DAY}}),
        (doses_add_up, {"movements": [movement(1, "received", 10)]}),
        (doses_add_up, {"movements": [movement(1, "lost", 10), movement(2, "given", -1)]}),
        (doses_add_up, {"now": datetime(2021, 3, 22, 19, 30, tzinfo=UTC)}),
        (never_below_zero, {"movements": [movement(1, "given", -1), movement(2, "received", 10)]}),
        (intervals, {"given": both(27)}),
        (intervals, {"given": both(43)}),
        (intervals, {"given": both(30, "another")}),
        (intervals, {"given": {(PERSON, 2): given(DAY)}}),
        (appointments_in_window, {"booked": {(PERSON, 2): DAY + timedelta(days=15)}}),
        (second_doses, {"given": late(), "reasons": {(PERSON, 2): ["no_stock"]}}),
        (second_doses, {"given": late()}),
        (
            second_doses,
            {"given": late(), "reasons": {(PERSON, 2): ["not_due"]}, "excused": {(PERSON, 2)}},
        ),
    ],
)
def test_each_check_sees_what_is_wrong(check, wrong):
    spoilt = standing(**wrong)

    assert check(spoilt) != []


def test_who_was_absent_may_have_the_second_dose_later():
    absent = standing(given=both(43), at_the_door={(PERSON, 2): "absent"})

    assert intervals(absent) == []


def test_a_second_dose_that_was_refused_is_no_fault_of_ours():
    refused = standing(given=late(), reasons={(PERSON, 2): ["consent_refused"]})

    assert second_doses(refused) == []


def test_after_a_no_not_even_a_minute_is_excused():
    noon = given(DAY).at
    somebody = uid("somebody")
    one = standing(given={(str(somebody), 1): given(DAY)}, booked={})

    assert no_means_no(one, {somebody: noon}) == []
    assert no_means_no(one, {somebody: noon - timedelta(minutes=1)})
    assert no_means_no(standing(booked={(str(somebody), 2): DAY}), {somebody: noon})


def test_who_is_off_the_list_by_now_gets_no_dose_that_was_drawn_already():
    dose = a_dose("p1", visit_id=uid("v1"))
    stays, taken_off = an_assignment("v1", ["p1", "p2"]), an_assignment("v1", ["p2"])

    assert is_on_the_list(dose, Board({stays.visit_id: stays}))
    assert not is_on_the_list(dose, Board({taken_off.visit_id: taken_off}))
    assert not is_on_the_list(dose, Board({}))
    wasted = thrown_away(dose)
    assert (wasted.doses, wasted.lot, wasted.depot_id) == (1, dose.lot, dose.depot_id)
