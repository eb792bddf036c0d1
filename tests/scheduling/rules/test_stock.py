"""Every dose comes from a lot that lies at the team's depot that day and has not expired."""

from scheduling.rules import stock
from tests.scheduling.builders import (
    a_lot,
    a_plan,
    a_problem,
    a_route,
    a_shift,
    a_visit,
    at,
    needs,
)


def wheres(*lots, people: int = 10) -> list[str]:
    problem = a_problem(
        needs=(*needs(people, "L1"), *needs(10, "L2")),
        stock=lots,
        shifts=(a_shift("S1", 1), a_shift("S2", 3)),
    )
    plan = a_plan(
        problem,
        a_route(problem, "S1", (a_visit(problem, "L1"), at(1, 9))),
        a_route(problem, "S2", (a_visit(problem, "L2"), at(3, 9))),
    )
    return [row.where for row in stock.violations(problem, plan)]


def test_the_last_dose_of_a_lot_may_be_planned():
    assert wheres(a_lot(20)) == []
    assert wheres(a_lot(19)) == ["D1 moderna day 3"]


def test_opened_containers_count_whole():
    assert wheres(a_lot(30), people=11) == []
    assert wheres(a_lot(29), people=11) == ["D1 moderna day 3"]


def test_a_lot_counts_from_its_first_day_to_its_last():
    assert wheres(a_lot(20, first_day=1, last_day=3)) == []
    assert wheres(a_lot(20, first_day=2, last_day=3)) == ["D1 moderna day 1"]
    assert wheres(a_lot(20, first_day=1, last_day=2)) == ["D1 moderna day 3"]


def test_the_lot_that_expires_first_is_used_first():
    assert wheres(a_lot(10, lot="a", last_day=60), a_lot(10, lot="b", last_day=2)) == []


def test_another_depot_does_not_help():
    assert wheres(a_lot(10), a_lot(10, lot="b", depot_id="D2")) == ["D1 moderna day 3"]
