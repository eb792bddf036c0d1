"""A lower bound for every value: no plan that is as good in the values before it has less.

Valid for the visits as they were grouped, and made of relaxations, so mostly far below the best plan:
people by doses, injector hours and cool boxes (a linear program); waste by what does not divide into
containers; work and metres by the shortest stay of every visit and the shortest way to every location.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from ortools.linear_solver import pywraplp

from scheduling.care.doses import in_containers
from scheduling.care.lookup import by_id, needs_by_key
from scheduling.care.members import most_injectors
from scheduling.objective import is_late, weight_of
from scheduling.plan import Values, Visit
from scheduling.problem import Need
from scheduling.solver.model.indexed import IndexedProblem

FAR = 1 << 40
Class = tuple[tuple[str, ...], int, int]  # products, weight, and seconds of an injector


def compute_bounds(indexed: IndexedProblem, values: Values) -> tuple[int, ...]:
    """Bounds in the agreed order of values; the later ones hold for plans that serve as much as this one."""
    hopeless = [v for v in range(indexed.size) if not indexed.possible_shifts[v]]
    beyond = [need for v in hopeless for need in _list_unreachable(indexed, indexed.visits[v])]
    crises = sum(indexed.weight[v] for v in hopeless if indexed.visits[v].product_id is None)
    lost = sum(weight_of(need.priority) for need in beyond) + crises
    unserved = lost
    if values.unserved_weight > lost:
        unserved += _bound_unserved(indexed, set(map(id, beyond)))
    slack = values.unserved_weight - lost
    late = sum(is_late(indexed.problem, need) for need in beyond)
    return (
        min(unserved, values.unserved_weight),
        late,
        0 if slack else _bound_wasted(indexed),
        0,
        _bound_work(
            indexed,
            indexed.travel,
            [_shortest_stay(indexed, v) for v in range(indexed.size)],
            slack,
        ),
        _bound_work(indexed, indexed.metres, [0] * indexed.size, slack),
    )


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


def _bound_unserved(indexed: IndexedProblem, beyond: set[int]) -> int:
    """The weight that stays unserved because doses, injector hours or cool boxes are short, by GLOP."""
    problem = indexed.problem
    needs, campaigns = needs_by_key(problem), by_id(problem.campaigns)
    classes: Counter[Class] = Counter()
    for v, visit in enumerate(indexed.visits):
        for person, dose in visit.needs if v not in indexed.is_pinned else ():
            need = needs[person, visit.campaign_id or "", dose]
            if id(need) not in beyond and visit.product_id is not None:
                seconds = campaigns[need.campaign_id].seconds_per_person
                classes[need.products, weight_of(need.priority), seconds] += 1
    days = range(problem.days)
    shifts = [shift for shift in indexed.shifts if shift.day in days]
    needles = sum(
        max(0, shift.end - max(shift.start, problem.now)) * most_injectors(shift)
        for shift in shifts
    )
    boxes = sum(shift.capacity for shift in shifts)
    available: Counter[str] = Counter()
    for line in problem.stock:
        if line.first_day < problem.days and line.last_day >= 0:
            available[line.product_id] += line.doses
    served = _bound_served_weight(classes, available, needles, boxes)
    return max(0, sum(weight * n for (_, weight, _), n in classes.items()) - served)


def _bound_served_weight(
    classes: Counter[Class], available: Counter[str], needles: int, boxes: int
) -> int:
    """The most weight that can be served, by a linear program over classes of equal residents."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    of_product: dict[str, pywraplp.Constraint] = {}
    time, box = solver.Constraint(0, needles), solver.Constraint(0, boxes)
    objective = solver.Objective()
    for (products, weight, seconds), n in sorted(classes.items()):
        whole = solver.Constraint(0, n)
        for product in products:
            if product not in of_product:
                of_product[product] = solver.Constraint(0, available[product])
            some = solver.NumVar(0, n, "")
            objective.SetCoefficient(some, weight)
            for row, k in ((whole, 1), (of_product[product], 1), (time, seconds), (box, 1)):
                row.SetCoefficient(some, k)
    objective.SetMaximization()
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return FAR
    # rounded up, and one more for floating point: the bound must stay valid
    return int(objective.Value() + 1)


def _bound_wasted(indexed: IndexedProblem) -> int:
    """Doses that do not divide into whole containers when every visit is made."""
    wasted = 0
    for product in indexed.problem.products:
        made = [
            v
            for v in range(indexed.size)
            if indexed.visits[v].product_id == product.id and indexed.possible_shifts[v]
        ]
        doses = sum(indexed.visits[v].doses for v in made)
        if product.open_may_travel:
            wasted += in_containers(product, doses) - doses
        else:
            wasted += sum(indexed.load[v] for v in made) - doses
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
