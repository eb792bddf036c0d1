"""Whoever would still fit alone gets a place, though those before them in the visit do not fit."""

from dataclasses import replace

from scheduling.limits import Limits
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.rules import check
from scheduling.solve import solve
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.series import find_follows
from tests.scheduling.builders import (
    a_campaign,
    a_lot,
    a_need,
    a_problem,
    a_product,
    a_shift,
    a_visit,
    at,
    needs,
)
from tests.scheduling.solver.small import a_case


def served(problem: Problem) -> set[str]:
    plan: Plan = solve(problem, Limits(10, rounds=3))
    assert check(problem, plan) == ()
    return {person for r in plan.routes for stop in r.stops for person, _ in stop.visit.needs}


def test_who_takes_less_time_is_served_though_no_whole_visit_fits():
    slow = a_need("slow", priority=80, extra_seconds=4 * 3600)
    problem = a_problem(needs=(slow, a_need("quick")), shifts=(a_shift(end=at(0, 10.5)),))

    assert served(problem) == {"quick"}


def test_who_is_observed_for_less_long_is_served_too():
    long = a_need("long", priority=80, observation_seconds=4 * 3600)
    problem = a_problem(needs=(long, a_need("quick")), shifts=(a_shift(end=at(0, 10.5)),))

    assert served(problem) == {"quick"}


def test_ten_doses_serve_ten_of_fourteen_who_begin_a_series():
    first = needs(14)
    second = tuple(replace(one, dose_no=2, since_dose=1) for one in first)
    campaign = a_campaign(min_days=28, reserve_next_dose=False)
    problem = a_problem(needs=(*first, *second), campaigns=(campaign,), stock=(a_lot(10),))

    assert len(served(problem)) == 10


def test_who_joins_a_visit_takes_over_the_next_doses_that_it_reserved():
    problem = a_problem(
        needs=needs(9),
        campaigns=(a_campaign(reserve_next_dose=True),),
        products=(a_product(doses_per_container=10),),
        stock=(a_lot(20),),
    )
    whole = a_visit(problem)
    eight = replace(whole, id="eight", needs=whole.needs[:8])
    draft = Draft(a_case(problem).with_visits([eight, replace(whole, id="nine")]))
    assert draft.set_route(0, (0,))

    assert draft.exchange(0, 1)
    assert draft.visits(0) == (1,)


def test_of_visits_to_the_same_people_only_the_first_is_in_a_series():
    first = needs(2)
    second = tuple(replace(one, dose_no=2, since_dose=1) for one in first)
    problem = a_problem(needs=(*first, *second))
    visit = a_visit(problem)
    names = ("first", "next", "trial")
    doses = (1, 2, 1)
    visits = [
        replace(visit, id=name, needs=tuple((one.person_id, dose) for one in first))
        for name, dose in zip(names, doses, strict=True)
    ]

    found = find_follows(problem, visits, {name: k for k, name in enumerate(names)})

    assert [(one.before, one.after) for one in found] == [(0, 1)]
