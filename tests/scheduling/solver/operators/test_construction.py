"""Which visit goes in first, what is filled up, what is put back: the order of insertions."""

from dataclasses import replace

import pytest
from typing_extensions import override

from scheduling.plan import Plan
from scheduling.problem import Depot, Published
from scheduling.solver.model.draft import NOWHERE, Draft, to_routes
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import best_schedule
from scheduling.solver.operators.construction import (
    InsertionHeuristic,
    add_by_dose,
    construct,
    construct_by_dose,
    list_known_stops,
    restore,
)
from scheduling.solver.operators.insertion import InsertionCosts, insert_unassigned
from scheduling.solver.operators.ranking import rank_by_regret, rank_by_weight_per_dose
from scheduling.solver.params import DEFAULT
from scheduling.visits.grouping import group
from tests.scheduling.builders import (
    a_campaign,
    a_location,
    a_lot,
    a_pin,
    a_plan,
    a_problem,
    a_region,
    a_shift,
    a_visit,
    at,
    needs,
)
from tests.scheduling.solver.small import (
    SECONDS,
    a_call,
    a_day_of_seconds,
    a_draft,
    a_drawn_day,
    insert_at,
    of_locations,
)


class WatchedDraft(Draft):
    """A draft that notes in which order visits went in."""

    def __init__(self, indexed: IndexedProblem) -> None:
        self.inserted: list[tuple[int, int]] = []
        super().__init__(indexed)

    @override
    def insert(self, v: int, s: int, position: int) -> bool:
        went_in = super().insert(v, s, position)
        if went_in:
            self.inserted.append((v, s))
        return went_in


def test_beside_what_stands_nobody_is_inserted_where_no_dose_is_left():
    """Ten doses at home and twenty elsewhere; both shifts have room for all."""
    shifts = tuple(a_shift(f"S{k}", depot_id=f"D{k + 1}", start=0, end=SECONDS) for k in range(2))
    depots = (Depot("D1", 0), Depot("D2", 0))
    stock = (a_lot(10), a_lot(20, depot_id="D2"))
    calls = [a_call(k) for k in range(1, 5)]
    problem = a_day_of_seconds(
        *calls, people=(9, 10, 8, 10), shifts=shifts, depots=depots, stock=stock, road=1
    )
    indexed = of_locations(problem)
    draft = a_draft(indexed, (0,))

    add_by_dose(draft, InsertionCosts(indexed))

    assert draft.where == [0, 1, NOWHERE, 1]


def test_the_visit_with_the_largest_regret_goes_in_first_at_its_cheapest():
    """Each shift has room for two calls of the three; the far one may go in the second shift only."""
    shifts = tuple(a_shift(f"S{k}", start=0, end=26, injectors=1) for k in range(2))
    problem = a_day_of_seconds(a_call(1), a_call(2), a_call(3), people=(4, 4, 4), shifts=shifts)
    indexed = of_locations(problem)
    indexed.possible_shifts[2] = [1]
    draft = WatchedDraft(indexed)

    InsertionHeuristic(
        draft, InsertionCosts(indexed), [0, 1, 2], rank_by_regret(indexed, DEFAULT.insertion)
    ).run()

    assert draft.inserted[0] == (2, 1)
    assert [v for v, _ in draft.inserted] == [2, 1, 0]
    assert draft.unassigned() == []


@pytest.mark.parametrize("seed", range(12))
def test_the_heuristic_ends_when_nothing_unassigned_has_an_insertion_left(seed: int):
    indexed = of_locations(a_drawn_day(seed, 6, teams=2))
    draft, costs = WatchedDraft(indexed), InsertionCosts(indexed)

    InsertionHeuristic(
        draft, costs, draft.unassigned(), rank_by_regret(indexed, DEFAULT.insertion)
    ).run()

    assert [v for v, _ in draft.inserted] != []
    fresh = InsertionCosts(indexed)
    for v in draft.unassigned():
        assert all(fresh.find_cheapest(draft, v, s) is None for s in indexed.possible_shifts[v])


