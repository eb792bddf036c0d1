"""Pins that can not hold are released."""

from scheduling.pins import release_pins
from scheduling.problem import Outbreak
from tests.scheduling.builders import (
    a_location,
    a_lot,
    a_need,
    a_pause,
    a_pin,
    a_problem,
    a_shift,
    at,
    needs,
)

PEOPLE = tuple(need.person_id for need in needs(10))


def released(start: int = at(0, 10), **changes) -> tuple[str, ...]:
    problem, faults = release_pins(a_problem(fixed=(a_pin("V1", start, PEOPLE),), **changes))
    names = {row.visit_id for row in faults}
    assert [row.visit_id for row in problem.fixed] == [v for v in ("V1",) if v not in names]
    return tuple(row.rule for row in faults)


def test_a_lawful_pin_holds():
    assert released() == ()
    assert released(shifts=(a_shift(pause=a_pause()),)) == ()


def test_a_pin_at_a_closed_hour_is_released():
    assert released(at(0, 8.5)) == ("time_windows",)


def test_a_pin_where_an_outbreak_was_declared_is_released():
    assert released(locations=(a_location(outbreak=Outbreak.BLOCKED),)) == ("outbreak",)


def test_a_pin_without_stock_is_released():
    assert released(stock=(a_lot(9),)) == ("stock",)
    assert released(stock=(a_lot(10),)) == ()


def test_a_pin_that_takes_the_pause_is_released():
    all_day = a_shift(pause=a_pause(earliest=10.1, latest=10.5))

    assert released(shifts=(all_day,)) == ("breaks",)


def test_a_pin_on_a_day_on_which_nobody_is_due_is_released():
    assert released(needs=needs(10, first_day=1)) == ("due",)


def test_a_pinned_call_on_nobody_is_released_and_a_frozen_one_is_not():
    nobody = (a_need("somebody else"),)
    frozen = a_pin("V1", at(0, 10), PEOPLE, why="frozen")

    assert released(needs=nobody) == ("nobody_left",)
    assert release_pins(a_problem(needs=nobody, fixed=(frozen,)))[1] == ()


def test_of_two_pins_that_break_a_rule_together_the_later_goes():
    people = (*needs(10), *needs(10, "L2"))
    early = a_pin("V1", at(0, 10), PEOPLE)
    late = a_pin("V2", at(0, 11), [need.person_id for need in people[10:]], location_id="L2")

    _, faults = release_pins(a_problem(needs=people, fixed=(early, late), stock=(a_lot(10),)))

    assert [(row.visit_id, row.rule) for row in faults] == [("V2", "stock")]


def test_all_pins_that_cannot_hold_together_are_named_and_no_others():
    people = [tuple(need.person_id for need in needs(8)[k : k + 2]) for k in (0, 2, 4, 6)]
    apart = [a_pin(f"V{k}", at(0, 10 + 2 * k), people[k]) for k in range(3)]
    at_once = a_pin("V9", at(0, 10), people[3])
    problem = a_problem(needs=needs(8), fixed=(*apart, at_once))

    kept, faults = release_pins(problem)

    assert len(faults) == 1
    (fault,) = faults
    assert {fault.visit_id, *fault.beside} == {"V0", "V9"}
    assert len(kept.fixed) == 3


def test_a_pin_that_breaks_a_rule_alone_names_no_other():
    pins = (a_pin("V1", at(0, 8.5), PEOPLE[:5]), a_pin("V2", at(0, 12), PEOPLE[5:]))

    _, faults = release_pins(a_problem(fixed=pins))

    assert [(row.visit_id, row.beside) for row in faults] == [("V1", ())]
