"""The stops of a shift are chosen anew where two visits would have to give way at once."""

from math import inf

from scheduling.solver.budget import Budget
from scheduling.solver.column_params import RechoiceParams
from scheduling.solver.model.draft import Draft
from scheduling.solver.phases.rechoosing import rechoose
from tests.scheduling.builders import (
    a_location,
    a_lot,
    a_need,
    a_problem,
    a_product,
    a_travel,
)
from tests.scheduling.solver.small import a_case

ENDLESS = Budget(inf, None)


def a_choice() -> Draft:
    """Two visits to six people of low priority in a route, while all their doses would serve twenty-four others."""
    low = tuple(a_need(f"low {k} {n}", f"L{k}", priority=20) for k in (1, 2) for n in range(6))
    high = tuple(a_need(f"high {n}", "L3", priority=50) for n in range(24))
    problem = a_problem(
        needs=(*low, *high),
        locations=tuple(a_location(f"L{k}", k) for k in (1, 2, 3)),
        products=(a_product(doses_per_container=12),),
        stock=(a_lot(24),),
        travel=a_travel(4),
    )
    indexed = a_case(problem)
    draft = Draft(indexed)
    first = [v for v, visit in enumerate(indexed.visits) if visit.location_id != "L3"]
    assert draft.set_route(0, tuple(first))
    return draft


def test_two_visits_give_way_to_one_of_more_weight():
    found = rechoose(a_choice(), RechoiceParams(), ENDLESS)

    assert found is not None
    places = {found.indexed.visits[v].location_id for v in found.visits(0)}
    assert "L3" in places


def test_nothing_is_chosen_anew_when_the_time_is_up_or_many_wait():
    assert rechoose(a_choice(), RechoiceParams(), Budget(0.0, None)) is None
    assert rechoose(a_choice(), RechoiceParams(most_waiting=5), ENDLESS) is None
