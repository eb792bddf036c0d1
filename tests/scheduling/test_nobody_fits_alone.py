"""Nobody stays out of a plan who would fit alone, by the rules of the checker: of a solve, a repair and an offer alike."""

from collections.abc import Callable

import pytest

from scheduling.care.lookup import NeedKey
from scheduling.improve import improve
from scheduling.plan import Plan, Reason
from scheduling.problem import Problem
from scheduling.solve import Limits, repair, solve
from tests.effort import either
from tests.scheduling.alone import list_fitting
from tests.scheduling.builders import a_lot, a_problem, a_shift, at, needs
from tests.scheduling.strange import a_day_later, a_strange_problem
from tests.scheduling.test_promises import an_event

QUICK = Limits(seconds=10, rounds=3)


def solve_new(seed: int) -> tuple[Problem, Plan]:
    problem = a_strange_problem(seed)
    return problem, solve(problem, QUICK, seed=seed)


def solve_later(seed: int) -> tuple[Problem, Plan]:
    before = a_strange_problem(seed)
    problem = a_day_later(seed, before, solve(before, QUICK, seed=seed))
    return problem, solve(problem, QUICK, seed=seed)


def answer_event(seed: int) -> tuple[Problem, Plan]:
    problem, _ = an_event(seed)
    return problem, repair(problem, Limits(0.0), seed=seed)


def repair_after(seed: int) -> tuple[Problem, Plan]:
    problem, _ = an_event(seed)
    return problem, repair(problem, QUICK, seed=seed)


def offer_better(seed: int) -> tuple[Problem, Plan]:
    problem, _ = an_event(seed)
    return problem, improve(problem, QUICK, seed=seed).plan


# Numbered, not drawn: 2,250 problems in the long run.
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("make", "long"),
    [
        (solve_new, 1200),
        (solve_later, 350),
        (answer_event, 300),
        (repair_after, 200),
        (offer_better, 200),
    ],
)
def test_nobody_stays_out_who_fits_alone(make: Callable[[int], tuple[Problem, Plan]], long: int):
    for seed in range(either(short=12, long=long)):
        problem, plan = make(seed)

        found = [(one.key, one.shift_id, one.joins) for one in list_fitting(problem, plan)]
        assert {key for key, *_ in found} <= unsecured(plan), seed


def unsecured(plan: Plan) -> set[NeedKey]:
    """Whom the search leaves out for next doses: it reserves those too that the plan gives itself, the checker does not."""
    return {
        (row.person_id or "", row.campaign_id or "", row.dose_no or 0)
        for row in plan.unassigned
        if Reason.NEXT_DOSE_NOT_SECURED in row.reasons
    }


def test_somebody_who_fits_is_found():
    problem = a_problem(needs=needs(3), stock=(a_lot(10),), shifts=(a_shift(end=at(0, 16)),))
    empty = solve(a_problem(needs=needs(3), stock=()), QUICK)

    assert len(list_fitting(problem, empty)) == 1  # they count alike
