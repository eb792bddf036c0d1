"""What a plan takes from the lots and promises, against a ledger from which every dose is drawn by itself."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from scheduling.care.stock import END_OF_TIME, Span
from scheduling.problem import Depot, Problem, StockLine
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import best_schedule
from scheduling.solver.model.stock import (
    NOTHING,
    Stockroom,
    compute_loads,
    compute_spare,
    count_doses,
    count_extra_doses,
    is_scarce,
)
from tests.scheduling.builders import (
    a_campaign,
    a_crisis,
    a_location,
    a_lot,
    a_need,
    a_pin,
    a_problem,
    a_product,
    a_shift,
    a_travel,
    a_visit,
    at,
    needs,
)
from tests.scheduling.draws import Lot, short
from tests.scheduling.solver.small import a_case

DAYS = 4


def a_depot_over_days(*lots: StockLine, people: int = 10, **changes) -> IndexedProblem:
    """A shift of one depot on each of four days, one visit of so many people at each of two locations."""
    problem = a_problem(
        day_starts=tuple(day * 86400 for day in range(DAYS + 1)),
        needs=(*needs(people, "L1"), *needs(people, "L2")),
        shifts=tuple(a_shift(f"S{day}", day) for day in range(DAYS)),
        stock=lots,
    )
    problem = replace(problem, **changes)
    return IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")])


def can_serve(lots: list[StockLine], wanted: Counter[int]) -> bool:
    """Whether every single dose finds a lot of its day, by Hall's theorem over every set of days."""
    have: list[Lot] = [[line.first_day, line.last_day, line.doses] for line in lots]
    return not short([[day, day, doses] for day, doses in wanted.items() if doses], have)


def drawn_lots(random: Random) -> list[StockLine]:
    found = []
    for k in range(random.randint(1, 4)):
        first = random.randrange(-1, DAYS)
        last = first + random.randrange(DAYS)
        found.append(a_lot(10 * random.randrange(4), lot=f"{k}", first_day=first, last_day=last))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_a_depot_gives_what_its_lots_can_serve_on_each_day(seed: int):
    """Shifts take doses and give some back; each time the ledger is asked what more could be taken."""
    random = Random(seed)
    lots = drawn_lots(random)
    stockroom, wanted = Stockroom(a_depot_over_days(*lots)), Counter[int]()
    for _ in range(6):
        day = random.randrange(DAYS)
        if can_serve(lots, wanted + Counter({day: 10})):
            stockroom.draw(day, (), (("moderna", 10),))
            wanted[day] += 10
        elif wanted[day]:
            stockroom.draw(day, (("moderna", 10),), ())
            wanted[day] -= 10

        for day in range(DAYS):
            more = {n for n in range(0, 130, 5) if can_serve(lots, wanted + Counter({day: n}))}
            assert stockroom.doses_left(("D1", "moderna"), day) // 5 * 5 == max(more)
            assert {n for n in range(0, 130, 5) if stockroom.holds(day, "moderna", n, ())} == more
            assert stockroom.has_stock(0, day) == (10 in more)
            assert stockroom.fits(0, day) == (10 in more)
            assert stockroom.fits(0, day, 20) == (20 in more)


def test_a_lot_serves_from_its_first_day_to_its_last():
    stockroom = Stockroom(a_depot_over_days(a_lot(10, first_day=1, last_day=2)))

    assert [stockroom.has_stock(0, day) for day in range(DAYS)] == [False, True, True, False]


def test_what_expires_first_goes_first_so_that_the_rest_is_there_later():
    stockroom = Stockroom(
        a_depot_over_days(a_lot(10, lot="long", last_day=3), a_lot(10, lot="short", last_day=1))
    )

    stockroom.draw(0, (), (("moderna", 10),))

    assert [stockroom.has_stock(0, day) for day in range(DAYS)] == [True] * 4
    assert stockroom.doses_left(("D1", "moderna"), 3) == 10


