"""No plan is better than its bound, and where nothing is left to gain the bound says so."""

from dataclasses import replace
from itertools import permutations, product
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scheduling.limits import Limits
from scheduling.plan import WITHOUT_ROUTES
from scheduling.problem import Problem
from scheduling.solve import solve
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.phases.bound import compute_bounds
from scheduling.visits.grouping import group
from tests.effort import examples
from tests.scheduling.builders import a_lot, a_problem, a_product, a_shift, at, needs
from tests.scheduling.solver.model.test_draft import a_draft_after_ruins
from tests.scheduling.solver.small import a_drawn_day

QUICK = Limits(5, 2)


@examples(short=40, long=150)
@given(st.integers(0, 10**9))
def test_no_draft_is_better_than_its_bound(seed: int):
    _, draft = a_draft_after_ruins(seed)

    values = draft.values()

    found, _ = compute_bounds(draft.indexed, values)
    assert all(least <= value for least, value in zip(found, values.as_tuple(), strict=True))


def a_tight_day(seed: int) -> Problem:
    """Three locations of up to five, one team, containers of two or three, and too few doses or too little time."""
    random = Random(seed)
    problem = a_drawn_day(seed, windows=1)
    size = random.choice((1, 2, 3))
    people = [
        need
        for location in problem.locations
        for need in needs(random.randrange(1, 6), location.id, priority=random.choice((20, 80)))
    ]
    return replace(
        problem,
        needs=tuple(people),
        products=(replace(problem.products[0], doses_per_container=size),),
        stock=(a_lot(random.randrange(4, 16)),),
    )


def most_of_all(problem: Problem) -> tuple[int, int, dict[int, int]]:
    """The most weight and people of any plan, and the least waste for each weight: every order of every number of residents is tried.

    Visits are as they were grouped, and one for each location.
    """
    apart = group(problem)
    together = {
        visit.location_id: replace(
            visit,
            needs=tuple(
                one for v in apart if v.location_id == visit.location_id for one in v.needs
            ),
        )
        for visit in apart
    }
    best = most = 0
    least: dict[int, int] = {}
    for visits_of_all, sizes in (
        (whole, sizes)
        for whole in (apart, tuple(together.values()))
        for sizes in product(*(range(len(visit.needs) + 1) for visit in whole))
    ):
        chosen = zip(sizes, visits_of_all, strict=True)
        visits = [replace(visit, needs=visit.needs[:n]) for n, visit in chosen if n]
        indexed = IndexedProblem(problem, visits)
        draft = Draft(indexed)
        if any(draft.set_route(0, order) for order in permutations(range(len(visits)))):
            weight = sum(indexed.weight)
            best, most = max(best, weight), max(most, sum(sizes))
            least[weight] = min(draft.wasted(), least.get(weight, 1 << 30))
    return best, most, least


@examples(short=25, long=150)
@given(st.integers(0, 10**9))
def test_no_plan_of_all_serves_more_or_wastes_less_than_is_proven(seed: int):
    problem = a_tight_day(seed)
    weight, people, least = most_of_all(problem)
    total = sum(IndexedProblem(problem, group(problem)).weight)

    plan = solve(problem, QUICK)

    assert plan.proven is not None
    assert plan.proven.relaxation == WITHOUT_ROUTES
    assert plan.proven.unserved_weight <= total - weight <= plan.values.unserved_weight
    assert plan.proven.people_served >= people
    enough = [
        waste for served, waste in least.items() if served >= total - plan.values.unserved_weight
    ]
    assert plan.proven.doses_wasted <= min(enough)


def test_residents_of_two_visits_who_could_share_containers_are_counted_together():
    longest = a_problem(needs=needs(37), max_residents_per_visit=20, stock=(a_lot(40),))

    plan = solve(longest, QUICK)

    assert plan.proven is not None
    assert plan.proven.people_served == 37
    assert plan.proven.doses_wasted == 3


def test_one_call_at_a_time_reaches_the_bound_but_for_the_way_home():
    plan = solve(a_problem(), QUICK)

    assert plan.bound is not None
    assert plan.bound[:4] == plan.values.as_tuple()[:4]
    assert plan.bound[4] == plan.values.working_seconds - 600


def test_people_without_a_dose_are_counted():
    plan = solve(a_problem(stock=(a_lot(6),)), QUICK)

    assert plan.bound is not None
    assert plan.values.unserved_weight == 10 * 51
    assert plan.bound[0] == 4 * 51


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
