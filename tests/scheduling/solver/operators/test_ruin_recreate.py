"""Ruin and recreate: strings of neighbours leave their routes, and everybody unassigned is tried again."""

from dataclasses import replace
from random import Random

import pytest
from typing_extensions import override

from scheduling.problem import Depot, Problem
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.insertion import InsertionCosts, insert_unassigned
from scheduling.solver.operators.ruin_recreate import RuinRecreate
from scheduling.solver.params import DEFAULT, RuinStrength
from tests.scheduling.builders import (
    a_campaign,
    a_crisis,
    a_lot,
    a_pin,
    a_problem,
    a_shift,
    a_visit,
    needs,
)
from tests.scheduling.solver.small import a_call, a_day_of_seconds, a_drawn_day, of_locations


class WatchedDraft(Draft):
    """A draft whose copies note what is removed, from which route, and what is tried."""

    def __init__(self, indexed: IndexedProblem) -> None:
        self.removed: list[tuple[int, int, int]] = []  # visit, shift, place in the route
        self.asked: list[tuple[int, int]] = []
        super().__init__(indexed)

    @override
    def remove(self, v: int) -> None:
        s = self.where[v]
        if s != NOWHERE:
            self.removed.append((v, s, self.visits(s).index(v)))
        super().remove(v)

    @override
    def allows(self, v: int, s: int) -> bool:
        self.asked.append((v, s))
        return super().allows(v, s)


def a_line_of_calls(count: int = 12, teams: int = 3, **changes) -> Problem:
    """Calls on one person each along a road, teams that could make six each."""
    shifts = tuple(a_shift(f"S{k}", start=0, end=99, injectors=1) for k in range(teams))
    return a_day_of_seconds(
        *(a_call(k, (0, 98)) for k in range(1, count + 1)),
        people=(1,) * count,
        **{"day_starts": (0, 100), "road": 1, "shifts": shifts, **changes},
    )


def a_ruin(
    problem: Problem,
    *routes: tuple[int, ...],
    seed: int = 1,
    strength: RuinStrength = DEFAULT.ruin.strong,
) -> tuple[RuinRecreate, WatchedDraft]:
    indexed = of_locations(problem)
    draft = WatchedDraft(indexed)
    for s, visits in enumerate(routes):
        assert not visits or draft.set_route(s, visits)
    draft.removed.clear()
    return RuinRecreate(indexed, InsertionCosts(indexed), Random(seed), strength), draft


THREE = ((0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10, 11))


def test_neighbours_stand_by_the_road_to_them_the_visit_itself_first():
    ruin, _ = a_ruin(a_line_of_calls(5))

    assert ruin.neighbours(2) == [2, 1, 3, 0, 4]
    assert ruin.neighbours(4) == [4, 3, 2, 1, 0]


def test_of_two_visits_at_one_location_each_is_its_own_nearest():
    problem = a_day_of_seconds(a_call(1), replace(a_call(1), id="L9"), people=(1, 1))
    ruin, _ = a_ruin(problem)

    assert (ruin.neighbours(0), ruin.neighbours(1)) == ([0, 1], [1, 0])


def test_only_visits_that_are_not_pinned_and_that_some_shift_can_make_are_free():
    pin = a_pin("visit of L2", 20, ["L2-P00"], shift_id="S0", location_id="L2", service_seconds=1)
    problem = a_line_of_calls(4, fixed=(pin,))
    shut = replace(problem, locations=(*problem.locations[:3], a_call(4, (0, 0))))

    assert a_ruin(shut)[0].free == [0, 2]


@pytest.mark.parametrize(
    "strength", [DEFAULT.ruin.strong, DEFAULT.ruin.gentle, RuinStrength(3, 2, 0.0)]
)
def test_what_is_removed_are_strings_of_neighbours_each_from_another_route(strength: RuinStrength):
    touched = set()
    for seed in range(40):
        ruin, draft = a_ruin(a_line_of_calls(), *THREE, seed=seed, strength=strength)

        ruin._remove_strings(draft)

        strings: dict[int, list[int]] = {}
        for v, s, _ in draft.removed:
            strings.setdefault(s, []).append(v)
        for s, visits in strings.items():
            first = THREE[s].index(visits[0])
            assert tuple(visits) == THREE[s][first : first + len(visits)]
            assert len(visits) <= strength.string
        assert [v for v, _, _ in draft.removed] == [v for row in strings.values() for v in row]
        assert sorted(draft.unassigned()) == sorted(v for v, _, _ in draft.removed)
        assert len(draft.removed) < strength.visits + strength.string
        touched.add(len(strings))

    assert max(touched) > 1


