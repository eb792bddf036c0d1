"""The best choice among the routes of a pool: waste, stock, dose distance and stay cost decided together.

Set packing over the routes seen: GLOP leaves those with a small reduced cost, CP-SAT chooses among them
and begins with the present plan. What it finds is put into the draft route by route, so that every rule
is kept, and is taken only when it is better (docs/decisions/0012).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from scheduling.solver.master.pool import CareColumn, CareRoutePool, to_column
from scheduling.solver.master.rows import Row, Rows
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators import acceptance
from scheduling.solver.operators.acceptance import weighted_cost
from scheduling.solver.operators.repair import apply_routes

ALL_LINEAR = 2  # CP-SAT's level: without the whole relaxation it finds next to nothing here


@dataclass(frozen=True, slots=True)
class MasterEffort:
    """What one choice may take: units of CP-SAT's own count of work, routes, and seconds at most."""

    units: float = 2.0
    columns: int = 2_500
    seconds: float = 10.0


def improve_with_master(draft: Draft, pool: CareRoutePool, work: MasterEffort, seed: int) -> Draft:
    """The plan made of the best routes of the pool; the same draft when that is no better."""
    routes = choose_routes(draft, pool, work, seed)
    changed = {s: visits for s, visits in routes.items() if visits != draft.visits(s)}
    other = apply_routes(draft, changed) if changed else None
    if other is None or weighted_cost(other.values()) >= weighted_cost(draft.values()):
        return draft
    return other


def choose_routes(
    draft: Draft, pool: CareRoutePool, work: MasterEffort, seed: int
) -> dict[int, tuple[int, ...]]:
    """The visits of every shift in the best choice that was found; at worst what they are now."""
    now = [to_column(draft.indexed, schedule) for schedule in draft.routes if schedule is not None]
    standing = {column.key for column in now}
    columns = [*now, *(column for column in pool if column.key not in standing)]
    if len(columns) > work.columns:
        columns = [*now, *_keep_promising(draft, columns, len(now), work.columns - len(now))]
    routes: dict[int, tuple[int, ...]] = dict.fromkeys(range(len(draft.routes)), ())
    for column in _solve(draft, columns, len(now), work, seed):
        routes[column.shift] = column.visits
    return routes


def net_cost(indexed: IndexedProblem, column: CareColumn) -> int:
    """What a route costs less what its visits are worth; below zero when it should be driven."""
    return column.cost - sum(_served_value(indexed, v) for v in column.visits)


def _served_value(indexed: IndexedProblem, v: int) -> int:
    published = acceptance.MOVED if v in indexed.published else 0
    return acceptance.UNSERVED * indexed.weight[v] + acceptance.LATE * indexed.late[v] + published


def _keep_promising(
    draft: Draft, columns: list[CareColumn], now: int, most: int
) -> list[CareColumn]:
    """The columns behind the first `now` whose reduced cost is least, in their order."""
    reduced = relax(draft.indexed, columns, Rows(draft, columns).all()).reduced
    order = sorted(range(now, len(columns)), key=lambda c: (reduced[c], c))
    return [columns[c] for c in sorted(order[:most])]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The choice with parts of routes allowed: what it costs, and the reduced cost of each column."""

    cost: float
    reduced: list[float]


def relax(
    indexed: IndexedProblem, columns: Sequence[CareColumn], rows: Sequence[Row]
) -> Relaxation:
    """The linear relaxation, by GLOP."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    most = solver.infinity()
    variables = [solver.NumVar(0, most, "") for _ in columns]
    for variable, column in zip(variables, columns, strict=True):
        solver.Objective().SetCoefficient(variable, net_cost(indexed, column))
    for row in rows:
        made = solver.RowConstraint(-most if row.least is None else row.least, row.most, "")
        for c, k in row.terms:
            made.SetCoefficient(variables[c], k)
    solver.Objective().SetMinimization()
    solver.Solve()
    return Relaxation(solver.Objective().Value(), [one.reduced_cost() for one in variables])


def _solve(
    draft: Draft, columns: Sequence[CareColumn], now: int, work: MasterEffort, seed: int
) -> Sequence[CareColumn]:
    """The columns that CP-SAT chooses; the first `now`, which stand for the present plan, at worst."""
    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in columns]
    for row in Rows(draft, columns).all():
        total = cp_model.LinearExpr.weighted_sum(
            [chosen[c] for c, _ in row.terms], [k for _, k in row.terms]
        )
        model.add(total <= row.most)
        if row.least is not None:
            model.add(total >= row.least)
    net_costs = [net_cost(draft.indexed, column) for column in columns]
    model.minimize(cp_model.LinearExpr.weighted_sum(chosen, net_costs))
    for c, variable in enumerate(chosen):
        model.add_hint(variable, c < now)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = ALL_LINEAR
    solver.parameters.random_seed = seed
    solver.parameters.max_deterministic_time = work.units
    solver.parameters.max_time_in_seconds = work.seconds
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return columns[:now]
    return [column for column, x in zip(columns, chosen, strict=True) if solver.boolean_value(x)]
