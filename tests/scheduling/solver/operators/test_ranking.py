"""Which visit is inserted first: by what it loses elsewhere, or by whom it serves for each dose."""

from dataclasses import replace

from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.ranking import rank_by_regret, rank_by_weight_per_dose
from scheduling.solver.params import DEFAULT
from tests.scheduling.builders import a_crisis, a_need, a_problem, a_visit
from tests.scheduling.solver.small import a_call, a_day_of_seconds, of_locations


def test_what_must_be_served_first_is_what_loses_most_without_its_best_shift():
    indexed = of_locations(a_day_of_seconds(*(a_call(k) for k in (1, 2, 3)), people=(1, 1, 1)))
    rank_of = rank_by_regret(indexed, DEFAULT.insertion)

    ranks = {
        0: rank_of(0, [10, 30]),
        1: rank_of(1, [10, 40, 90]),
        2: rank_of(2, [99_999]),
    }

    assert sorted(ranks, key=ranks.__getitem__) == [2, 1, 0]
    assert ranks[0][1] == -20
    assert ranks[2][1] == -DEFAULT.insertion.only_shift_regret


def test_crises_and_next_doses_go_before_any_regret():
    problem = a_problem(
        needs=(a_need("P1"), a_need("P2", "L2", dose_no=2)), crisis_visits=(a_crisis(),)
    )
    indexed = IndexedProblem(
        problem,
        [
            a_visit(problem),
            a_visit(problem, "L2"),
            replace(a_visit(problem), id="X1", campaign_id=None, product_id=None, needs=()),
        ],
    )

    for rank_of in (rank_by_regret(indexed, DEFAULT.insertion), rank_by_weight_per_dose(indexed)):
        ranks = [rank_of(0, [0]), rank_of(1, [0, 5]), rank_of(2, [0, 1])]
        assert ranks == sorted(ranks, reverse=True)


def test_most_people_for_each_dose_go_first_and_then_the_cheapest():
    """Ten of ten doses, eleven of twenty, and ten of ten again."""
    problem = a_day_of_seconds(*(a_call(k) for k in (1, 2, 3)), people=(10, 11, 10))
    indexed, ranked = of_locations(problem), [7]
    rank_of = rank_by_weight_per_dose(indexed)

    order = sorted(range(3), key=lambda v: rank_of(v, ranked if v else [8]))

    assert order == [2, 0, 1]
    assert rank_of(1, ranked)[1] == -11 * 51 / 20
