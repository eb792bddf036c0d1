"""The one door to a plan: a problem goes in, a plan that keeps every rule comes out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import Self

from typing_extensions import override

from scheduling.care.crews import shortened
from scheduling.explain import unassigned
from scheduling.fairness import make_fair
from scheduling.holding import (
    Hold,
    Holding,
    fix_put_back,
    hold_all_told,
    hold_published,
    hold_told,
    let_give_way,
    only_published,
    thaw,
)
from scheduling.limits import Limits
from scheduling.objective import values
from scheduling.pins import release_pins
from scheduling.plan import Made, Moved, Plan, Reason, Violation, Way
from scheduling.problem import Problem
from scheduling.routing.engines import MissingEngine, UnknownEngine, choose_engines, list_installed
from scheduling.routing.params import RoutingParams
from scheduling.routing.problem import Effort, RoutingProblem
from scheduling.routing.search import Routed, SearchSettings, search_routes
from scheduling.rules import RULES, WITHOUT_LISTS, check_added
from scheduling.solver.params import DEFAULT, SearchParams
from scheduling.solver.phases.bound import compute_bounds
from scheduling.solver.phases.room import make_room
from scheduling.solver.search import SearchStart, search
from scheduling.validation.rows import InvalidProblem, validate
from scheduling.visits.grouping import group
from scheduling.weights import weights

__all__ = [
    "InvalidProblem",
    "Limits",
    "MissingEngine",
    "Routed",
    "UnknownEngine",
    "UnsoundPlan",
    "list_installed",
    "repair",
    "solve",
    "solve_routing",
    "try_repair",
    "vary",
]

SOLVER = "prikploeg 1"


class UnsoundPlan(Exception):
    """The search made a plan that breaks a rule: our mistake, never published."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        worker_routes = [f"{row.rule} at {row.where}: {row.detail}" for row in violations[:10]]
        super().__init__(f"{len(violations)} violations; " + "; ".join(worker_routes))
        self.violations = violations

    @override
    def __reduce__(self) -> tuple[type[Self], tuple[tuple[Violation, ...]]]:
        """Pickled whole, so that it comes back from another process with its violations."""
        return type(self), (self.violations,)


def solve(
    problem: Problem,
    limits: Limits,
    *,
    seed: int = 0,
    previous: Plan | None = None,
    stop: Callable[[], bool] | None = None,
    params: SearchParams = DEFAULT,
) -> Plan:
    """The best plan found within the limits, after every rule has been checked on it.

    What frozen and kept stops break by themselves refuses no plan: `scheduling.kept` tells a person.
    Never fails on a poor problem: without shifts or stock the plan is empty and says why. Raises
    InvalidProblem when rows contradict each other, UnsoundPlan when the search is at fault.
    """
    validate(problem)
    plan = _search_told(problem, limits, SearchStart(seed, previous, stop, params))
    way = Way.SOLVE if previous is None else Way.CONTINUE
    return _judged(problem, _noted(_not_worse(problem, plan, previous), way, limits))


def vary(
    problem: Problem,
    limits: Limits,
    previous: Plan,
    *,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    params: SearchParams = DEFAULT,
) -> Plan:
    """A plan found from an earlier one, whatever moves; whether it is better is for the caller to judge. Raises as `solve`."""
    validate(problem)
    start = SearchStart(seed, previous, stop, params)
    return _judged(problem, _noted(_search_told(problem, limits, start), Way.CONTINUE, limits))


def _search_told(problem: Problem, limits: Limits, start: SearchStart) -> Plan:
    """Searches a plan that keeps what people were told.

    To the second it can always be kept: a search that lost somebody who was told goes again with less freedom.
    """
    plan = _search_plan(problem, limits, start, hold_told)
    if lost := _find_lost(problem, plan):
        again = replace(limits, seconds=limits.seconds * start.params.time.again_share)
        plan = _search_plan(problem, again, start, partial(hold_told, also=lost))
        if _find_lost(problem, plan):
            plan = _search_plan(problem, replace(limits, seconds=0.0), start, hold_all_told)
    return plan


def _find_lost(problem: Problem, plan: Plan) -> frozenset[str]:
    """Published visits of which the plan does not keep what people were told."""
    return frozenset(row.where for row in check_added(problem, plan) if row.rule == "promise")


def repair(
    problem: Problem,
    limits: Limits,
    *,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    params: SearchParams = DEFAULT,
) -> Plan:
    """The plan that answers an event: everything published that is still allowed stays, to the second.

    Who lost the place to a fact (`Plan.taken`) is put back first where there is room, then everybody else beside what
    stands. With no seconds it is the first answer. Raises as `solve`.
    """
    validate(problem)
    start = SearchStart(seed, None, stop, params)

    def hold(released: Problem) -> Holding:
        return _put_back(let_give_way(hold_published(released)), limits, start)

    return _judged(problem, _noted(_search_plan(problem, limits, start, hold), Way.REPAIR, limits))