def test_doses_of_another_depot_or_product_are_no_stock():
    stockroom = Stockroom(
        a_depot_over_days(a_lot(90, depot_id="D2"), a_lot(90, product_id="pfizer"))
    )

    assert not stockroom.has_stock(0, 0)
    assert stockroom.doses_left(("D1", "moderna"), 0) == 0


def test_what_a_shift_gives_back_is_there_again():
    stockroom = Stockroom(a_depot_over_days(a_lot(10)))
    before = stockroom.fits(0, 0)
    stockroom.draw(0, (), (("moderna", 10),))
    taken, given = stockroom.fits(1, 2), stockroom.given_out()

    stockroom.draw(0, (("moderna", 10),), ())

    assert (before, taken, stockroom.fits(1, 2)) == (True, False, True)
    assert given == {("D1", "moderna"): {0: 10}}
    assert stockroom.given_out() == {}


def test_a_copy_is_changed_apart():
    stockroom = Stockroom(
        a_depot_over_days(a_lot(20), campaigns=(a_campaign(reserve_next_dose=True),))
    )
    stockroom.record_promise(0, 0, 1)
    twin = stockroom.copy()

    twin.draw(0, (), (("moderna", 10),))
    twin.record_promise(0, 0, -1)

    assert stockroom.given_out() == {}
    assert stockroom.doses_unpromised("moderna") == 10
    assert twin.doses_unpromised("moderna") == 10
    assert (stockroom.fits(1, 1), twin.fits(1, 1)) == (False, False)
    twin.draw(0, (("moderna", 10),), ())
    assert twin.doses_unpromised("moderna") == 20
    assert (stockroom.fits(1, 1), twin.fits(1, 1)) == (False, True)


RESERVING = a_campaign(reserve_next_dose=True, min_days=2, max_days=5)


def secured(problem: Problem, taken: Counter[int], promised: list[Lot]) -> bool:
    """Whether what confirmed lots hold, once the days took theirs, can give every promised dose."""
    left = [[line.first_day, line.last_day, line.doses] for line in lots_by_use(problem)]
    for day, doses in sorted(taken.items()):
        for _ in range(doses):
            usable = [lot for lot in left if lot[0] <= day <= lot[1] and lot[2]]
            usable[0][2] -= 1
    confirmed = [
        lot for lot, line in zip(left, lots_by_use(problem), strict=True) if line.confirmed
    ]
    owed = [[problem.days, END_OF_TIME, problem.reserved.get("moderna", 0)]]
    return not short([want for want in (*promised, *owed) if want[2]], confirmed)


def lots_by_use(problem: Problem) -> list[StockLine]:
    return sorted(problem.stock, key=lambda line: (line.last_day, line.first_day, line.lot))


@pytest.mark.parametrize("seed", range(60))
def test_a_visit_fits_while_its_next_doses_and_all_those_promised_are_secured(seed: int):
    random = Random(seed)
    lots = [
        replace(line, last_day=line.last_day + random.randrange(6), confirmed=random.random() < 0.8)
        for line in drawn_lots(random)
    ]
    indexed = a_depot_over_days(
        *lots, a_lot(20), campaigns=(RESERVING,), reserved={"moderna": random.choice((0, 0, 10))}
    )
    stockroom, taken, promised = Stockroom(indexed), Counter[int](), []
    made = random.randrange(DAYS)
    if stockroom.fits(0, made):
        stockroom.draw(made, (), (("moderna", 10),))
        stockroom.record_promise(0, made, 1)
        taken[made] += 10
        promised.append([made + 2, made + 5, 10])

    for day in range(DAYS):
        served = can_serve(lots_by_use(indexed.problem), taken + Counter({day: 10}))
        assert stockroom.has_stock(1, day) == served
        if served:
            mine = [day + 2, day + 5, 10]
            holds = secured(indexed.problem, taken + Counter({day: 10}), [*promised, mine])
            assert stockroom.fits(1, day) == holds