def test_every_visit_of_a_route_can_be_the_end_of_a_string_or_its_middle():
    cuts = set()
    for seed in range(60):
        ruin, draft = a_ruin(a_line_of_calls(4, 1), (0, 1, 2, 3), seed=seed)
        ruin._remove_string(draft, 1, 0)
        cuts.add(tuple(v for v, _, _ in draft.removed))

    assert cuts == {(1,), (0, 1), (1, 2), (0, 1, 2), (1, 2, 3), (0, 1, 2, 3)}


def test_a_string_at_the_end_of_a_route_is_as_long_as_one_in_its_middle():
    """One to four visits, as often each: were they cut off at the end, most would be one."""
    lengths = []
    for seed in range(200):
        ruin, draft = a_ruin(a_line_of_calls(4, 1), (0, 1, 2, 3), seed=seed)
        lengths.append(ruin._remove_string(draft, 3, 0))

    assert all(35 < lengths.count(length) < 65 for length in (1, 2, 3, 4))


def test_visits_go_in_by_chance_by_weight_by_weight_for_a_dose_or_by_the_shifts_they_have():
    """Ten people of ten doses, eleven of twenty, a crisis; the second one has two shifts less."""
    problem = a_problem(
        needs=(*needs(10, "L1"), *needs(11, "L2")),
        crisis_visits=(a_crisis(),),
        shifts=tuple(a_shift(f"S{k}", skills=frozenset({"crisis"})) for k in range(6)),
    )
    crisis = replace(a_visit(problem), id="X1", campaign_id=None, product_id=None, needs=())
    indexed = IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2"), crisis])
    indexed.possible_shifts[1] = [0]
    ruin = RuinRecreate(indexed, InsertionCosts(indexed), Random(1))

    chance, weight, per_dose, few_shifts = ruin._recreate_orders()

    assert len({chance(v) for v in range(3)}) == 3
    assert sorted(range(3), key=weight) == [2, 1, 0]
    assert sorted(range(3), key=per_dose) == [2, 0, 1]
    assert min(range(3), key=few_shifts) == 1
    assert 3 <= few_shifts(0) <= 9


def test_a_pinned_visit_is_never_removed():
    pin = a_pin("visit of L2", 20, ["L2-P00"], shift_id="S0", location_id="L2", service_seconds=1)
    for seed in range(40):
        ruin, draft = a_ruin(a_line_of_calls(4, 1, fixed=(pin,)), (0, 1, 2, 3), seed=seed)

        made = ruin.ruin_and_recreate(draft)
        ruin._make_room(draft, 0)

        assert made.where[1] == 0
        assert draft.where[1] == 0
        route = made.routes[0]
        assert route is not None
        assert route.starts[route.sequence.index(1)] == 20


def test_the_plan_that_a_round_begins_with_stays_as_it_is():
    ruin, draft = a_ruin(a_line_of_calls(), *THREE)
    stock, where = draft.stockroom.given_out(), list(draft.where)

    for _ in range(20):
        ruin.ruin_and_recreate(draft)

    assert [draft.visits(s) for s in range(3)] == list(THREE)
    assert (draft.where, draft.stockroom.given_out()) == (where, stock)


def test_what_was_removed_goes_in_again_where_there_is_room():
    """Nothing is scarce here: whatever goes out finds a place, though seldom its old one."""
    ruin, draft = a_ruin(a_line_of_calls(), *THREE, strength=RuinStrength(10, 6, 0.0))
    plans = set()

    for _ in range(20):
        made = ruin.ruin_and_recreate(draft)
        assert made.unassigned() == []
        plans.add(tuple(made.visits(s) for s in range(3)))

    assert len(plans) > 3


def test_the_same_seed_ruins_alike():
    one, two = (
        a_ruin(a_line_of_calls(), *THREE, seed=5)[0].ruin_and_recreate(
            a_ruin(a_line_of_calls(), *THREE)[1]
        )
        for _ in range(2)
    )

    assert [one.visits(s) for s in range(3)] == [two.visits(s) for s in range(3)]


