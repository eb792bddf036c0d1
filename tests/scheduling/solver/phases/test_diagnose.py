"""What stands in the way of a visit: the first obstacle of each kind, made by hand, one at a time."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.explain import Obstacle, reasons_of
from scheduling.pins import release_pins
from scheduling.plan import Reason
from scheduling.problem import Depot, Problem, Shift, StockLine
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.stock import Stockroom
from scheduling.solver.operators.construction import construct
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.phases.diagnose import Finding, diagnose
from scheduling.visits.grouping import group
from tests.effort import examples
from tests.scheduling.builders import (
    a_campaign,
    a_crisis,
    a_location,
    a_lot,
    a_need,
    a_pause,
    a_problem,
    a_product,
    a_shift,
    a_visit,
    at,
    needs,
)
from tests.scheduling.strange import a_strange_problem

BOTH = (*needs(10, "L1"), *needs(10, "L2"))


def obstacle(problem: Problem, *made: int, **changes) -> Obstacle:
    """What keeps the usual visit of L1 out of the first shift, in which the second visit may stand."""
    visit = replace(a_visit(problem), **changes)
    draft = Draft(IndexedProblem(problem, [visit, a_visit(problem, "L2")]))
    assert not made or draft.set_route(0, made)
    return Finding(draft, InsertionCosts(draft.indexed)).find_obstacle(0, 0)


def test_nothing_stands_in_the_way_of_a_visit_that_fits():
    assert obstacle(a_problem(needs=BOTH), 1) == Obstacle.NOTHING


@pytest.mark.parametrize(
    ("first_day", "last_day", "expected"),
    [(0, 0, Obstacle.NOTHING), (1, 9, Obstacle.NO_DAY), (-9, -1, Obstacle.NO_DAY)],
)
def test_a_shift_on_another_day_than_the_visit_is_due_is_no_day(
    first_day: int, last_day: int, expected: Obstacle
):
    assert obstacle(a_problem(), first_day=first_day, last_day=last_day) == expected


@pytest.mark.parametrize(
    ("shift", "now", "expected"),
    [
        (a_shift(region="GG0111"), 0, Obstacle.NO_DAY),
        (a_shift(day=14, start=at(14, 8), end=at(14, 17)), 0, Obstacle.NO_DAY),
        (a_shift(), at(0, 17), Obstacle.NO_DAY),
        (a_shift(), at(0, 17) - 1, Obstacle.WINDOW),
        (a_shift(ordered_products=frozenset()), 0, Obstacle.ORDER),
        (a_shift(start=at(0, 6), end=at(0, 9)), 0, Obstacle.WINDOW),
        (a_shift(end=at(0, 9.5)), 0, Obstacle.LENGTH),
        (a_shift(capacity=9), 0, Obstacle.LENGTH),
    ],
)
def test_what_a_shift_lacks_is_named(shift: Shift, now: int, expected: Obstacle):
    assert obstacle(a_problem(shifts=(shift,), now=now), last_day=60) == expected


def test_a_skill_that_the_team_lacks_is_named_before_its_order():
    problem = a_problem(shifts=(a_shift(ordered_products=frozenset()),))

    assert obstacle(problem, skills=frozenset({"crisis"})) == Obstacle.SKILLS


def test_a_shift_that_others_fill_is_full():
    """Each takes fifty minutes, and the road ten: after one there is no time for another."""
    problem = a_problem(needs=BOTH, shifts=(a_shift(end=at(0, 10.5)),))

    assert obstacle(problem) == Obstacle.NOTHING
    assert obstacle(problem, 1) == Obstacle.FULL


def test_doses_that_others_took_are_the_stock():
    assert obstacle(a_problem(needs=BOTH, stock=(a_lot(10),)), 1) == Obstacle.STOCK


def test_doses_that_are_promised_are_the_next_doses():
    problem = a_problem(
        needs=BOTH, campaigns=(a_campaign(reserve_next_dose=True),), stock=(a_lot(30),)
    )

    assert obstacle(problem) == Obstacle.NOTHING
    assert obstacle(problem, 1) == Obstacle.NEXT_DOSE


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (17, 20, Obstacle.WINDOW),  # touches the shift, but nobody is there and back
        (17.01, 20, Obstacle.NO_DAY),
        (2, 8, Obstacle.WINDOW),
        (2, 7.99, Obstacle.NO_DAY),
        (9, 10, Obstacle.NOTHING),
    ],
)
def test_a_crisis_has_a_day_where_its_hours_and_the_shift_touch(
    first: float, last: float, expected: Obstacle
):
    crisis = a_crisis(first_second=at(0, first), last_second=at(0, last), skills=frozenset())
    problem = a_problem(needs=(), crisis_visits=(crisis,))
    visit = replace(a_visit(problem), id="X1", campaign_id=None, product_id=None)
    draft = Draft(IndexedProblem(problem, [visit]))

    finding = Finding(draft, InsertionCosts(draft.indexed))
    assert finding.find_obstacle(0, 0) == expected


def reasons(draft: Draft) -> dict[str, tuple[Reason, ...]]:
    return diagnose(draft, InsertionCosts(draft.indexed)).of_visits


@pytest.mark.parametrize(
    ("stock", "expected"),
    [(10, (Reason.STOCK_TO_PRIORITY,)), (9, (Reason.NO_STOCK,)), (20, None)],
)
def test_a_visit_without_a_stop_that_could_be_made_alone_left_room_for_better_use(
    stock: int, expected: tuple[Reason, ...] | None
):
    problem = a_problem(needs=BOTH, stock=(a_lot(stock),))
    draft = Draft(IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")]))
    made = draft.set_route(0, (1, 0)) or draft.set_route(0, (1,))

    found = reasons(draft)

    assert made == (stock >= 10)
    assert found.get("visit of L1") == expected
    assert ("visit of L2" in found) == (not made)


def test_a_next_dose_is_not_due_while_the_dose_before_has_no_stop():
    problem = a_problem(
        campaigns=(a_campaign(min_days=2, max_days=3),),
        needs=(*needs(3), *needs(3, dose_no=2, since_dose=1)),
    )
    visits = [
        replace(a_visit(problem), id=f"dose {n}", needs=tuple((f"L1-P0{k}", n) for k in range(3)))
        for n in (1, 2)
    ]

    assert reasons(Draft(IndexedProblem(problem, visits)))["dose 2"] == (Reason.NOT_DUE,)


def test_an_unknown_location_and_a_pair_without_two_teams_are_named():
    problem = a_problem(needs=BOTH, locations=(a_location(known=False), a_location("L2", 2)))
    indexed = IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")])
    indexed.make_unplannable(1)

    assert reasons(Draft(indexed)) == {
        "visit of L1": (Reason.LOCATION_UNKNOWN,),
        "visit of L2": (Reason.NO_TWO_TEAMS,),
    }


ONE_OF_THE_STOCK = {Reason.STOCK_TO_PRIORITY: Reason.STOCK_TO_OTHERS}


@examples(short=60, long=600)
@given(st.integers(0, 10**9))
def test_the_reasons_are_those_of_all_shifts_though_few_are_looked_into(seed: int):
    """Against the obstacle in every shift; which doses went to whom is told by other tests."""
    problem = release_pins(a_strange_problem(seed))[0]
    indexed = IndexedProblem(problem, group(problem))
    insertions = InsertionCosts(indexed)
    draft = construct(indexed, insertions)
    for s in range(0, len(indexed.shifts), 2):  # with routes that have room again
        draft.set_route(s, tuple(v for v in draft.visits(s) if v in indexed.is_pinned))
    finding = Finding(draft, insertions)

    found = {v: finding.find_reasons((v,)) for v in draft.unassigned()}

    for v, mine in found.items():
        obstacles = [finding.find_obstacle(v, s) for s in range(len(indexed.shifts))]
        if mine[0] not in (Reason.NOT_DUE, Reason.LOCATION_UNKNOWN, Reason.NO_TWO_TEAMS):
            alone = any(
                Stockroom(indexed).fits(v, s)
                for s in indexed.possible_shifts[v]
                if s not in finding.closed
            )
            expected = reasons_of(obstacles, fits_alone=alone)
            assert (ONE_OF_THE_STOCK.get(mine[0], mine[0]), *mine[1:]) == expected


def test_doses_gone_elsewhere_are_named_beside_next_doses_that_are_not_secured():
    """One depot has doses that are promised; from the other one somebody got all. The first shift is full."""
    problem = a_problem(
        needs=BOTH,
        campaigns=(a_campaign(reserve_next_dose=True),),
        depots=(Depot("D1", 0), Depot("D2", 0)),
        shifts=(
            a_shift("S0", end=at(0, 10.5)),
            a_shift("S1", team_id="T1"),
            a_shift("S2", team_id="T2", depot_id="D2"),
        ),
        stock=(a_lot(10), a_lot(10, depot_id="D2")),
    )
    draft = Draft(IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")]))
    assert draft.set_route(2, (1,))

    assert [
        Finding(draft, InsertionCosts(draft.indexed)).find_obstacle(0, s) for s in range(3)
    ] == [Obstacle.NEXT_DOSE, Obstacle.NEXT_DOSE, Obstacle.STOCK]
    assert reasons(draft)["visit of L1"][:2] == (
        Reason.NEXT_DOSE_NOT_SECURED,
        Reason.STOCK_TO_OTHERS,
    )


def test_who_is_a_whole_visit_alone_is_looked_into_once():
    """One resident who may get one product has the reasons of the visit; of two products the other is asked too."""
    one = (a_need("L1-P00"), a_need("L2-P00", location_id="L2", products=("moderna", "pfizer")))
    problem = a_problem(
        needs=one,
        products=(a_product(), a_product("pfizer")),
        stock=(),
    )
    visits = [a_visit(problem), a_visit(problem, "L2")]
    draft = Draft(IndexedProblem(problem, visits))

    found = diagnose(draft, InsertionCosts(draft.indexed))

    assert len(found.of_visits) == 2
    assert Counter(person for person, _, _ in found.of_people) == {"L2-P00": 1}


@pytest.mark.parametrize("first", ["L1-P00", "L1-P01"])
def test_who_must_be_observed_longer_than_a_shift_has_a_reason_of_their_own(first: str):
    """Nobody may join the stop that stands; for one of two residents no shift is long enough either, whoever is asked first."""
    watched = a_need(first, observation_seconds=12 * 3600)
    other = a_need("L1-P01" if first == "L1-P00" else "L1-P00")
    problem = a_problem(
        needs=(*sorted((watched, other), key=lambda need: need.person_id), *needs(10, "L2")),
        shifts=(a_shift(end=at(0, 10.5)),),
    )
    draft = Draft(IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")]))
    assert draft.set_route(0, (1,))

    found = diagnose(draft, InsertionCosts(draft.indexed)).of_people

    assert {person: said[0] for (person, _, _), said in found.items()} == {
        watched.person_id: Reason.TOO_LONG_FOR_SHIFT,
        other.person_id: Reason.SHIFTS_FULL,
    }


@pytest.mark.parametrize("stock", [(), (a_lot(10),)])
def test_a_visit_that_leaves_the_crew_no_break_is_too_long(stock: tuple[StockLine, ...]):
    """It may begin from 9:00 to 9:20 and takes fifty minutes; the break of half an hour begins from 9:00 to 9:30."""
    shift = a_shift(end=at(0, 10.34), pause=a_pause(earliest=9, latest=9.5))
    problem = a_problem(shifts=(shift,), stock=stock)
    indexed = IndexedProblem(problem, [a_visit(problem)])

    assert indexed.windows[0][0]
    assert reasons(Draft(indexed)) == {"visit of L1": (Reason.TOO_LONG_FOR_SHIFT,)}
