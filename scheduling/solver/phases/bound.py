"""A lower bound for every value: no plan that is as good in the values before it has less.

Made of relaxations: people and waste by a linear program without routes (`phases/relaxation`), valid however
people are grouped; work and metres by the shortest stay of every visit and the shortest way to every location,
valid for the visits as they were grouped, and mostly far below the best plan.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from scheduling.care.doses import in_containers
from scheduling.care.lookup import needs_by_key
from scheduling.objective import is_late, weight_of
from scheduling.plan import WITHOUT_ROUTES, Proven, Values, Visit
from scheduling.problem import Need
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.params import DEFAULT, BoundParams
from scheduling.solver.phases.relaxation import Most, Relaxation


def compute_bounds(
    indexed: IndexedProblem, values: Values, params: BoundParams = DEFAULT.bound
) -> tuple[tuple[int, ...], Proven]:
    """Bounds in the agreed order of values, and what is proven of people; the later values' hold for plans that serve as much as this one."""
    hopeless = [v for v in range(indexed.size) if not indexed.possible_shifts[v]]
    beyond = [need for v in hopeless for need in _list_unreachable(indexed, indexed.visits[v])]
    late = sum(is_late(indexed.problem, need) for need in beyond)
    total = sum(indexed.weight)
    relaxation = Relaxation(indexed, params)
    most = relaxation.find_most() or Most(total, sum(len(row.needs) for row in indexed.visits))
    unserved = max(0, total - most.weight)
    wasted = relaxation.find_least_waste(total - values.unserved_weight) or 0
    if not values.unserved_weight:
        wasted = max(wasted, _waste_of_travelling(indexed))
    crises = sum(indexed.weight[v] for v in hopeless if indexed.visits[v].product_id is None)
    lost = sum(weight_of(need.priority) for need in beyond) + crises
    slack = max(0, values.unserved_weight - lost)
    stays = [_shortest_stay(indexed, v) for v in range(indexed.size)]
    bounds = (
        min(unserved, values.unserved_weight),
        late,
        min(wasted, values.doses_wasted),
        0,
        _bound_work(indexed, indexed.travel, stays, slack),
        _bound_work(indexed, indexed.metres, [0] * indexed.size, slack),
    )
    return bounds, Proven(WITHOUT_ROUTES, most.people, bounds[0], bounds[2])


def _list_unreachable(indexed: IndexedProblem, visit: Visit) -> list[Need]:
    """Residents of a visit that no shift can make, whom no shift could serve even alone."""
    if visit.product_id is None:
        return []
    needs = needs_by_key(indexed.problem)
    found = []
    for person, dose in visit.needs:
        need = needs[person, visit.campaign_id or "", dose]
        alone = replace(
            visit,
            needs=((person, dose),),
            first_day=need.first_day,
            last_day=need.last_day,
            skills=need.skills,
        )
        if len(need.products) == 1 and not any(
            indexed.start_windows.is_allowed(alone, shift)
            and indexed.start_windows.list_reachable_windows(alone, s)
            for s, shift in enumerate(indexed.shifts)
        ):
            found.append(need)
    return found


def _waste_of_travelling(indexed: IndexedProblem) -> int:
    """Doses of containers that travel which do not divide into whole containers when every visit is made."""
    wasted = 0
    for product in indexed.problem.products:
        if product.open_may_travel:
            doses = sum(
                visit.doses
                for v, visit in enumerate(indexed.visits)
                if visit.product_id == product.id and indexed.possible_shifts[v]
            )
            wasted += in_containers(product, doses) - doses
    return wasted


def _shortest_stay(indexed: IndexedProblem, v: int) -> int:
    return min((indexed.service[v][s] for s in indexed.possible_shifts[v]), default=0)


def _bound_work(
    indexed: IndexedProblem, matrix: Sequence[Sequence[int]], stays: Sequence[int], slack: int
) -> int:
    """The stay of every free visit and one way to every location, minus the most that leaving visits out saves."""
    free = [
        v for v in range(indexed.size) if indexed.possible_shifts[v] and v not in indexed.is_pinned
    ]
    kept = {indexed.place[v] for v in indexed.is_pinned}
    doors = {indexed.place[v] for v in free} - kept
    all_places = sorted({*indexed.home, *indexed.place})
    way = {
        door: min((matrix[a][door] for a in all_places if a != door), default=0) for door in doors
    }
    total = sum(stays[v] for v in free) + sum(way.values())
    # leaving visits out is a knapsack of so much weight; its linear relaxation saves at least as much
    saved = {v: stays[v] + way.get(indexed.place[v], 0) for v in free}
    for v in sorted(free, key=lambda v: -saved[v] / max(1, indexed.weight[v])):
        if slack <= 0:
            break
        part = min(1.0, slack / max(1, indexed.weight[v]))
        total -= ceil(saved[v] * part)
        slack -= indexed.weight[v]
    return max(0, total)