@pytest.mark.parametrize("seed", range(12))
def test_by_weight_for_each_dose_later_turns_change_nothing(seed: int):
    """To ask all costs at once, and again after each insertion, gives the same plan."""
    problem = a_region(seed, locations=40, teams=2)
    indexed = IndexedProblem(problem, group(problem))
    at_once, turns = Draft(indexed), construct_by_dose(indexed, InsertionCosts(indexed))
    rank_of = rank_by_weight_per_dose(indexed)

    InsertionHeuristic(at_once, InsertionCosts(indexed), at_once.unassigned(), rank_of).run()

    assert to_routes(turns) == to_routes(at_once)
    assert any(turns.visits(s) for s in range(len(indexed.shifts)))


def test_each_visit_goes_in_where_it_was_cheapest_at_that_moment():
    for seed in range(12):
        indexed = of_locations(a_drawn_day(seed, 6, teams=2))
        draft = WatchedDraft(indexed)
        InsertionHeuristic(
            draft,
            InsertionCosts(indexed),
            draft.unassigned(),
            rank_by_regret(indexed, DEFAULT.insertion),
        ).run()

        again = Draft(indexed)
        for v, s in draft.inserted:
            fresh = InsertionCosts(indexed)
            found = {
                t: cost
                for t in indexed.possible_shifts[v]
                if (cost := fresh.find_cheapest(again, v, t)) is not None
            }
            assert (found[s], s) == min((cost, t) for t, cost in found.items())
            again.insert(v, s, found[s][1])


def a_next_dose() -> IndexedProblem:
    """The next dose of three people and, behind it, the dose before; a shift on each of four days."""
    problem = a_problem(
        campaigns=(a_campaign(min_days=2, max_days=3),),
        needs=(*needs(3), *needs(3, dose_no=2, since_dose=1)),
        shifts=tuple(a_shift(f"S{day}", day) for day in range(4)),
    )
    first, second = (
        replace(a_visit(problem), id=f"dose {n}", needs=tuple((f"L1-P0{k}", n) for k in range(3)))
        for n in (1, 2)
    )
    return IndexedProblem(problem, [second, first])


def days_between(draft: Draft) -> int | None:
    if NOWHERE in draft.where:
        return None
    after, before = (draft.indexed.day[s] for s in draft.where)
    return after - before


def test_filling_goes_on_to_a_next_dose_once_the_dose_before_it_stands():
    draft = Draft(a_next_dose())

    insert_unassigned(draft, InsertionCosts(draft.indexed))

    assert days_between(draft) in (2, 3)


# A visit that follows another also clashes with it (the same people): what may be asked anew is then only
# what was possible before, which is nothing. To mend it gives one of the twenty stored problems another
# plan; the first plan is filled afterwards (`insert_unassigned`), so that little is lost.
@pytest.mark.xfail(
    strict=True, reason="a next dose is not looked at again; mending it changes plans"
)
def test_the_heuristic_goes_on_to_a_next_dose_once_the_dose_before_it_stands():
    indexed = a_next_dose()
    draft = Draft(indexed)

    InsertionHeuristic(
        draft, InsertionCosts(indexed), [0, 1], rank_by_regret(indexed, DEFAULT.insertion)
    ).run()

    assert days_between(draft) in (2, 3)


def test_whatever_fits_goes_in_the_weightiest_first():
    """Stock for one: the ten go before the nine, whatever the road costs."""
    problem = a_day_of_seconds(a_call(1), a_call(3), people=(9, 10), stock=(a_lot(10),))
    indexed = of_locations(problem)
    draft = Draft(indexed)

    insert_unassigned(draft, InsertionCosts(indexed))

    assert draft.visits(0) == (1,)
    assert draft.unassigned() == [0]


