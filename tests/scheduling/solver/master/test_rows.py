"""The rules between routes as rows: every choice that a plan can be is let through, what breaks a rule is not."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations, product

import pytest

from scheduling.care.stock import allocate
from scheduling.problem import Outbreak, Problem, StockLine
from scheduling.solver.master.pool import CareColumn, to_column
from scheduling.solver.master.rows import Row, Rows
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import best_schedule
from scheduling.solver.operators.insertion import keeps_last
from scheduling.solver.operators.repair import apply_routes
from scheduling.solver.params import DEFAULT
from tests.scheduling.builders import (
    a_campaign,
    a_location,
    a_lot,
    a_pin,
    a_problem,
    a_shift,
    a_visit,
    at,
    needs,
)

Choice = dict[int, tuple[int, ...]]  # the visits of each shift


def a_case(problem: Problem) -> IndexedProblem:
    return IndexedProblem(problem, [a_visit(problem, row.id) for row in problem.locations])


def two_visits(**changes) -> IndexedProblem:
    """Ten people at each of two locations, two teams on one day."""
    usual = {
        "needs": (*needs(10, "L1"), *needs(10, "L2")),
        "shifts": (a_shift("S0"), a_shift("S1")),
    }
    return a_case(a_problem(**(usual | changes)))


def a_pool(indexed: IndexedProblem, most: int = 2) -> list[CareColumn]:
    """Every route of up to so many visits that keeps the rules within a route."""
    return [
        to_column(indexed, schedule, DEFAULT.weights)
        for s in range(len(indexed.shifts))
        for length in range(1, most + 1)
        for visits in permutations(range(indexed.size), length)
        if keeps_last(indexed, visits)
        and all(indexed.windows[v][s] for v in visits)
        and (schedule := best_schedule(indexed, s, visits))
    ]


def choices(columns: Sequence[CareColumn]) -> Iterator[set[int]]:
    """Every set of columns with no more than one for a shift."""
    of_shift: dict[int, list[int | None]] = {}
    for c, column in enumerate(columns):
        of_shift.setdefault(column.shift, [None]).append(c)
    for picked in product(*of_shift.values()):
        yield {c for c in picked if c is not None}


def keeps(row: Row, chosen: set[int]) -> bool:
    total = sum(k for c, k in row.terms if c in chosen)
    return total <= row.most and (row.least is None or total >= row.least)


def let_through(rows: Sequence[Row], columns: Sequence[CareColumn]) -> list[Choice]:
    return [
        {columns[c].shift: columns[c].visits for c in chosen}
        for chosen in choices(columns)
        if all(keeps(row, chosen) for row in rows)
    ]


def plans(indexed: IndexedProblem, columns: Sequence[CareColumn]) -> list[Choice]:
    """The choices that have no visit twice and that a draft takes, in some order of the shifts."""
    found = []
    for chosen in choices(columns):
        choice = {columns[c].shift: columns[c].visits for c in chosen}
        stops = [v for visits in choice.values() for v in visits]
        orders = ({s: choice[s] for s in order} for order in permutations(choice))
        if len(stops) == len(set(stops)) and any(apply_routes(Draft(indexed), o) for o in orders):
            found.append(choice)
    return found


def series(**changes) -> IndexedProblem:
    """First and next doses of ten people, a shift on each of five days, one to two days between."""
    problem = a_problem(
        campaigns=(a_campaign(min_days=1, max_days=2),),
        needs=(*needs(10), *needs(10, dose_no=2, since_dose=1)),
        shifts=tuple(a_shift(f"S{day}", day) for day in range(4)),
        **changes,
    )
    names = [need.person_id for need in needs(10)]
    visits = [
        replace(a_visit(problem), id=f"dose {n}", needs=tuple((name, n) for name in names))
        for n in (1, 2)
    ]
    return IndexedProblem(problem, visits)


CASES = {
    "plain": lambda: two_visits(),
    "rest": lambda: two_visits(
        shifts=(
            a_shift("S0", team_id="T", end=at(0, 12)),
            a_shift("S1", team_id="T", start=at(0, 13)),
        )
    ),
    "outbreak": lambda: two_visits(
        locations=(a_location("L1", 1, outbreak=Outbreak.LAST), a_location("L2", 2)),
        rest_seconds=0,
        shifts=(
            a_shift("S0", team_id="T", end=at(0, 12)),
            a_shift("S1", team_id="T", start=at(0, 12)),
        ),
    ),
    "stock": lambda: two_visits(stock=(a_lot(10),)),
    "stock by day": lambda: two_visits(
        shifts=(a_shift("S0", 0), a_shift("S1", 1), a_shift("S2", 2)),
        stock=(a_lot(10, lot="a", last_day=0), a_lot(10, lot="b", first_day=2)),
    ),
    "no stock": lambda: two_visits(stock=(a_lot(90, depot_id="D9"),)),
    "reservation": lambda: two_visits(
        campaigns=(a_campaign(reserve_next_dose=True),), stock=(a_lot(30),)
    ),
    "reserved": lambda: two_visits(
        campaigns=(a_campaign(reserve_next_dose=True),),
        stock=(a_lot(50),),
        reserved={"moderna": 20},
    ),
    "series": series,
}


@pytest.mark.parametrize("name", CASES)
def test_exactly_the_choices_that_are_plans_are_let_through(name: str):
    indexed = CASES[name]()
    columns = a_pool(indexed)

    found = let_through(Rows(Draft(indexed), columns).all(), columns)

    assert found == plans(indexed, columns)
    assert len(found) > 1 or name == "no stock"


def test_nobody_is_called_on_by_two_teams_at_one_time_but_may_be_at_two_times():
    """The same ten people in two visits; the third team begins when the second one ends."""
    problem = a_problem(
        needs=(*needs(10), *needs(10, campaign_id="C2")),
        campaigns=(a_campaign(), a_campaign(id="C2")),
        shifts=(
            a_shift("S0", end=at(0, 12)),
            a_shift("S1", end=at(0, 12)),
            a_shift("S2", start=at(0, 12)),
        ),
    )
    first = replace(a_visit(problem), needs=tuple((f"L1-P{k:02}", 1) for k in range(10)))
    indexed = IndexedProblem(problem, [first, replace(first, id="again", campaign_id="C2")])
    columns = a_pool(indexed)

    found = let_through(Rows(Draft(indexed), columns).all(), columns)

    assert found == plans(indexed, columns)
    assert {0: (0,), 1: (1,)} not in found
    assert {0: (0,), 2: (1,)} in found


def test_fixed_stops_and_their_shifts_are_part_of_every_choice():
    pin = a_pin("visit of L1", at(0, 10), ["L1-P00"], shift_id="S0")
    indexed = two_visits(fixed=(pin,))
    columns = a_pool(indexed)

    found = let_through(Rows(Draft(indexed), columns).all(), columns)

    assert found
    assert all(0 in choice.get(0, ()) for choice in found)


def test_what_fixed_stops_took_beyond_the_stock_is_no_reason_to_choose_nothing():
    pin = a_pin("visit of L1", at(0, 10), ["L1-P00"], shift_id="S0")
    indexed = two_visits(fixed=(pin,), stock=())
    columns = a_pool(indexed)

    found = let_through(Rows(Draft(indexed), columns).all(), columns)

    assert found == [{0: (0,)}]


LOTS = (
    a_lot(20, lot="a", first_day=0, last_day=1),
    a_lot(10, lot="b", first_day=1, last_day=3),
    a_lot(10, lot="c", first_day=3),
)


@pytest.mark.parametrize("lots", [LOTS, LOTS[:2], LOTS[1:], ()])
def test_the_rows_of_the_stock_are_exact_for_doses_on_single_days(lots: tuple[StockLine, ...]):
    """Four days, ten or twenty doses on each or none: as the lots are drawn, earliest use-by first."""
    problem = a_problem(
        day_starts=tuple(day * 86400 for day in range(5)),
        needs=(*needs(10, "L1"), *needs(20, "L2")),
        shifts=tuple(a_shift(f"S{day}", day) for day in range(4)),
        stock=lots,
    )
    indexed = a_case(problem)
    columns = a_pool(indexed, most=1)
    rows = list(Rows(Draft(indexed), columns).stock())

    for chosen in choices(columns):
        by_day = {columns[c].shift: dict(columns[c].loads)["moderna"] for c in chosen}
        short, _ = allocate(list(lots), by_day)

        assert all(keeps(row, chosen) for row in rows) == (not short), by_day


def test_a_row_that_no_choice_can_break_is_left_out():
    indexed = two_visits(shifts=(a_shift("S0"),))
    columns = a_pool(indexed, most=1)[:1]

    rows = Rows(Draft(indexed), columns)

    assert rows.all() == []
    assert any(rows.once())


def test_a_next_dose_that_nobody_gives_the_dose_before_is_not_chosen_alone():
    indexed = series()
    columns = [column for column in a_pool(indexed, most=1) if column.visits == (1,)]

    assert let_through(Rows(Draft(indexed), columns).all(), columns) == [{}]