def test_of_many_unassigned_visits_some_are_tried_in_each_round():
    """Stock for the twelve that stand; of thirty that wait sixteen are asked about, others each time."""
    problem = a_line_of_calls(42, stock=(a_lot(120),))
    tried = set()
    for seed in range(6):
        ruin, draft = a_ruin(problem, *THREE, seed=seed)
        draft.asked.clear()
        made = ruin.ruin_and_recreate(draft)
        waiting = {v for v, _ in draft.asked} - set(range(12))

        assert isinstance(made, WatchedDraft)
        assert len(waiting) <= DEFAULT.ruin.unassigned_tried + 1
        tried |= waiting

    assert len(tried) > DEFAULT.ruin.unassigned_tried


def test_room_is_made_in_one_shift_that_could_make_a_visit_that_waits():
    """No stock for another: the one that waits goes in where one to three others went out."""
    problem = a_line_of_calls(4, 1, stock=(a_lot(30),))
    kept = set()
    for seed in range(20):
        ruin, draft = a_ruin(problem, (0, 1, 2), seed=seed, strength=RuinStrength(10, 6, 0.0))

        ruin._make_room(draft, 3)

        assert draft.where[3] == 0
        assert 1 <= len(draft.removed) <= 3
        kept.add(len(draft.removed))

    assert kept == {1, 2, 3}


def test_room_in_the_stock_is_made_in_other_shifts_of_the_depot_at_times_and_of_no_other():
    depots = (Depot("D1", 0), Depot("D2", 0))
    shifts = tuple(
        a_shift(f"S{k}", start=0, end=99, injectors=1, depot_id=depot)
        for k, depot in enumerate(("D1", "D1", "D2"))
    )
    problem = a_line_of_calls(
        12, depots=depots, shifts=shifts, stock=(a_lot(400), a_lot(400, depot_id="D2"))
    )
    removed = set()
    for seed in range(40):
        ruin, draft = a_ruin(problem, *THREE, seed=seed)
        draft.remove(0)
        draft.indexed.possible_shifts[0] = [0]
        draft.removed.clear()

        ruin._make_room(draft, 0)

        removed.add(frozenset(s for _, s, _ in draft.removed))

    assert removed == {frozenset({0}), frozenset({0, 1})}


def test_visits_of_a_series_go_in_after_those_without():
    """A next dose could only follow what stands already; the order of those without is by chance."""
    problem = a_problem(
        campaigns=(a_campaign(min_days=1, max_days=9),),
        needs=(*needs(3), *needs(3, dose_no=2, since_dose=1), *needs(3, "L2")),
        shifts=tuple(a_shift(f"S{day}", day) for day in range(3)),
    )
    one, two = (
        replace(a_visit(problem), id=f"dose {n}", needs=tuple((f"L1-P0{k}", n) for k in range(3)))
        for n in (1, 2)
    )
    indexed = IndexedProblem(problem, [one, two, a_visit(problem, "L2")])
    for seed in range(10):
        draft = WatchedDraft(indexed)
        ruin = RuinRecreate(
            indexed, InsertionCosts(indexed), Random(seed), RuinStrength(10, 6, 0.0)
        )

        ruin._recreate(draft, [0, 1, 2])

        order = list(dict.fromkeys(v for v, _ in draft.asked))
        assert order[0] == 2


def test_without_passing_over_a_visit_takes_its_cheapest_insertion_and_else_now_and_then_not():
    problem = a_line_of_calls(6, 3)
    places = {0.0: set(), 0.5: set()}
    for rate, found in places.items():
        for seed in range(30):
            ruin, draft = a_ruin(
                problem, (0, 1, 2), (3,), seed=seed, strength=RuinStrength(10, 6, rate)
            )
            cheapest = [
                (cost, s)
                for s in range(3)
                if (cost := InsertionCosts(ruin.indexed).find_cheapest(draft, 4, s))
            ]
            ruin._insert(draft, 4)
            found.add(draft.where[4] == min(cheapest)[1])

    assert places == {0.0: {True}, 0.5: {True, False}}


@pytest.mark.parametrize("seed", range(10))
def test_after_each_round_every_visit_stands_where_the_routes_say_or_nowhere(seed: int):
    indexed = of_locations(a_drawn_day(seed, 6, teams=2))
    draft = Draft(indexed)
    insert_unassigned(draft, InsertionCosts(indexed))
    ruin = RuinRecreate(indexed, InsertionCosts(indexed), Random(seed))

    for _ in range(10 if ruin.free else 0):
        draft = ruin.ruin_and_recreate(draft)

        stands = {v: s for s in range(2) for v in draft.visits(s)}
        assert draft.where == [stands.get(v, NOWHERE) for v in range(indexed.size)]
        assert sum(len(draft.visits(s)) for s in range(2)) == len(stands)
        assert all(route is None or route.feasible for route in draft.routes)
