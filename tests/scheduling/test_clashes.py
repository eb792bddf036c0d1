"""A wish that no plan can keep is named with all that stands in its way: hours of the location, of the teams, or pins."""

from dataclasses import replace
from random import Random

import pytest

from scheduling.clashes import find_clashes
from scheduling.limits import Limits
from scheduling.problem import Asked, Problem, Published
from scheduling.solve import repair
from tests.scheduling.builders import a_location, a_pin, a_problem, a_shift, at, needs
from tests.scheduling.test_asked import a_published_region, places

PEOPLE = tuple(need.person_id for need in needs(10))
DOSES = tuple((one, 1) for one in PEOPLE[:4])
STOP = Published("V1", "S1", at(0, 10), "L1", "C1", "moderna", DOSES, 1800)


def a_wish(first: float | None, last: float | None, day: int = 0, **changes) -> Problem:
    """A visit of half an hour of which somebody asked that it begins between two hours of a day."""
    between = [None if hour is None else at(day, hour) for hour in (first, last)]
    asked = Asked("V1", changes.pop("shift", None), *between)
    return a_problem(asked=(asked,), published=(STOP,), **changes)


def clashes(problem: Problem) -> list[tuple[str, tuple[str, ...]]]:
    return [(row.rule, row.beside) for row in find_clashes(problem)]


def test_a_wish_that_some_team_can_meet_is_no_clash():
    assert clashes(a_wish(10, 12)) == []
    assert clashes(a_wish(None, 12)) == []
    assert clashes(a_wish(14, None)) == []


def test_a_wish_outside_the_opening_hours_names_them():
    assert clashes(a_wish(18, 20)) == [("time_windows", ())]
    assert clashes(a_wish(17.5, None, 14)) == [("time_windows", ())]


def test_a_wish_for_a_time_when_no_team_works_says_that():
    assert clashes(a_wish(10, 12, day=1)) == [("no_shift", ())]
    assert clashes(a_wish(16.5, 17)) == [("no_shift", ())]  # nobody would be home in time
    second = a_shift("S2", day=1)
    assert clashes(a_wish(10, 12, day=1, shifts=(a_shift(), second))) == []


def test_a_wish_of_a_team_asks_for_the_hours_of_that_team():
    two = (a_shift(), a_shift("S2", start=at(0, 13)))
    assert clashes(a_wish(10, 12, shift="S2", shifts=two)) == [("no_shift", ())]
    assert clashes(a_wish(10, 12, shift="S1", shifts=two)) == []


def test_a_wish_into_the_time_of_pins_names_each_of_them_and_no_other():
    pins = (
        a_pin("V2", at(0, 10), PEOPLE[4:6], location_id="L2"),
        a_pin("V3", at(0, 14), PEOPLE[6:8], location_id="L2"),
        a_pin("V4", at(0, 10), PEOPLE[8:], location_id="L2", shift_id="S2"),
    )
    two = (a_shift(), a_shift("S2"))

    assert clashes(a_wish(10, 10.5, fixed=pins, shifts=two)) == [("all_pinned", ("V2", "V4"))]
    assert clashes(a_wish(10, 10.5, fixed=pins[:2], shifts=two)) == []
    assert clashes(a_wish(12, 13, fixed=pins, shifts=two)) == []


def test_a_place_that_is_not_known_yet_has_no_hours_to_clash_with():
    unknown = a_location(known=False, time_windows=())
    assert clashes(a_wish(18, 20, locations=(unknown, a_location("L2", 2)))) == [("no_shift", ())]


@pytest.mark.slow
def test_what_is_called_a_clash_no_plan_can_keep():
    """Of a region: each wish that is named is left undone by the planner too, and some are named, some are not."""
    problem, plan = a_published_region()
    draws, named, kept = Random(5), 0, 0
    for name, (_, start) in draws.sample(sorted(places(plan).items()), 10):
        first = start + draws.choice((-5, -3, 1, 4, 9, 11)) * 3600
        asked = replace(problem, asked=(Asked(name, None, first, first + 1800),))
        faults, now = find_clashes(asked), places(repair(asked, Limits(0)))
        named += bool(faults)
        kept += name in now
        assert not (faults and name in now)
    assert named
    assert kept