def test_next_doses_are_promised_in_whole_containers_for_who_has_one_to_come():
    """Of 23 people three get their last dose: twenty promises are two containers."""
    rows = (
        *(a_need(f"P{k:02}") for k in range(20)),
        *(a_need(f"Q{k}", dose_no=2) for k in range(3)),
    )
    problem = a_problem(needs=rows, campaigns=(RESERVING,))
    indexed = IndexedProblem(problem, [a_visit(problem)])

    assert Stockroom(indexed).promise(0, 3) == Span(5, 8, 20)


def test_nothing_is_promised_without_reservation():
    problem = a_problem(campaigns=(a_campaign(),))

    assert Stockroom(IndexedProblem(problem, [a_visit(problem)])).promise(0, 0) is None


@pytest.mark.parametrize(("doses", "fits"), [(40, True), (39, False)])
def test_the_next_doses_of_a_fixed_stop_are_nobody_elses(doses: int, *, fits: bool):
    pin = a_pin("visit of L1", at(0, 8), [need.person_id for need in needs(10)])
    problem = a_problem(
        needs=(*needs(10), *needs(10, "L2")),
        campaigns=(RESERVING,),
        stock=(a_lot(doses),),
        fixed=(pin,),
    )
    draft = Draft(IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")]))

    assert draft.insert(1, 0, 1) is fits


@pytest.mark.parametrize(("doses", "fits"), [(10, True), (9, False)])
def test_what_a_fixed_stop_lacks_by_itself_is_not_asked_of_others(doses: int, *, fits: bool):
    pin = a_pin("visit of L1", at(0, 8), [need.person_id for need in needs(10)])
    lots = (a_lot(10, last_day=0), a_lot(10, lot="b", first_day=6, last_day=6))
    problem = a_problem(
        needs=(*needs(10), *needs(10, "L2")),
        campaigns=(RESERVING,),
        shifts=(a_shift("S1"), a_shift("S2", 6)),
        stock=(*lots, a_lot(doses, lot="c", first_day=8)),
        fixed=(pin,),
    )
    draft = Draft(IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")]))

    assert draft.insert(1, 1, 0) is fits


@pytest.mark.parametrize("seed", range(20))
def test_the_promises_left_are_as_many_as_the_ledger_can_secure(seed: int):
    random = Random(seed)
    lots = drawn_lots(random)
    indexed = a_depot_over_days(*lots, campaigns=(RESERVING,))
    stockroom, promised = Stockroom(indexed), []
    if stockroom.promises_left("moderna", Span(2, 5, 0)) >= 10:
        stockroom.record_promise(0, 0, 1)
        promised.append([2, 5, 10])

    found = stockroom.promises_left("moderna", Span(1, 3, 0))

    have: list[Lot] = [[line.first_day, line.last_day, line.doses] for line in lots]
    enough = [n for n in range(130) if not short([*promised, [1, 3, n]], have)]
    assert found == max(enough)


def test_doses_unpromised_are_what_nobody_took_was_promised_or_is_owed():
    indexed = a_depot_over_days(
        a_lot(50), a_lot(30, depot_id="D2"), campaigns=(RESERVING,), reserved={"moderna": 10}
    )
    stockroom = Stockroom(indexed)
    stockroom.draw(0, (), (("moderna", 20),))
    stockroom.record_promise(0, 0, 1)

    assert stockroom.doses_unpromised("moderna") == 80 - 20 - 10 - 10
    assert stockroom.doses_unpromised("pfizer") == 0


def a_route_of(*people: int, open_seconds: int = 10**6, may_travel: bool = True) -> IndexedProblem:
    """Calls on so many people at locations ten minutes apart, made one after the other."""
    rows = [a_location(f"L{k}", k + 1) for k in range(len(people))]
    problem = a_problem(
        locations=tuple(rows),
        needs=tuple(need for row, n in zip(rows, people, strict=True) for need in needs(n, row.id)),
        products=(a_product(open_seconds=open_seconds, open_may_travel=may_travel),),
        shifts=(a_shift(),),
        travel=a_travel(len(rows) + 1),
    )
    return IndexedProblem(problem, [a_visit(problem, row.id) for row in rows])


def loads(indexed: IndexedProblem) -> dict[str, int]:
    return dict(compute_loads(indexed, best_schedule(indexed, 0, tuple(range(indexed.size)))))


@pytest.mark.parametrize("seed", range(20))
def test_a_route_loads_the_containers_that_are_opened_dose_by_dose(seed: int):
    """One container at a time: a new one when the last is empty, or too old when the team leaves."""
    random = Random(seed)
    people = [random.randint(1, 14) for _ in range(4)]
    life = random.choice((4_000, 6_000, 8_000, 10**6))
    indexed = a_route_of(*people, open_seconds=life)
    schedule = best_schedule(indexed, 0, (0, 1, 2, 3))
    assert schedule is not None

    containers = left = opened_at = 0
    for v, start in enumerate(schedule.starts):
        if start + indexed.service[v][0] > opened_at + life:
            left = 0
        for _ in range(people[v]):
            if not left:
                containers, left, opened_at = containers + 1, 10, start
            left -= 1

    found = compute_loads(indexed, schedule)
    assert found == (("moderna", 10 * containers),)
    assert count_doses(found) == 10 * containers
    spare = compute_spare(indexed, (0, 1, 2, 3), found)
    assert spare == {"moderna": 10 * containers - sum(people)}


def test_containers_that_stay_where_they_were_opened_are_filled_up_for_each_visit():
    assert loads(a_route_of(4, 6, 11, may_travel=False)) == {"moderna": 10 + 10 + 20}
    assert loads(a_route_of(4, 6, 11)) == {"moderna": 30}


def test_no_route_loads_nothing():
    assert compute_loads(a_route_of(4), None) == NOTHING


def test_a_visit_asks_for_no_more_than_its_doses_beyond_what_is_spare():
    indexed = a_route_of(4, 11)

    extra = [count_extra_doses(indexed, 1, {"moderna": spare}) for spare in (0, 1, 2, 11, 12)]

    assert extra == [20, 10, 10, 0, 0]
    assert count_extra_doses(indexed, 1, {}) == 20
    assert count_extra_doses(a_route_of(4, 11, may_travel=False), 1, {"moderna": 11}) == 20


@pytest.mark.parametrize(
    ("lots", "scarce"),
    [
        ((a_lot(40),), False),  # twice the two containers that both visits open
        ((a_lot(39),), True),
        ((a_lot(20), a_lot(20, lot="2", first_day=-3)), False),
        ((a_lot(20), a_lot(20, lot="2", first_day=1)), True),  # comes tomorrow
        ((a_lot(20), a_lot(20, lot="2", depot_id="D2")), True),
        ((), True),
    ],
)
def test_stock_is_scarce_when_a_depot_holds_less_than_two_doses_for_everybody(
    lots: tuple[StockLine, ...], scarce: bool
):
    assert is_scarce(a_depot_over_days(*lots)) == scarce


def test_stock_is_scarce_when_one_of_two_depots_lacks_it():
    indexed = a_depot_over_days(
        a_lot(40),
        depots=(Depot("D1", 0), Depot("D2", 0)),
        shifts=(a_shift("S0"), a_shift("S1", depot_id="D2")),
    )

    assert is_scarce(indexed)


def test_a_crisis_visit_asks_for_no_stock():
    problem = a_problem(stock=(), needs=(), crisis_visits=(a_crisis(),))
    stockroom = Stockroom(a_case(problem))

    stockroom.record_promise(0, 0, 1)

    assert stockroom.fits(0, 0)
    assert stockroom.has_stock(0, 0)
    assert stockroom.promise(0, 0) is None
