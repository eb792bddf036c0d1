"""A shift that is closed: who falls out, where they go, and who finds no place."""

from dataclasses import replace

import pytest

from scheduling.problem import Kept, KeptStop, TimeWindow
from scheduling.steering.breaches import Soft
from scheduling.steering.closing import compute_closing
from scheduling.steering.edits import CloseShift
from scheduling.steering.trials import Refused
from tests.scheduling.builders import HOUR, a_location, a_shift, at
from tests.scheduling.steering.test_effect import a_day, a_visit_at, moved


def test_who_falls_out_goes_to_another_team_without_pushing_anybody_off():
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 11), a_visit_at(3, 9, "S2"))

    closing = compute_closing(actual, CloseShift("S1"))

    assert closing.fallen == {"V1", "V2"}
    assert {shift for shift, _ in moved(closing.effect).values()} == {"S2"}
    assert set(moved(closing.effect)) >= {"V1", "V2"}
    assert closing.effect.hard == ()


def test_who_finds_no_place_is_said_so_with_how_many_people():
    actual = a_day(a_visit_at(1, 9), shifts=(a_shift("S1"),))

    closing = compute_closing(actual, CloseShift("S1"))

    (row,) = closing.effect.touched
    assert (row.visit_id, row.new, row.must_call) == ("V1", None, True)
    (lost,) = [one for one in closing.effect.soft if one.rule is Soft.UNSERVED]
    assert lost.amount == 5
    assert closing.effect.hard == ()


def test_a_team_that_is_back_earlier_keeps_the_stops_before():
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 14), a_visit_at(3, 9, "S2"))

    closing = compute_closing(actual, CloseShift("S1", at(0, 12)))

    assert closing.fallen == {"V2"}
    assert "V1" not in moved(closing.effect)


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (CloseShift("S9"), "withdrawn"),
        (CloseShift("S1", at(0, 23)), "shift_hours"),
        (CloseShift("S1", at(0, 5)), "shift_hours"),
    ],
)
def test_what_cannot_be_closed_is_refused_by_name(edit, rule):
    with pytest.raises(Refused) as refused:
        compute_closing(a_day(a_visit_at(1, 9)), edit)

    assert refused.value.breach.rule == rule


def test_a_team_on_the_road_loses_only_what_it_has_not_begun():
    day = a_day(a_visit_at(3, 9, "S2"))
    row, other = a_visit_at(1, 9), a_visit_at(2, 14)
    stops = tuple(
        KeptStop(one.visit_id, "S1", one.start, HOUR, one.location_id, "C1", "moderna", one.doses)
        for one in (row, other)
    )
    named = {person for stop in stops for person, _ in stop.doses}
    theirs = tuple(need for need in day.problem.needs if need.person_id in named)
    problem = replace(
        day.problem,
        now=at(0, 10),
        shifts=tuple(shift for shift in day.problem.shifts if shift.id != "S1"),
        standing_shifts=(a_shift("S1"),),
        needs=tuple(need for need in day.problem.needs if need.person_id not in named),
        kept=Kept(stops, theirs, day.problem.stock),
    )
    actual = replace(day, problem=problem, begun=frozenset({"V1"}), shifts={"S2": day.shifts["S2"]})

    closing = compute_closing(actual, CloseShift("S1", at(0, 13)))

    assert closing.is_frozen
    assert closing.fallen == {"V2"}


def test_somebody_gives_way_where_only_that_gives_a_visit_its_place():
    early = (TimeWindow(at(0, 9), at(0, 9.25)),)
    places = tuple(
        replace(a_location(f"L{k}", k), **({"time_windows": early} if k == 1 else {}))
        for k in range(1, 5)
    )
    actual = a_day(a_visit_at(1, 9), a_visit_at(3, 9.5, "S2"), locations=places)

    closing = compute_closing(actual, CloseShift("S1"))

    # an hour from nine o'clock on, and ten minutes to the next door
    assert moved(closing.effect)["V1"] == ("S2", 9)
    assert moved(closing.effect)["V3"] == ("S2", pytest.approx(10 + 1 / 6))
