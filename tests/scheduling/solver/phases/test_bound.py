"""No plan is better than its bound, and where nothing is left to gain the bound says so."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scheduling.limits import Limits
from scheduling.solve import solve
from scheduling.solver.phases.bound import compute_bounds
from tests.effort import examples
from tests.scheduling.builders import a_lot, a_problem, a_product, a_shift, at, needs
from tests.scheduling.solver.model.test_draft import a_draft_after_ruins

QUICK = Limits(5, 2)


@examples(short=40, long=150)
@given(st.integers(0, 10**9))
def test_no_draft_is_better_than_its_bound(seed: int):
    _, draft = a_draft_after_ruins(seed)

    values = draft.values()

    found = compute_bounds(draft.indexed, values)
    assert all(least <= value for least, value in zip(found, values.as_tuple(), strict=True))


def test_one_call_at_a_time_reaches_the_bound_but_for_the_way_home():
    plan = solve(a_problem(), QUICK)

    assert plan.bound is not None
    assert plan.bound[:4] == plan.values.as_tuple()[:4]
    assert plan.bound[4] == plan.values.working_seconds - 600


def test_people_without_a_dose_are_counted():
    plan = solve(a_problem(stock=(a_lot(6),)), QUICK)

    assert plan.bound is not None
    assert plan.values.unserved_weight == 10 * 51
    assert plan.bound[0] == 4 * 51 - 1  # rounded down for the floating point


def test_people_whom_no_shift_could_ever_serve_are_counted_exactly():
    late = a_problem(shifts=(a_shift(start=at(0, 18), end=at(0, 20)),))

    plan = solve(late, QUICK)

    assert plan.bound is not None
    assert plan.bound[0] == plan.values.unserved_weight == 510


def test_what_does_not_divide_into_containers_is_wasted_by_every_plan():
    travels = a_problem(products=(a_product(open_may_travel=True),))

    plan = solve(replace(travels, needs=(*needs(7, "L1"), *needs(6, "L2"))), QUICK)

    assert plan.bound is not None
    assert plan.bound[2] == 7
