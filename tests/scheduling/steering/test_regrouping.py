"""Splitting and joining visits by hand: times, doses, who must be phoned, and what the planner makes of it."""

from dataclasses import replace

import pytest

from scheduling.limits import Limits
from scheduling.problem import Grouped
from scheduling.solve import repair
from scheduling.steering.breaches import Soft
from scheduling.steering.edits import Move, Regroup, Spot
from scheduling.steering.effect import compute_effect
from scheduling.steering.regrouping import Apart, list_beside, to_join, to_split
from scheduling.steering.trials import Refused
from tests.scheduling.builders import HOUR, at
from tests.scheduling.steering.test_effect import a_day, a_visit_at, moved

NEW = ("N1", "N2", "N3", "N4")


def split(actual, *, to: Spot | None = None, visit: str = "V1", **apart) -> Regroup:
    return to_split(actual, visit, Apart(**apart), NEW, to)


def test_who_goes_is_visited_right_behind_and_who_comes_next_gives_way():
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 10.5))

    effect = compute_effect(actual, split(actual, number=2))

    assert effect.hard == ()
    places = moved(effect)
    assert places["V1"] == ("S1", at(0, 9) / HOUR)
    assert places["N1"][1] > places["V1"][1]
    assert {row.visit_id: row.people for row in effect.touched}["N1"] == 2
    assert all(row.later >= 0 for row in effect.touched)


def test_a_part_that_goes_to_another_team_says_who_must_be_phoned():
    actual = a_day(a_visit_at(1, 9, told=True), a_visit_at(3, 9, "S2"))

    effect = compute_effect(actual, split(actual, number=2, to=Spot("S2")))

    assert (effect.calls, effect.people_called) == (1, 2)
    assert Soft.PROMISE in {row.rule for row in effect.soft}
    assert Soft.UNSERVED not in {row.rule for row in effect.soft}


def test_a_split_opens_a_container_more():
    actual = a_day(a_visit_at(1, 9))

    effect = compute_effect(actual, split(actual, number=1, to=Spot("S2")))

    assert sum(row.doses for row in effect.doses) > 0
    assert effect.doses_wasted > 0


def test_at_most_so_many_at_a_time_spreads_evenly():
    actual = a_day(a_visit_at(1, 9))

    edit = split(actual, most=2)

    assert [len(part.doses) for part in edit.parts] == [2, 2, 1]
    assert edit.most == 2
    assert compute_effect(actual, edit).hard == ()


def test_joining_serves_everybody_of_both_at_the_first_one():
    whole = a_visit_at(1, 9)
    some, rest = whole.doses[:2], whole.doses[2:]
    actual = a_day(
        replace(whole, doses=some), replace(whole, visit_id="V9", start=at(0, 14), doses=rest)
    )

    effect = compute_effect(actual, to_join(actual, "V1", "V9"))

    assert effect.hard == ()
    assert {row.visit_id: row.people for row in effect.touched} == {"V1": 5, "V9": 3}
    assert moved(effect)["V9"] == moved(effect)["V1"]
    assert effect.doses_wasted <= 0
    assert effect.people_called == 3


@pytest.mark.parametrize(
    ("apart", "rule"),
    [
        ({"number": 9}, "nothing_to_split"),
        ({"dose_no": 2}, "nothing_to_split"),
        ({"priority": 99}, "nothing_to_split"),
        ({"people": frozenset({"stranger"})}, "not_in_visit"),
        ({"most": 5}, "nothing_to_split"),
    ],
)
def test_what_is_no_split_is_refused_by_name(apart, rule):
    actual = a_day(a_visit_at(1, 9))

    with pytest.raises(Refused) as refused:
        split(actual, **apart)

    assert refused.value.breach.rule == rule


def test_more_parts_than_there_are_names_for_are_refused():
    actual = a_day(a_visit_at(1, 9))

    with pytest.raises(Refused, match="too_many_parts"):
        to_split(actual, "V1", Apart(most=1), NEW[:2])


def test_a_part_that_does_not_fit_its_shift_breaks_a_rule_by_name():
    actual = a_day(a_visit_at(1, 9))

    effect = compute_effect(actual, split(actual, number=2, to=Spot("S2", at(0, 16.9))))

    assert "shift_hours" in {row.rule for row in effect.hard}


def test_other_visits_of_the_place_are_noted_so_that_their_people_do_not_join():
    whole = a_visit_at(1, 9)
    actual = a_day(
        replace(whole, doses=whole.doses[:3]),
        replace(whole, visit_id="V9", start=at(0, 14), doses=whole.doses[3:]),
    )

    assert list_beside(actual, split(actual, number=1)) == ["V9"]


def test_what_was_shown_is_what_the_planner_makes():
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 11), a_visit_at(3, 9, "S2"))
    edit = split(actual, number=2, to=Spot("S2"))
    effect = compute_effect(actual, edit)
    (goes,) = [row for row in effect.touched if row.visit_id == "N1"]
    assert goes.new is not None
    parts = {part.visit_id: part for part in edit.parts}
    (row,) = [one for one in actual.problem.published if one.visit_id == "V1"]
    rows = [one for one in actual.problem.published if one.visit_id != "V1"]
    rows += [
        replace(row, doses=tuple(sorted(parts["V1"].doses)), service_seconds=0),
        replace(
            row,
            visit_id="N1",
            doses=tuple(sorted(parts["N1"].doses)),
            shift_id="S2",
            start=goes.new[1],
            service_seconds=goes.new[2] - goes.new[1],
        ),
    ]
    grouped = tuple(
        Grouped(name, "L1", "C1", "moderna", tuple(sorted(part.doses)))
        for name, part in parts.items()
    )
    problem = replace(actual.problem, published=tuple(rows), grouped=grouped)

    plan = repair(problem, Limits(5, rounds=1))

    made = {
        stop.visit.id: (route.shift_id, stop.start) for route in plan.routes for stop in route.stops
    }
    assert made["N1"] == goes.new[:2]
    assert made["V1"] == ("S1", at(0, 9))


def test_pins_with_which_a_change_cannot_hold_together_are_all_named_and_no_others():
    actual = a_day(
        a_visit_at(1, 9),
        a_visit_at(2, 10.5, "S2"),
        a_visit_at(3, 14, "S2"),
        pinned=("V2", "V3"),
    )

    clash = compute_effect(actual, Move("V1", Spot("S2", at(0, 10))))
    fits = compute_effect(actual, Move("V1", Spot("S2", at(0, 12))))

    assert clash.hard
    assert clash.held_by == ("V2",)
    assert (fits.hard, fits.held_by) == ((), ())
