"""The best set among all routes seen: set partitioning by CP-SAT over the columns that GLOP prices best.

After Balinski and Quandt (1964), with a route pool as in Rochat and Taillard (1995).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from scheduling.routing.evaluate import Judge
from scheduling.routing.params import DEFAULT, SetPartitioningParams
from scheduling.routing.problem import Routes, RoutingProblem, group_alike


@dataclass(frozen=True, slots=True)
class RouteColumn:
    """A route of a kind of vehicle, and its cost."""

    kind: int
    route: tuple[int, ...]
    cost: int


@dataclass(slots=True)
class RoutePool:
    """Every route seen: for each set of clients and kind of vehicle the cheapest order."""

    problem: RoutingProblem
    judge: Judge
    params: SetPartitioningParams = DEFAULT.set_partitioning
    kinds: list[list[int]] = field(default_factory=list)
    _kind_of: dict[int, int] = field(default_factory=dict)
    _columns: dict[tuple[int, frozenset[int]], RouteColumn] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Vehicles that are alike in everything share their routes."""
        self.kinds = group_alike(self.problem)
        self._kind_of = {v: kind for kind, who in enumerate(self.kinds) for v in who}

    def __len__(self) -> int:
        return len(self._columns)

    def add(self, routes: Routes) -> None:
        """Remember the routes of a solution."""
        for v, route in enumerate(routes):
            if not route:
                continue
            cost = self.judge.route(v, route)
            key = (self._kind_of[v], frozenset(route))
            known = self._columns.get(key)
            if cost is not None and (known is None or cost < known.cost):
                self._columns[key] = RouteColumn(self._kind_of[v], route, cost)
        while len(self._columns) > self.params.pool_routes:
            del self._columns[next(iter(self._columns))]

    def choose_best(self, present: Routes, seconds: float) -> Routes | None:
        """The cheapest choice found in the time, starting from the present routes; None when none was found."""
        columns = self._keep_promising(list(self._columns.values()))
        chosen = _choose(
            self.problem,
            self.kinds,
            columns,
            self._list_hints(present),
            (seconds, self.params.deterministic_seconds),
        )
        if chosen is None:
            return None
        free = [list(kind) for kind in self.kinds]
        routes: list[tuple[int, ...]] = [()] * len(self.problem.vehicles)
        for column in chosen:
            # a vehicle keeps its route where it can, so that engines start from what they know
            same = [v for v in free[column.kind] if present[v] == column.route]
            v = same[0] if same else free[column.kind][-1]
            free[column.kind].remove(v)
            routes[v] = column.route
        return tuple(routes)

    def _list_hints(self, present: Routes) -> set[tuple[int, frozenset[int]]]:
        return {(self._kind_of[v], frozenset(route)) for v, route in enumerate(present) if route}

    def _keep_promising(self, columns: list[RouteColumn]) -> list[RouteColumn]:
        """The columns of least reduced cost."""
        if len(columns) <= self.params.columns:
            return columns
        return _sort_by_reduced_cost(self.problem, self.kinds, columns)[: self.params.columns]


def _choose(
    problem: RoutingProblem,
    kinds: list[list[int]],
    columns: list[RouteColumn],
    hint: Iterable[tuple[int, frozenset[int]]],
    limits: tuple[float, float],
) -> list[RouteColumn] | None:
    model = cp_model.CpModel()
    takes = [model.new_bool_var("") for _ in columns]
    covers: list[list[cp_model.IntVar]] = [[] for _ in problem.clients]
    uses: list[list[cp_model.IntVar]] = [[] for _ in kinds]
    hinted = set(hint)
    for column, take in zip(columns, takes, strict=True):
        model.add_hint(take, (column.kind, frozenset(column.route)) in hinted)
        uses[column.kind].append(take)
        for c in column.route:
            covers[c].append(take)
    total = sum(column.cost * take for column, take in zip(columns, takes, strict=True))
    for c, client in enumerate(problem.clients):
        if client.prize is None:
            model.add_exactly_one(covers[c])
        elif covers[c]:
            left_out = model.new_bool_var("")
            model.add_hint(left_out, not any(c in clients for _, clients in hinted))
            model.add_exactly_one([*covers[c], left_out])
            total += client.prize * left_out
    for kind, vehicles in enumerate(kinds):
        model.add(sum(uses[kind]) <= len(vehicles))
    model.minimize(total)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds, solver.parameters.max_deterministic_time = limits
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [column for column, take in zip(columns, takes, strict=True) if solver.value(take)]


def _sort_by_reduced_cost(
    problem: RoutingProblem, kinds: list[list[int]], columns: list[RouteColumn]
) -> list[RouteColumn]:
    solver = pywraplp.Solver.CreateSolver("GLOP")
    rows = [
        solver.Constraint(1.0, 1.0) if client.prize is None else solver.Constraint(0.0, 1.0)
        for client in problem.clients
    ]
    limits = [solver.Constraint(0.0, float(len(vehicles))) for vehicles in kinds]
    objective = solver.Objective()
    variables = []
    for column in columns:
        take = solver.NumVar(0.0, 1.0, "")
        limits[column.kind].SetCoefficient(take, 1.0)
        for c in column.route:
            rows[c].SetCoefficient(take, 1.0)
        gain = sum(problem.clients[c].prize or 0 for c in column.route)
        objective.SetCoefficient(take, float(column.cost - gain))
        variables.append(take)
    objective.SetMinimization()
    solver.Solve()
    reduced = [take.reduced_cost() for take in variables]
    order = sorted(range(len(columns)), key=lambda k: (reduced[k], k))
    return [columns[k] for k in order]
