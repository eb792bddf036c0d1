"""The rules of care and labour that every plan keeps, each by name; `check` judges a plan without any solver."""

from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType

from scheduling.care.lookup import routes_with_shifts
from scheduling.care.told import published_to_come
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem
from scheduling.promises import to_promises, without
from scheduling.rules import (
    asked,
    breaks,
    consent,
    cool_box,
    coverage,
    crew,
    dose_interval,
    due,
    duty,
    eligibility,
    fairness,
    fixed,
    lent,
    once,
    open_container,
    outbreak,
    promise,
    reservation,
    rest,
    shift_hours,
    skills,
    stock,
    time_windows,
    together,
    transport,
)

RULES: tuple[ModuleType, ...] = (
    consent,
    eligibility,
    due,
    dose_interval,
    once,
    time_windows,
    outbreak,
    shift_hours,
    breaks,
    rest,
    duty,
    crew,
    skills,
    cool_box,
    open_container,
    transport,
    stock,
    reservation,
    asked,
    fixed,
    promise,
    lent,
    together,
    fairness,
    coverage,
)


# About what a plan leaves out, or how it was made: no frozen stop excuses that.
NOT_ALONE = ("coverage", "fixed", "promise", "fairness")


# Of a plan that does not list whom it leaves out.
WITHOUT_LISTS: tuple[ModuleType, ...] = tuple(rule for rule in RULES if rule is not coverage)


def check(
    problem: Problem, plan: Plan, rules: Sequence[ModuleType] = RULES
) -> tuple[Violation, ...]:
    """Every rule that the plan breaks, frozen stops included; empty for a feasible plan.

    Pins that the plan names as released do not bind it; published stops that it names as held do.
    """
    problem = _as_made(problem, plan)
    if unknown := tuple(coverage.unknown(problem, plan)):
        return unknown  # nothing else can be judged
    return tuple(row for rule in rules for row in rule.violations(problem, plan))


def check_added(
    problem: Problem, plan: Plan, rules: Sequence[ModuleType] = RULES
) -> tuple[Violation, ...]:
    """Every rule that the plan breaks and that its frozen stops did not break before it; these refuse a plan."""
    found = check(problem, plan, rules)
    if not found:
        return ()
    problem = _as_made(problem, plan)
    alone = _frozen_part(problem, plan)
    happened = {row for rule in rules for row in rule.violations(problem, alone)}
    return tuple(row for row in found if row.rule in NOT_ALONE or row not in happened)


def _as_made(problem: Problem, plan: Plan) -> Problem:
    """The problem as the search had it: without the pins that were released, with what was published and held."""
    return hold_published(_without_released(problem, plan), plan)


def hold_published(problem: Problem, plan: Plan) -> Problem:
    """The problem with the published stops that a plan holds among its fixed stops."""
    held = set(plan.held)
    rows = [row for row in published_to_come(problem) if row.visit_id in held]
    promises = without(problem, to_promises(problem, rows), plan.taken)
    return replace(problem, fixed=(*problem.fixed, *(one.fixed for one in promises)))


def _without_released(problem: Problem, plan: Plan) -> Problem:
    if not plan.released_pins:
        return problem
    released = set(plan.released_pins)
    kept = (row for row in problem.fixed if row.why != "pinned" or row.visit_id not in released)
    return replace(problem, fixed=tuple(kept))


def _frozen_part(problem: Problem, plan: Plan) -> Plan:
    """The plan with its frozen stops only: each team drives home after the last of them."""
    frozen = {row.visit_id for row in problem.fixed if row.why == "frozen"}
    places = {location.id: location.place for location in problem.locations}
    homes = {depot.id: depot.place for depot in problem.depots}
    routes = []
    for shift, route in routes_with_shifts(problem, plan):
        stops = tuple(stop for stop in route.stops if stop.visit.id in frozen)
        if stops:
            last = places[stops[-1].visit.location_id]
            back = stops[-1].departure + problem.travel.seconds[last][homes[shift.depot_id]]
            routes.append(replace(route, stops=stops, back=back))
    return replace(plan, routes=tuple(routes), unassigned=())
