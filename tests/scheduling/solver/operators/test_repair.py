"""Routes that an engine found become a plan: as they are where the rules let them, repaired where not."""

from dataclasses import replace
from itertools import permutations
from random import Random

import pytest

from scheduling.objective import values
from scheduling.plan import Plan
from scheduling.problem import Outbreak, Problem
from scheduling.rules import check
from scheduling.solver.model.draft import NOWHERE, Draft, to_routes
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.insertion import InsertionCosts, insert_unassigned
from scheduling.solver.operators.repair import apply_routes, repair_routes
from scheduling.solver.params import DEFAULT
from tests.scheduling.builders import a_campaign, a_lot, a_pin, a_problem, a_shift, a_visit, needs
from tests.scheduling.solver.small import (
    a_call,
    a_day_of_seconds,
    a_draft,
    a_drawn_day,
    of_locations,
)

PIN = a_pin("visit of L3", 30, ["L3-P00"], shift_id="S0", location_id="L3", service_seconds=1)


def calls(count: int = 4, teams: int = 2, **changes) -> Problem:
    """Calls on one person each, at places 1, 2, 3 and on; an index is a place less one."""
    shifts = tuple(a_shift(f"S{k}", start=0, end=60, injectors=1) for k in range(teams))
    return a_day_of_seconds(
        *(a_call(k) for k in range(1, count + 1)),
        people=(1,) * count,
        **{"shifts": shifts, **changes},
    )


def routes(draft: Draft | None) -> list[tuple[int, ...]] | None:
    return None if draft is None else [draft.visits(s) for s in range(len(draft.routes))]


def broken_rules(problem: Problem, draft: Draft) -> set[str]:
    made = to_routes(draft)
    plan = Plan(
        problem.region, problem.as_of, problem.horizon_start, made, (), values(problem, made)
    )
    return {row.rule for row in check(problem, plan)} - {"coverage"}


def repaired(draft: Draft, found: dict[int, tuple[int, ...]]) -> Draft | None:
    return repair_routes(draft, InsertionCosts(draft.indexed), found)


def test_routes_that_keep_every_rule_are_taken_as_they_are():
    draft = a_draft(of_locations(calls()), (0, 1), (2, 3))
    found = {0: (3, 2), 1: (1, 0)}

    assert routes(repaired(draft, found)) == [(3, 2), (1, 0)]
    assert routes(apply_routes(draft, found)) == [(3, 2), (1, 0)]
    assert routes(draft) == [(0, 1), (2, 3)]


def test_shifts_that_are_not_named_stay_as_they_are():
    draft = a_draft(of_locations(calls()), (0, 1), (2,))

    for made in (repaired(draft, {0: (1, 0)}), apply_routes(draft, {0: (1, 0)})):
        assert routes(made)[0:2] == [(1, 0), (2,)] or made.where[3] != NOWHERE


def test_a_visit_that_stands_elsewhere_comes_over():
    """The third stands in a shift outside of the sub-problem."""
    draft = a_draft(of_locations(calls()), (0, 1), (2, 3))

    assert routes(repaired(draft, {0: (0, 1, 2)})) == [(0, 1, 2), (3,)]


def test_what_a_rule_keeps_out_goes_where_it_fits_best():
    """A door that closes at three is no third stop; as the first one it is no detour."""
    near = a_call(1, (0, 3))
    problem = replace(calls(3), locations=(near, a_call(2), a_call(3)))
    draft = a_draft(of_locations(problem), (0, 1, 2))

    made = repaired(draft, {0: (2, 1, 0), 1: ()})

    assert routes(made) == [(0, 2, 1), ()]
    assert apply_routes(draft, {0: (2, 1, 0), 1: ()}) is None


def test_what_was_dropped_by_the_engine_is_tried_again():
    draft = a_draft(of_locations(calls()), (0, 1), (2, 3))

    made = repaired(draft, {0: (0,), 1: (2,)})

    assert made is not None
    assert made.unassigned() == []


