"""Where doses are short, no container is opened for three people while seven elsewhere wait for it."""

from dataclasses import replace

from scheduling.limits import Limits
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.rules import check
from scheduling.solve import solve
from scheduling.solver.columns.whole import WholePlan
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.params import DEFAULT
from scheduling.solver.phases.dear_doses import cut_dear_rests
from scheduling.visits.grouping import group
from tests.scheduling.builders import (
    a_location,
    a_lot,
    a_problem,
    a_product,
    a_shift,
    a_travel,
    needs,
)

HOMES = 16
AT_ONCE = Limits(seconds=0)


def homes_of(doses: int, people: int = 13, **changes) -> Problem:
    """Homes with so many residents each, time for all, and so many doses in containers of ten."""
    homes = [a_location(f"L{k}", k) for k in range(1, HOMES + 1)]
    usual = {
        "locations": tuple(homes),
        "needs": tuple(need for row in homes for need in needs(people, row.id)),
        "shifts": tuple(a_shift(f"S{day}", day, capacity=200) for day in range(8)),
        "stock": (a_lot(doses),),
        "travel": a_travel(HOMES + 1),
    }
    return a_problem(**(usual | changes))


def count_served(plan: Plan) -> int:
    return sum(len(stop.visit.needs) for route in plan.routes for stop in route.stops)


def cut_visits(problem: Problem) -> int:
    """The number of visits once those were cut whose rest is worth less than its doses."""
    indexed = IndexedProblem(problem, group(problem))
    whole = WholePlan(Draft(indexed), DEFAULT)
    whole.warm(DEFAULT.columns.first_steps)
    cut = cut_dear_rests(Draft(indexed), whole, DEFAULT)
    return indexed.size if cut is None else cut.draft.indexed.size


def test_the_first_plan_gives_every_dose_to_somebody_where_doses_are_short():
    problem = homes_of(doses=140)

    plan = solve(problem, AT_ONCE)

    assert check(problem, plan) == ()
    assert count_served(plan) == 140
    assert plan.values.doses_wasted == 0


def test_who_stays_out_of_a_visit_that_is_cut_is_of_the_lowest_priority():
    problem = homes_of(doses=140)
    first = {f"L{k}-P{n:02}" for k in range(1, HOMES + 1) for n in (0, 4, 12)}
    urgent = tuple(
        replace(need, priority=90) if need.person_id in first else need for need in problem.needs
    )
    problem = replace(problem, needs=urgent)

    plan = solve(problem, AT_ONCE)

    for route in plan.routes:
        for stop in route.stops:
            people = {person for person, _ in stop.visit.needs}
            home = {person for person in first if person.startswith(f"{stop.visit.location_id}-")}
            assert home <= people


def test_nobody_is_left_at_a_home_where_there_are_doses_for_all():
    problem = homes_of(doses=20 * HOMES)

    plan = solve(problem, AT_ONCE)

    assert count_served(plan) == 13 * HOMES
    assert max(len(route.stops) for route in plan.routes) <= HOMES
    assert sum(len(route.stops) for route in plan.routes) == HOMES


def test_visits_are_cut_only_where_containers_stay_at_the_door():
    short = homes_of(doses=140)
    travelling = replace(short, products=(a_product(open_may_travel=True),))

    assert cut_visits(short) == 2 * HOMES
    assert cut_visits(travelling) == HOMES


def test_no_visit_is_cut_where_the_rest_is_worth_a_container():
    assert cut_visits(homes_of(doses=140, people=19)) == HOMES
    assert cut_visits(homes_of(doses=140, people=20)) == HOMES
    assert cut_visits(homes_of(doses=140, people=9)) == HOMES


def test_equal_work_gives_equal_plans_of_visits_that_were_cut():
    problem = homes_of(doses=140)
    assert len(group(problem)) > DEFAULT.columns.enough_visits

    assert solve(problem, AT_ONCE, seed=4).routes == solve(problem, AT_ONCE, seed=4).routes
