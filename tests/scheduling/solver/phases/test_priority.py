"""Nobody waits who could have the place of somebody of lower priority at the same location."""

from dataclasses import replace

from scheduling.limits import Limits
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.rules import check
from scheduling.solve import solve
from scheduling.solver.model.draft import Draft
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.phases.priority import serve_priority_first
from tests.scheduling.builders import a_lot, a_need, a_problem, a_product, a_visit
from tests.scheduling.solver.small import a_case

HIGH = tuple(a_need(f"high {k}", priority=80) for k in range(20))
LOW = tuple(a_need(f"low {k}", priority=20) for k in range(20))


def served(plan: Plan) -> set[str]:
    return {person for r in plan.routes for stop in r.stops for person, _ in stop.visit.needs}


def test_of_forty_residents_those_of_the_highest_priority_get_the_nineteen_doses():
    single = a_product(doses_per_container=1)
    problem = a_problem(needs=(*HIGH, *LOW), products=(single,), stock=(a_lot(19),))

    plan = solve(problem, Limits(10, rounds=3))

    assert check(problem, plan) == ()
    assert len(served(plan)) == 19
    assert served(plan) < {need.person_id for need in HIGH}


def two_visits(problem: Problem) -> Draft:
    """One visit to the low ones in a route, one to the high ones in none."""
    whole = a_visit(problem)
    parts = [
        replace(whole, id=name, needs=tuple(sorted((n.person_id, n.dose_no) for n in some)))
        for name, some in (("made", LOW[:3]), ("waiting", HIGH[:2]))
    ]
    draft = Draft(a_case(problem).with_visits(parts))
    assert draft.set_route(0, (0,))
    return draft


def exchanged(problem: Problem) -> set[str]:
    draft = two_visits(problem)
    other, _ = serve_priority_first(draft, InsertionCosts(draft.indexed))
    people = {person for visit in other.indexed.visits for person, _ in visit.needs}
    assert people == {need.person_id for need in (*LOW[:3], *HIGH[:2])}
    return {person for person, _ in other.indexed.visits[other.visits(0)[0]].needs}


def test_as_many_change_places_as_there_are_of_a_higher_priority():
    problem = a_problem(needs=(*LOW[:3], *HIGH[:2]))

    assert exchanged(problem) == {"high 0", "high 1", "low 2"}


def test_who_takes_more_time_or_is_not_due_that_day_keeps_waiting():
    late, slow = replace(HIGH[0], first_day=1), replace(HIGH[1], extra_seconds=60)
    problem = a_problem(needs=(*LOW[:3], late, slow))

    assert exchanged(problem) == {"low 0", "low 1", "low 2"}