def test_what_was_dropped_goes_where_it_costs_least_and_not_back():
    """The near calls are on the way of the other team."""
    draft = a_draft(of_locations(calls()), (0, 1), (2, 3))

    made = repaired(draft, {0: ()})

    assert made is not None
    assert made.visits(0) == ()
    assert sorted(made.visits(1)) == [0, 1, 2, 3]


def test_of_a_route_that_breaks_a_rule_the_rest_keeps_its_order():
    """A strange order, and behind it a door that closes long before."""
    problem = calls(4, 1)
    shut = replace(problem, locations=(*problem.locations[:3], a_call(4, (0, 12))))

    made = repaired(Draft(of_locations(shut)), {0: (1, 0, 2, 3)})

    assert made is not None
    assert tuple(v for v in made.visits(0) if v != 3) == (1, 0, 2)


def test_what_comes_before_a_fixed_stop_in_a_route_that_breaks_a_rule_stays_before_it():
    problem = calls(4, 1, fixed=(PIN,))
    shut = replace(problem, locations=(*problem.locations[:3], a_call(4, (0, 9))))

    made = repaired(Draft(of_locations(shut)), {0: (1, 0, 2, 3)})

    assert made is not None
    assert made.visits(0)[:3] == (1, 0, 2)


def test_a_next_dose_of_a_route_that_comes_too_soon_is_put_on_another_day():
    """Two to three days between; the engine was told of no day."""
    problem = a_problem(
        campaigns=(a_campaign(min_days=2, max_days=3),),
        needs=(*needs(3), *needs(3, dose_no=2, since_dose=1), *needs(10, "L2")),
        shifts=tuple(a_shift(f"S{day}", day) for day in range(4)),
    )
    first, second = (
        replace(a_visit(problem), id=f"dose {n}", needs=tuple((f"L1-P0{k}", n) for k in range(3)))
        for n in (1, 2)
    )
    indexed = IndexedProblem(problem, [first, second, a_visit(problem, "L2")])
    draft = a_draft(indexed, (0,), (), (1,))

    made = repaired(draft, {1: (2, 1)})

    assert made is not None
    assert (made.where[0], made.where[2]) == (0, 1)
    assert made.where[1] in (2, 3)


def test_of_what_waited_before_those_that_serve_most_in_a_second_get_a_chance():
    """Fifty wait, forty are tried; the first ten weigh little, the last stay five times as long."""
    locations = [replace(a_call(1), id=f"L{k}") for k in range(50)]
    people = (1,) * 40 + (5,) * 10
    indexed = of_locations(a_day_of_seconds(*locations, people=people, stock=(a_lot(30),)))
    for few in ((50, 1_000), (1_000, 260)):
        indexed.weight = [few[0] if v < 10 else few[1] * people[v] for v in range(50)]
        indexed.weight[40:] = [few[1]] * 10

        made = repaired(Draft(indexed), {0: ()})

        assert made is not None
        least = set(range(10)) if few[0] == 50 else set(range(40, 50))
        assert len(made.visits(0)) == 3
        assert least.isdisjoint(made.visits(0))
    assert DEFAULT.repair.unassigned_tried == 40


def test_a_visit_that_is_named_twice_stands_once():
    made = repaired(Draft(of_locations(calls())), {0: (0, 1), 1: (1, 2, 3)})

    assert made is not None
    assert sorted(v for s in range(2) for v in made.visits(s)) == [0, 1, 2, 3]
    assert made.visits(0)[:2] == (0, 1)


def test_a_fixed_stop_stays_at_its_place_whatever_the_engine_says():
    indexed = of_locations(calls(fixed=(PIN,)))
    draft = a_draft(indexed, (0, 2))

    for found in ({0: (0, 1)}, {0: (0,), 1: (2, 1)}, {0: (2, 0)}):
        made = repaired(draft, found)

        assert made is not None
        assert made.where[2] == 0
        route = made.routes[0]
        assert route is not None
        assert route.starts[route.sequence.index(2)] == 30


