"""A sub-problem solved again by OR-Tools with every rule: never worse, nothing lost, nothing outside touched."""

from random import Random

import pytest

from scheduling.problem import Problem
from scheduling.solver.decomposition.subproblem import SubProblem
from scheduling.solver.exact.resolve import ResolveEffort, resolve
from scheduling.solver.model.draft import Draft
from scheduling.solver.operators.acceptance import weighted_cost
from scheduling.solver.operators.insertion import InsertionCosts, insert_unassigned
from scheduling.solver.params import DEFAULT
from tests.scheduling.builders import a_lot, a_pin, a_shift
from tests.scheduling.solver.small import a_call, a_day_of_seconds, a_drawn_day, of_locations

ONCE = ResolveEffort(seconds=20.0, beyond_optimum=False)  # ends in its first local optimum
ALL = SubProblem((0, 1), (0, 1, 2, 3))


def calls(**changes) -> Problem:
    """Ten people at each of places 1 to 4 of a line; two teams that could make all of them."""
    shifts = tuple(a_shift(f"S{k}", start=0, end=120, injectors=5) for k in range(2))
    usual = {"shifts": shifts, "day_starts": (0, 120)}
    return a_day_of_seconds(
        *(a_call(k, (0, 119)) for k in range(1, 5)), people=(10,) * 4, **(usual | changes)
    )


def a_draft(problem: Problem, *routes: tuple[int, ...]) -> Draft:
    draft = Draft(of_locations(problem))
    for s, visits in enumerate(routes):
        assert not visits or draft.set_route(s, visits)
    return draft


def again(draft: Draft, sub_problem: SubProblem = ALL) -> Draft:
    made = resolve(draft.indexed, draft, sub_problem, ONCE)
    assert made is not None
    return made


def cost(draft: Draft) -> float:
    return weighted_cost(draft.values(), DEFAULT.weights)


def test_a_strange_order_becomes_a_short_one():
    """Out and back over four places is 24 seconds, and eight of stays."""
    draft = a_draft(calls(), (3, 0, 2, 1))

    made = again(draft)

    assert made.values().working_seconds == 24 + 4 * 2
    assert made.unassigned() == []
    assert draft.visits(0) == (3, 0, 2, 1)


def test_a_visit_without_a_stop_gets_one_where_there_is_stock():
    enough, short = (a_draft(calls(stock=(a_lot(n),)), (0, 1), (2,)) for n in (40, 30))

    assert again(enough).unassigned() == []
    assert len(again(short).unassigned()) == 1


def test_what_is_not_in_the_sub_problem_stays_as_it_is():
    draft = a_draft(calls(), (3, 0, 1), (2,))

    made = again(draft, SubProblem((0,), (0, 1, 3)))

    assert made.visits(1) == (2,)
    assert made.values().working_seconds < draft.values().working_seconds


def test_a_fixed_stop_keeps_its_shift_and_moment():
    pin = a_pin("visit of L2", 50, ["L2-P00"], location_id="L2", service_seconds=2)
    draft = a_draft(calls(fixed=(pin,)), (3, 0))

    made = again(draft)

    route = made.routes[1]
    assert made.where[1] == 1
    assert route is not None
    assert route.starts[route.sequence.index(1)] == 50
    assert made.unassigned() == []


def test_without_shifts_or_visits_there_is_nothing_to_solve():
    draft = a_draft(calls(), (0,))

    assert resolve(draft.indexed, draft, SubProblem((), (0,)), ONCE) is None
    assert resolve(draft.indexed, draft, SubProblem((0,), ()), ONCE) is None


@pytest.mark.parametrize("seed", range(15))
def test_a_plan_that_is_solved_again_is_never_worse(seed: int):
    indexed = of_locations(a_drawn_day(seed, 5, teams=2))
    draft = Draft(indexed)
    insert_unassigned(draft, InsertionCosts(indexed))
    visits = Random(seed).sample(range(5), 5)

    made = resolve(indexed, draft, SubProblem((0, 1), tuple(visits)), ONCE)

    assert made is not None
    assert cost(made) <= cost(draft)