@pytest.mark.parametrize("seed", range(15))
def test_after_filling_no_visit_is_unassigned_that_fits_as_it_is(seed: int):
    indexed = of_locations(a_drawn_day(seed, 6, teams=2))
    draft = Draft(indexed)

    insert_unassigned(draft, InsertionCosts(indexed))

    for v in draft.unassigned():
        for s in indexed.possible_shifts[v]:
            trials = [insert_at(draft.visits(s), v, k) for k in range(len(draft.visits(s)) + 1)]
            assert not any(best_schedule(indexed, s, trial) for trial in trials)


def test_stops_that_are_known_come_back_in_their_order():
    indexed = of_locations(a_day_of_seconds(*(a_call(k) for k in (1, 2, 3)), people=(1, 1, 1)))
    draft = Draft(indexed)

    restore(draft, [(30, 0, 0), (10, 2, 0), (20, 1, 0)])

    assert draft.visits(0) == (2, 1, 0)


def test_stops_of_a_shift_that_is_gone_or_that_no_longer_fit_stay_out():
    shut = a_call(3, (0, 2))  # nobody is there by then
    indexed = of_locations(
        a_day_of_seconds(a_call(1), a_call(2), shut, people=(10, 10, 10), stock=(a_lot(10),))
    )
    draft = Draft(indexed)

    restore(draft, [(5, 2, 0), (10, 0, NOWHERE), (20, 1, 0), (30, 0, 0)])

    assert draft.visits(0) == (1,)


def test_a_stop_comes_back_before_a_fixed_stop_that_is_later_and_behind_one_that_is_not():
    problem = a_day_of_seconds(a_call(1, (0, 20)), a_call(2, (0, 50)), a_call(3), people=(1, 1, 1))
    pin = a_pin("visit of L3", 30, ["L3-P00"], location_id="L3", service_seconds=1)
    indexed = of_locations(replace(problem, fixed=(pin,)))
    draft = Draft(indexed)

    restore(draft, [(10, 0, 0), (40, 1, 0)])

    assert draft.visits(0) == (0, 2, 1)


def test_what_people_were_told_is_known_before_a_plan_made_before():
    problem = a_problem(needs=(*needs(10, "L1"), *needs(10, "L2")))
    visits = [a_visit(problem), a_visit(problem, "L2")]
    draft = a_draft(IndexedProblem(problem, visits), (1, 0))
    plan = a_plan(problem, *to_routes(draft))
    told = (Published("visit of L2", "S1", at(0, 12)), Published("visit of L1", "S9", at(0, 9)))

    fresh = IndexedProblem(problem, visits)
    published = IndexedProblem(replace(problem, published=told), visits)

    starts = draft.routes[0].starts if draft.routes[0] else []
    assert list_known_stops(fresh, plan) == [(starts[0], 1, 0), (starts[1], 0, 0)]
    assert list_known_stops(fresh, None) == []
    assert list_known_stops(published, plan) == [(at(0, 12), 1, 0), (at(0, 9), 0, NOWHERE)]


def test_a_plan_made_before_is_kept_where_it_is_better():
    """Two visits in one shift, by a plan of before; alone each would take a shift of its own there."""
    problem = a_problem(needs=(*needs(10, "L1"), *needs(10, "L2")), stock=(a_lot(20),))
    indexed = IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")])
    costs = InsertionCosts(indexed)
    first = construct(indexed, costs)
    plan: Plan = a_plan(problem, *to_routes(first))

    again = construct(indexed, costs, plan)

    assert again.values().as_tuple() <= first.values().as_tuple()
    assert first.unassigned() == again.unassigned() == []


def test_a_construction_takes_the_better_of_its_fillings():
    """Stock for ten doses: people for each dose first serves ten of them, fewest ways out first six."""
    shifts = (a_shift("S0"), a_shift("S1"))
    locations = (a_location("L1", 1), a_location("L2", 2))
    problem = a_problem(
        locations=locations,
        needs=(*needs(6, "L1"), *needs(10, "L2")),
        shifts=shifts,
        stock=(a_lot(10),),
    )
    indexed = IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")])
    indexed.possible_shifts[0] = [0]

    draft = construct(indexed, InsertionCosts(indexed))

    assert draft.unassigned() == [0]