def test_a_route_is_applied_around_its_fixed_stop_where_there_is_time_before_it():
    draft = a_draft(of_locations(calls(fixed=(PIN,))), (0, 2))

    around = apply_routes(draft, {0: (1, 0, 2, 3)})

    assert around is not None
    assert routes(around) == [(1, 0, 2, 3), ()]
    route = around.routes[0]
    assert route is not None
    assert route.starts[2] == 30


def test_nothing_is_applied_behind_an_outbreak():
    closed = replace(a_call(1), outbreak=Outbreak.LAST)
    problem = replace(calls(3, 1), locations=(closed, a_call(2), a_call(3)))
    draft = a_draft(of_locations(problem))

    made = repaired(draft, {0: (0, 1, 2)})

    assert apply_routes(draft, {0: (0, 1, 2)}) is None
    assert apply_routes(draft, {0: (1, 2, 0)}) is not None
    assert made is not None
    assert made.visits(0)[-1] == 0
    assert made.unassigned() == []


def test_routes_that_take_more_than_there_is_are_not_applied_and_repaired_up_to_it():
    draft = a_draft(of_locations(calls(stock=(a_lot(30),))), (0, 1), (2,))
    found = {0: (0, 1), 1: (2, 3)}

    made = repaired(draft, found)

    assert apply_routes(draft, found) is None
    assert made is not None
    assert made.unassigned() == [3]
    assert made.stockroom.given_out() == {("D1", "moderna"): {0: 30}}


def test_one_resident_in_two_visits_of_a_route_is_asked_about_one_by_one():
    problem = a_problem(
        needs=(*needs(2), *needs(2, campaign_id="C2")),
        campaigns=(a_problem().campaigns[0], replace(a_problem().campaigns[0], id="C2")),
        shifts=(a_shift("S1"), a_shift("S2")),
    )
    first = replace(a_visit(problem), needs=(("L1-P00", 1), ("L1-P01", 1)))
    indexed = IndexedProblem(problem, [first, replace(first, id="again", campaign_id="C2")])
    draft = a_draft(indexed)

    together = apply_routes(draft, {0: (0, 1), 1: ()})
    apart = apply_routes(draft, {0: (0,), 1: (1,)})

    assert together is not None
    assert apart is None  # both teams are out at the same time
    assert routes(repaired(draft, {0: (0, 1)})) == [(0, 1), ()]
    assert routes(repaired(draft, {0: (0,), 1: (1,)})) in ([(0, 1), ()], [(1, 0), ()])


@pytest.mark.parametrize("seed", range(25))
def test_whatever_an_engine_says_no_visit_that_had_a_place_and_still_fits_is_lost(seed: int):
    random = Random(seed)
    problem = a_drawn_day(seed, 6, teams=2)
    indexed = of_locations(problem)
    draft = Draft(indexed)
    insert_unassigned(draft, InsertionCosts(indexed))
    drawn: dict[int, tuple[int, ...]] = {0: (), 1: ()}
    for v in random.sample(range(6), 6):
        drawn[random.randrange(2)] += (v,)

    made = repaired(draft, drawn)

    assert made is not None
    stands = {v: s for s in range(2) for v in made.visits(s)}
    assert made.where == [stands.get(v, NOWHERE) for v in range(6)]
    for v in set(made.unassigned()) - set(draft.unassigned()):
        cheapest = InsertionCosts(indexed)
        assert all(cheapest.find_cheapest(made, v, s) is None for s in indexed.possible_shifts[v])
    assert broken_rules(problem, made) <= {"eligibility"}


@pytest.mark.parametrize("seed", range(8))
def test_routes_are_applied_when_the_draft_would_take_them_one_visit_after_the_other(seed: int):
    indexed = of_locations(a_drawn_day(seed, 3))
    for visits in permutations(range(3)):
        made = apply_routes(Draft(indexed), {0: visits})

        stepwise = Draft(indexed)
        fits = all(
            stepwise.set_route(0, tuple(u for u in visits if u in visits[: k + 1]))
            for k in range(3)
        )
        assert (made is not None) == fits
        assert made is None or made.visits(0) == visits
