"""The best set of routes from the pool: waste, stock, dose intervals and moved stops decided together.

Set packing over the routes seen (Balinski and Quandt, 1964; a pool as in Rochat and Taillard, 1995):
GLOP keeps the columns of small reduced cost, CP-SAT chooses among them and starts from the present
plan. Its choice enters the draft route by route, so that every rule is kept, and is taken only when it
is better (docs/decisions/0012).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Self

from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from scheduling.solver.master.pool import CareColumn, CareRoutePool, to_column
from scheduling.solver.master.rows import Row, Rows
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.acceptance import weighted_cost
from scheduling.solver.operators.repair import apply_routes
from scheduling.solver.params import DEFAULT, CostWeights, MasterParams


@dataclass(frozen=True, slots=True)
class MasterEffort:
    """The limits of one choice: CP-SAT's own count of work, columns to choose among, and seconds."""

    units: float = DEFAULT.master.deterministic_seconds
    columns: int = DEFAULT.master.columns
    seconds: float = inf
    linearization_level: int = DEFAULT.master.linearization_level

    @classmethod
    def limited_to(cls, seconds: float, params: MasterParams) -> Self:
        """The usual effort in at most so many seconds."""
        return cls(
            params.deterministic_seconds, params.columns, seconds, params.linearization_level
        )


def improve_with_master(draft: Draft, pool: CareRoutePool, work: MasterEffort, seed: int) -> Draft:
    """The plan of the best routes in the pool; the same draft when that is not better."""
    routes = choose_routes(draft, pool, work, seed)
    changed = {s: visits for s, visits in routes.items() if visits != draft.visits(s)}
    weights = pool.params.weights
    other = apply_routes(draft, changed) if changed else None
    if other is None or weighted_cost(other.values(), weights) >= weighted_cost(
        draft.values(), weights
    ):
        return draft
    return other


def choose_routes(
    draft: Draft, pool: CareRoutePool, work: MasterEffort, seed: int
) -> dict[int, tuple[int, ...]]:
    """The visits of every shift in the best choice found; at worst what they are now."""
    weights = pool.params.weights
    now = [
        to_column(draft.indexed, schedule, weights)
        for schedule in draft.routes
        if schedule is not None
    ]
    standing = {column.key for column in now}
    columns = [*now, *(column for column in pool if column.key not in standing)]
    if len(columns) > work.columns:
        columns = [
            *now,
            *_keep_promising(draft, columns, len(now), work.columns - len(now), weights),
        ]
    routes: dict[int, tuple[int, ...]] = dict.fromkeys(range(len(draft.routes)), ())
    net_costs = [net_cost(draft.indexed, column, weights) for column in columns]
    rows = Rows(draft, columns).all()
    for c in _solve(net_costs, rows, range(len(now)), work, seed):
        column = columns[c]
        routes[column.shift] = column.visits
    return routes


def net_cost(indexed: IndexedProblem, column: CareColumn, weights: CostWeights) -> int:
    """What a route costs minus what its visits are worth, in seconds of work; below zero when it pays."""
    return column.cost - sum(_served_value(indexed, v, weights) for v in column.visits)


def _served_value(indexed: IndexedProblem, v: int, weights: CostWeights) -> int:
    published = weights.moved if v in indexed.published else 0
    return weights.unserved * indexed.weight[v] + weights.late * indexed.late[v] + published


def _keep_promising(
    draft: Draft, columns: list[CareColumn], now: int, most: int, weights: CostWeights
) -> list[CareColumn]:
    """The columns after the first `now` whose reduced cost is least, in their order."""
    reduced = relax(
        [net_cost(draft.indexed, column, weights) for column in columns], Rows(draft, columns).all()
    ).reduced
    order = sorted(range(now, len(columns)), key=lambda c: (reduced[c], c))
    return [columns[c] for c in sorted(order[:most])]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The linear relaxation: its cost, and the reduced cost of each column."""

    cost: float
    reduced: list[float]


def relax(net_costs: Sequence[int], rows: Sequence[Row]) -> Relaxation:
    """The linear relaxation of columns with these costs, by GLOP."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    most = solver.infinity()
    variables = [solver.NumVar(0, most, "") for _ in net_costs]
    for variable, cost in zip(variables, net_costs, strict=True):
        solver.Objective().SetCoefficient(variable, cost)
    for row in rows:
        made = solver.RowConstraint(-most if row.least is None else row.least, row.most, "")
        for c, k in row.terms:
            made.SetCoefficient(variables[c], k)
    solver.Objective().SetMinimization()
    solver.Solve()
    return Relaxation(solver.Objective().Value(), [one.reduced_cost() for one in variables])


def _solve(
    net_costs: Sequence[int], rows: Sequence[Row], now: range, work: MasterEffort, seed: int
) -> Sequence[int]:
    """The columns that CP-SAT chooses; at worst those of the present plan, `now`."""
    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in net_costs]
    for row in rows:
        total = cp_model.LinearExpr.weighted_sum(
            [chosen[c] for c, _ in row.terms], [k for _, k in row.terms]
        )
        model.add(total <= row.most)
        if row.least is not None:
            model.add(total >= row.least)
    model.minimize(cp_model.LinearExpr.weighted_sum(chosen, net_costs))
    for c, variable in enumerate(chosen):
        model.add_hint(variable, c in now)
    solver = cp_model.CpSolver()
    # one worker and counted work: the same seed chooses the same; more workers found half as much at
    # twice the work
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = work.linearization_level
    solver.parameters.random_seed = seed
    solver.parameters.max_deterministic_time = work.units
    solver.parameters.max_time_in_seconds = work.seconds
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return now
    return [c for c, x in enumerate(chosen) if solver.boolean_value(x)]
