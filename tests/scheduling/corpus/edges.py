"""What every plan at an edge is made of: usual routes, and everybody else listed as left out."""

from dataclasses import dataclass
from typing import Any

from scheduling.care.lookup import key_of
from scheduling.plan import Plan, Reason, Route, Unassigned, Visit
from scheduling.problem import Problem
from tests.scheduling.builders import (
    a_plan,
    a_problem,
    a_route,
    a_visit,
    at,
    needs,
)


@dataclass(frozen=True)
class Judged:
    """A plan with the one rule that it breaks, or none."""

    name: str
    problem: Problem
    plan: Plan
    broken: str | None


Case = tuple[Any, ...]  # name, problem, routes, the rule that breaks, and what else the plan says


TWO = a_problem(needs=(*needs(10, "L1"), *needs(10, "L2")))


STAY = 3000  # seconds of a call on ten by two injectors


def complete(problem: Problem, routes: tuple[Route, ...]) -> Plan:
    """The routes with everybody else listed as left out."""
    served = {
        (person, stop.visit.campaign_id, dose)
        for route in routes
        for stop in route.stops
        for person, dose in stop.visit.needs
    }
    made = {stop.visit.id for route in routes for stop in route.stops}
    full = (Reason.SHIFTS_FULL,)
    left = [
        Unassigned(need.location_id, need.campaign_id, need.person_id, need.dose_no, None, full)
        for need in problem.needs
        if key_of(need) not in served
    ]
    left += [
        Unassigned(crisis.location_id, None, None, None, crisis.id, full)
        for crisis in problem.crisis_visits
        if crisis.id not in made
    ]
    return a_plan(problem, *routes, unassigned=tuple(left))


def one(problem: Problem, start: int = at(0, 9), shift: str = "S1", **changes) -> tuple[Route, ...]:
    """One call on everybody of L1."""
    pause = changes.pop("pause_start", None)
    visit = a_visit(problem, **changes)
    return (a_route(problem, shift, (visit, start), pause_start=pause),)


def both(problem: Problem, second: int = at(0, 11)) -> tuple[Route, ...]:
    """One route over L1 at nine and L2."""
    calls = ((a_visit(problem, "L1"), at(0, 9)), (a_visit(problem, "L2"), second))
    return (a_route(problem, "S1", *calls),)


def a_crisis_visit(problem: Problem, **changes) -> Visit:
    none = {"campaign_id": None, "product_id": None, "needs": ()}
    return a_visit(problem, **({"id": "X1", **none} | changes))


def a_crisis_route(problem: Problem, start: int, shift: str = "S1", **changes) -> tuple[Route, ...]:
    return (a_route(problem, shift, (a_crisis_visit(problem, **changes), start)),)
