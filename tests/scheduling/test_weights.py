"""The weighted sum of a plan's values keeps the agreed order, whatever the numbers are."""

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from scheduling.objective import values
from scheduling.plan import Values
from scheduling.problem import Problem
from scheduling.solve import Limits, solve
from scheduling.weights import most_of, weights
from tests.effort import examples
from tests.scheduling.builders import a_need, a_problem, a_route, a_visit, at, needs
from tests.scheduling.strange import a_strange_problem

PROBLEM = a_problem(needs=(*needs(13, "L1"), a_need("P1", "L2", dose_no=2, ideal_day=3)))


def weighted(one: Values, by: tuple[int, ...]) -> int:
    return sum(weight * value for weight, value in zip(by, one.as_tuple(), strict=True))


def some_values(problem: Problem) -> st.SearchStrategy[Values]:
    """Anything that a plan of the problem could be worth, its bounds included and likely."""
    most = most_of(problem)

    def up_to(value: int) -> st.SearchStrategy[int]:
        return st.one_of(st.integers(0, value), st.sampled_from((0, value)))

    return st.builds(
        Values, up_to(10**6), *(up_to(value) for value in most[1:]), wish_seconds=st.just(0)
    )


@examples(short=60, long=300)
@given(st.data(), st.integers(0, 10**6))
def test_two_plans_are_in_the_same_order_by_sum_and_by_value(data: st.DataObject, seed: int):
    problem = a_strange_problem(seed)
    one, other = (data.draw(some_values(problem)) for _ in range(2))
    by = weights(problem)

    assert (weighted(one, by) < weighted(other, by)) == (one.as_tuple() < other.as_tuple())
    assert (weighted(one, by) == weighted(other, by)) == (one.as_tuple() == other.as_tuple())


def test_each_weight_is_more_than_everything_after_it_together():
    by, most = weights(PROBLEM), most_of(PROBLEM)

    for k in range(len(by)):
        after = sum(w * m for w, m in zip(by[k + 1 :], most[k + 1 :], strict=True))
        assert by[k] > after


@examples(short=10, long=30)
@given(st.integers(0, 10**9))
def test_no_plan_has_more_than_the_weights_count_on(seed: int):
    problem = a_strange_problem(seed)

    plan = solve(problem, Limits(5, 1), seed=seed)

    for value, most in zip(plan.values.as_tuple()[1:], most_of(problem)[1:], strict=True):
        assert value <= most
    assert plan.weights == weights(problem)


def test_wishes_count_as_work_by_the_policy_of_the_region():
    wishing = replace(
        PROBLEM,
        needs=needs(3, "L1", dose_no=2, previous_team_id="another", ideal_day=2),
        same_team_seconds=100,
        ideal_day_seconds=7,
    )
    route = a_route(wishing, "S1", (a_visit(wishing), at(0, 9)))

    found = values(wishing, (route,))

    assert (found.other_team, found.days_off) == (3, 6)
    assert found.wish_seconds == 3 * 100 + 6 * 7
    assert found.as_tuple()[4] == found.working_seconds + found.wish_seconds


def test_the_six_named_values_stand_in_the_agreed_order():
    names = [field.name for field in fields(Values)][:6]
    value = Values(1, 2, 3, 4, 5, 6)

    assert value.as_tuple() == (1, 2, 3, 4, 5, 6)
    assert names == [
        *("unserved_weight", "late_next_doses", "doses_wasted"),
        *("moved_stops", "working_seconds", "metres"),
    ]
