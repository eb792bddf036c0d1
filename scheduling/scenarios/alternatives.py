"""Three plans beside the one of now, each with another aim, for a person to choose from: fast, fair, and with the least waste.

All keep what people were told; what was published to nobody yet may move.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from scheduling.care.lookup import NeedKey, by_id, key_of, needs_by_key
from scheduling.care.told import is_told, told_doses
from scheduling.limits import Limits
from scheduling.objective import values
from scheduling.plan import Plan, Reason, Unassigned
from scheduling.problem import Problem, Published
from scheduling.rules import check_added
from scheduling.scenarios.answering import Answer
from scheduling.scenarios.comparison import compute_figures
from scheduling.solve import repair, vary

Stop = Callable[[], bool]


class Aim(StrEnum):
    """What an alternative is for."""

    FAST = "fast"  # the fewest minutes of work, for as many people
    FAIR = "fair"  # no area far behind the others, where an exchange of visits helps
    FRUGAL = "frugal"  # the fewest doses wasted: no container opened for a few


@dataclass(frozen=True, slots=True)
class AlternativeParams:
    """How far an alternative goes for its aim."""

    # Percentage points by which an area may lag: with a region's usual 50 to 90 percent served, 5 is a handful of
    # people in a village, which a single visit makes or breaks; less would ask exchanges that no visit can give.
    area_points: int = 5
    # A container is not opened for fewer people than it wastes doses on: they wait until others join them.
    people_for_a_dose: int = 1


PARAMS = AlternativeParams()


def find_alternatives(
    problem: Problem,
    now: Plan,
    limits: Limits,
    *,
    seed: int = 0,
    stop: Stop | None = None,
    params: AlternativeParams = PARAMS,
) -> dict[Aim, Answer]:
    """The three plans; `limits` hold for each search. The plan of now stands in where nothing better was found. Raises as `solve`."""
    free = _leave_free(problem)
    fast = _pick_fast(problem, now, vary(free, limits, now, seed=seed, stop=stop))
    points = min(params.area_points, problem.area_points or params.area_points)
    fair = vary(replace(free, area_points=points), limits, now, seed=seed, stop=stop)
    plans = {
        Aim.FAST: fast,
        Aim.FAIR: _pick_fair(problem, now, fair),
        Aim.FRUGAL: _save_doses(problem, min((now, fast), key=_by_waste), params, seed),
    }
    return {
        aim: Answer(problem, plan, compute_figures(problem, plan)) for aim, plan in plans.items()
    }


def _leave_free(problem: Problem) -> Problem:
    """The problem with no more published than people were told: the rest may move for nothing."""
    told = tuple(row for row in problem.published if is_told(problem, row))
    return replace(problem, published=told)


def _pick_fast(problem: Problem, now: Plan, found: Plan) -> Plan:
    """The one that takes fewer minutes, unless it serves less."""
    return min((now, _of(problem, found)), key=_by_minutes)


def _by_minutes(plan: Plan) -> tuple[int, ...]:
    worth = plan.values
    return worth.unserved_weight, worth.late_next_doses, worth.working_seconds, worth.doses_wasted


def _by_waste(plan: Plan) -> tuple[int, ...]:
    worth = plan.values
    return worth.doses_wasted, worth.unserved_weight, worth.working_seconds


def _pick_fair(problem: Problem, now: Plan, found: Plan) -> Plan:
    found = _of(problem, found)
    before, after = compute_figures(problem, now), compute_figures(problem, found)
    better = after.area_points_behind < before.area_points_behind
    return found if better and not check_added(problem, found) else now


def _of(problem: Problem, plan: Plan) -> Plan:
    """The plan with its worth in the problem as it stands."""
    return replace(plan, values=values(problem, plan.routes))


def _save_doses(problem: Problem, plan: Plan, params: AlternativeParams, seed: int) -> Plan:
    """The plan without those for whom a container is opened that mostly goes to waste, and without their part of the visits."""
    waits = _find_costly(problem, plan, params)
    if not waits:
        return plan
    lengths = {row.visit_id: row.service_seconds for row in problem.published}
    rows = tuple(
        Published(
            visit_id=stop.visit.id,
            shift_id=route.shift_id,
            start=stop.start,
            location_id=stop.visit.location_id,
            campaign_id=stop.visit.campaign_id,
            product_id=stop.visit.product_id,
            doses=stop.visit.needs,
            # what is published keeps its length, and a new one takes as long as who is left needs
            service_seconds=lengths.get(stop.visit.id, 0),
        )
        for route in plan.routes
        for stop in route.stops
    )
    fewer = replace(
        problem,
        needs=tuple(need for need in problem.needs if key_of(need) not in waits),
        published=rows,
    )
    found = repair(fewer, Limits(0), seed=seed)
    needs = needs_by_key(problem)
    left_out = (
        Unassigned(needs[key].location_id, key[1], key[0], key[2], None, (Reason.BETTER_USE,))
        for key in waits
    )
    unassigned = sorted((*found.unassigned, *left_out), key=_order)
    held = tuple(name for name in found.held if name in lengths)
    made = _of(problem, replace(found, unassigned=tuple(unassigned), held=held))
    better = made.values.doses_wasted < plan.values.doses_wasted
    return made if better and not check_added(problem, made) else plan


def _order(row: Unassigned) -> tuple[str, str, str, int, str]:
    return (
        row.location_id,
        row.campaign_id or "",
        row.person_id or "",
        row.dose_no or 0,
        row.visit_id or "",
    )


def _find_costly(problem: Problem, plan: Plan, params: AlternativeParams) -> set[NeedKey]:
    """Of each visit those for whom its last container is opened, where that wastes more than it gives.

    First doses of people who were told nothing, the lowest priorities; where an opened container travels on nobody.
    """
    products, needs = by_id(problem.products), needs_by_key(problem)
    told, fixed = told_doses(problem), {row.visit_id for row in problem.fixed}
    found: set[NeedKey] = set()
    for stop in (stop for route in plan.routes for stop in route.stops):
        visit = stop.visit
        product = products.get(visit.product_id or "")
        if product is None or product.open_may_travel or visit.id in fixed or visit.together_with:
            continue
        keys = [(person, visit.campaign_id or "", dose) for person, dose in visit.needs]
        rest = len(keys) % product.doses_per_container
        wasted = product.doses_per_container - rest
        may_wait = [key for key in keys if key[2] == 1 and key not in told]
        if 0 < rest * params.people_for_a_dose < wasted and len(may_wait) >= rest:
            may_wait.sort(key=lambda key: (needs[key].priority, key))
            found.update(may_wait[:rest])
    return found
