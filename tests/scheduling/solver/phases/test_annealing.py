"""Chains of annealed ruins use the numbers that they are given, in any process, and leave none behind."""

from dataclasses import replace

from scheduling.problem import Problem, Travel
from scheduling.routing.problem import Effort
from scheduling.routing.processes import Workers
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.params import DEFAULT, SearchParams
from scheduling.solver.phases.annealing import AnnealingChain, ChainResult, restore_draft
from scheduling.visits.grouping import group
from tests.scheduling.builders import a_location, a_problem, a_product, a_shift, at, needs

WASTE_IS_NOTHING = replace(DEFAULT, weights=replace(DEFAULT.weights, wasted=0))


def two_towns() -> Problem:
    """4 and 3 people in one town, 6 and 7 in another, containers of ten: who fills them drives between the towns."""
    town = (0, 1, 1, 2, 2)
    seconds = tuple(
        tuple(0 if a == b else 60 if town[a] == town[b] else 600 for b in range(5))
        for a in range(5)
    )
    metres = tuple(tuple(15 * value for value in row) for row in seconds)
    ends = at(0, 11)  # locations open at nine: a shift makes two visits
    return a_problem(
        locations=tuple(a_location(f"L{k}", k) for k in range(1, 5)),
        products=(a_product(open_may_travel=True),),
        needs=(*needs(4, "L1"), *needs(3, "L2"), *needs(6, "L3"), *needs(7, "L4")),
        shifts=(a_shift("S1", end=ends), a_shift("S2", end=ends)),
        travel=Travel("test", seconds, metres),
    )


def a_chain(params: SearchParams) -> AnnealingChain:
    problem = two_towns()
    return AnnealingChain(
        token=params.weights.wasted,  # a search has one set of numbers
        problem=problem,
        visits=tuple(group(problem)),
        start=(),
        known=(),
        start_temperature=600.0,
        end_temperature=10.0,
        master=False,
        effort=Effort(60, 200),
        seed=1,
        params=params,
    )


def best_of(result: ChainResult | None) -> Draft:
    assert result is not None
    problem = two_towns()
    return restore_draft(IndexedProblem(problem, group(problem)), result.best)


def test_a_chain_wastes_less_when_waste_is_worth_more():
    usual, ignorant = (best_of(a_chain(params).run()) for params in (DEFAULT, WASTE_IS_NOTHING))

    assert (usual.values().doses_wasted, ignorant.values().doses_wasted) == (0, 10)
    assert usual.values().metres > ignorant.values().metres


def test_a_chain_in_a_worker_gives_what_it_gives_here():
    chains = [a_chain(DEFAULT), a_chain(WASTE_IS_NOTHING)]

    with Workers(1) as here, Workers(2) as beside:
        assert beside.run(chains) == here.run(chains)


def test_a_chain_leaves_no_number_behind_in_its_process():
    first = a_chain(DEFAULT).run()
    a_chain(WASTE_IS_NOTHING).run()

    assert a_chain(DEFAULT).run() == first