def try_repair(problem: Problem, limits: Limits, *, params: SearchParams = DEFAULT) -> Plan:
    """The routes of `repair`, for who asks only what would be planned: nobody is listed as unassigned, no reason is sought and no bound.

    Every rule is checked on what it plans. Raises as `solve`.
    """
    if (
        problem.area_points is not None
    ):  # whether areas are served alike is judged by who is left out, and why
        return repair(problem, limits, params=params)
    validate(problem)
    start = SearchStart(params=params, is_explained=False)

    def hold(released: Problem) -> Holding:
        return _put_back(let_give_way(hold_published(released)), limits, start)

    plan = _noted(_search_plan(problem, limits, start, hold), Way.REPAIR, limits)
    return _judged(problem, plan, WITHOUT_LISTS)


def _put_back(holding: Holding, limits: Limits, start: SearchStart) -> Holding:
    """Gives those who lost their place another one before anybody else is looked at, and fixes it."""
    if not holding.taken:
        return holding
    problem = only_published(holding.problem)
    share = start.params.time.put_back_share
    some = replace(limits, seconds=limits.seconds * share)
    alone = replace(start, is_explained=False, is_last=False)
    found = search(problem, group(problem), some, alone)
    return fix_put_back(holding, found.routes, share)


def _search_plan(problem: Problem, limits: Limits, start: SearchStart, hold: Hold) -> Plan:
    """Searches a plan that holds what it must of what was published."""
    by = weights(problem)
    problem, released = release_pins(shortened(problem))
    holding = hold(problem)
    problem = holding.problem
    rest = replace(limits, seconds=limits.seconds * (1 - holding.spent))
    found = search(problem, group(problem), rest, replace(start, bound=holding.days))
    routes, gone = make_fair(problem, found.visits, found.routes)
    moved: tuple[Moved, ...] = ()
    if holding.may_move:
        trials = start.params.time.room_trials
        routes, moved = make_room(thaw(holding), found.visits, routes, holding.may_move, trials)
    reached = values(problem, routes)
    plan = Plan(
        region=problem.region,
        as_of=problem.as_of,
        horizon_start=problem.horizon_start,
        routes=routes,
        unassigned=(),
        values=reached,
        seed=start.seed,
        solver=SOLVER,
        seconds=found.seconds,
        released_pins=tuple(row.visit_id for row in released),
        weights=by,
        first_sound_seconds=found.first_sound_seconds,
        engines=found.engines,
        pin_faults=(*problem.refused_pins, *released),
        held=tuple(name for name in holding.held if name not in {row.visit_id for row in moved}),
        taken=holding.taken,
        moved=moved,
    )
    if not start.is_explained:
        return plan
    bound, proven = compute_bounds(found.indexed, reached, start.params.bound)
    reasons = found.diagnosis.of_visits | dict.fromkeys(gone, (Reason.FAIR_SHARE,))
    left = unassigned(problem, found.visits, routes, reasons, found.diagnosis.of_people)
    return replace(plan, unassigned=left, bound=bound, proven=proven)


def _not_worse(problem: Problem, plan: Plan, previous: Plan | None) -> Plan:
    """The plan, or an earlier one that is better and still keeps every rule."""
    if previous is None:
        return plan
    renewed = replace(
        plan,
        routes=previous.routes,
        unassigned=previous.unassigned,
        held=previous.held,
        taken=previous.taken,
        released_pins=previous.released_pins,
        values=values(problem, previous.routes),
    )
    better = renewed.values.as_tuple() < plan.values.as_tuple()
    return renewed if better and not check_added(problem, renewed) else plan


def _noted(plan: Plan, way: Way, limits: Limits) -> Plan:
    """The plan with how it was made."""
    made = Made(way, limits.seconds, limits.rounds, limits.workers, limits.engines)
    return replace(plan, made=made)


def _judged(problem: Problem, plan: Plan, rules: Sequence[ModuleType] = RULES) -> Plan:
    """The plan, when it keeps every rule, or these. Raises UnsoundPlan."""
    if broken := check_added(problem, plan, rules):
        raise UnsoundPlan(broken)
    return plan


def solve_routing(
    problem: RoutingProblem,
    effort: Effort,
    *,
    seed: int = 0,
    engines: Sequence[str] | None = None,
    workers: int = 2,
    stop: Callable[[], bool] | None = None,
    params: RoutingParams = DEFAULT.routing,
) -> Routed:
    """The best routes found for a plain routing problem, by all installed engines or those named.

    Who cannot be served stays unassigned. Raises UnknownEngine or MissingEngine.
    """
    return search_routes(
        problem, effort, SearchSettings(choose_engines(engines), workers, seed, stop, params=params)
    )
