"""Every crew on the road has its pause, begun within its window, while it neither works nor drives."""

from dataclasses import replace

from scheduling.rules import breaks
from tests.scheduling.builders import (
    a_pause,
    a_plan,
    a_problem,
    a_route,
    a_shift,
    a_visit,
    at,
    needs,
)

PAUSE = a_pause(earliest=12, latest=13, seconds=1800)
PROBLEM = a_problem(needs=(*needs(2, "L1"), *needs(2, "L2")), shifts=(a_shift(pause=PAUSE),))
ONE, TWO = a_visit(PROBLEM, "L1"), a_visit(PROBLEM, "L2")


def details(pause_start: int | None, first: int, second: int) -> list[str]:
    route = a_route(PROBLEM, "S1", (ONE, first), (TWO, second), pause_start=pause_start)
    return [row.detail for row in breaks.violations(PROBLEM, a_plan(PROBLEM, route))]


def test_a_pause_may_begin_at_the_first_and_the_last_second_of_its_window():
    assert details(PAUSE.earliest, at(0, 9), at(0, 15)) == []
    assert details(PAUSE.latest, at(0, 9), at(0, 15)) == []


def test_a_second_outside_its_window_is_refused():
    assert details(PAUSE.earliest - 1, at(0, 9), at(0, 15)) == [f"pause at {PAUSE.earliest - 1}"]
    assert details(PAUSE.latest + 1, at(0, 9), at(0, 15)) == [f"pause at {PAUSE.latest + 1}"]


def test_a_pause_may_not_be_missing():
    assert details(None, at(0, 9), at(0, 15)) == ["no pause"]


def test_the_gap_holds_the_drive_and_the_pause():
    leaves = a_route(PROBLEM, "S1", (ONE, at(0, 11.5))).stops[0].departure
    just = leaves + 1800 + 600

    assert details(leaves, at(0, 11.5), just) == []
    assert details(leaves, at(0, 11.5), just - 1) == ["no room for the pause"]


def test_nobody_works_while_the_pause_lasts():
    just = PAUSE.earliest + 1800

    assert details(PAUSE.earliest, at(0, 11), just) == []
    assert details(PAUSE.earliest, at(0, 11), just - 1) == ["no room for the pause"]


def test_a_pause_may_come_before_the_first_drive_or_after_the_last():
    route = a_route(PROBLEM, "S1", (ONE, at(0, 9)), (TWO, at(0, 10.5)))
    after = replace(route, pause_start=max(route.back, PAUSE.earliest))
    late = a_route(PROBLEM, "S1", (ONE, at(0, 14)), pause_start=PAUSE.earliest)

    assert list(breaks.violations(PROBLEM, a_plan(PROBLEM, after))) == []
    assert list(breaks.violations(PROBLEM, a_plan(PROBLEM, late))) == []
