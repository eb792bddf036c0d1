"""PyVRP: the best polish of routes without breaks; several windows become clients that exclude each other."""

import warnings
from dataclasses import dataclass
from random import Random
from time import monotonic

import numpy as np
import pyvrp
from numpy.typing import NDArray
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria, StoppingCriterion
from typing_extensions import override

from scheduling.routing.engines import Engine
from scheduling.routing.params import EngineParams
from scheduling.routing.problem import Client, Effort, Routes, RoutingProblem

FORBIDDEN = 1 << 22  # seconds of driving to where a vehicle may not come: more than a day has
MOST = 1 << 40  # a load without a limit
Matrix = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class VehicleKind:
    """Vehicles that are alike in everything."""

    vehicles: tuple[int, ...]
    profile: int


@dataclass(frozen=True, slots=True)
class WindowNode:
    """A client within one of its windows, for the vehicles that have that window."""

    client: int
    window: tuple[int, int]
    vehicles: frozenset[int]


class PyVrp(Engine):
    """The iterated local search of PyVRP."""

    name = "pyvrp"

    @override
    def can(self, problem: RoutingProblem) -> bool:
        """It can be told everything but a break."""
        return bool(problem.vehicles) and all(v.pause is None for v in problem.vehicles)

    @override
    def search(
        self,
        problem: RoutingProblem,
        start: Routes | None,
        effort: Effort,
        seed: int,
        params: EngineParams,
    ) -> Routes | None:
        """Iterations from `start`, else from PyVRP's own first solution."""
        began = monotonic()
        model = PyVrpModel(problem)
        stops: list[StoppingCriterion] = [MaxRuntime(effort.since(began).seconds)]
        if effort.work is not None:
            stops.append(MaxIterations(max(1, effort.work * params.pyvrp.iterations_per_work)))
        with warnings.catch_warnings():
            # it warns of penalties at their bounds: our judge decides what is feasible
            warnings.simplefilter("ignore")
            result = pyvrp.solve(
                model.data,
                MultipleCriteria(stops),
                seed=Random(seed).randrange(1 << 31),
                collect_stats=False,
                display=False,
                initial_solution=None if start is None else model.to_solution(start),
            )
        return model.read(result.best, start) if result.best.is_feasible() else None


class PyVrpModel:
    """The data of one problem as PyVRP wants them, and the way back."""

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem
        self.nodes = [n for c, client in enumerate(problem.clients) for n in _make_nodes(c, client)]
        self.homes = sorted({vehicle.home for vehicle in problem.vehicles})
        self.kinds: list[VehicleKind] = []
        self.nodes_at: dict[tuple[int, int], list[int]] = {}  # the nodes of a client for a vehicle
        for k, node in enumerate(self.nodes):
            for v in node.vehicles:
                self.nodes_at.setdefault((node.client, v), []).append(k)
        self.data = self._make_data()

    def _make_data(self) -> pyvrp.ProblemData:
        problem, homes = self.problem, self.homes
        places = [problem.clients[node.client].place for node in self.nodes] + homes
        distances, durations = self._make_profiles(places)
        clients, groups = self._make_clients()
        first = len(self.nodes)
        return pyvrp.ProblemData(
            locations=[pyvrp.Location(0, 0)] * len(places),
            clients=clients,
            depots=[pyvrp.Depot(first + k) for k in range(len(homes))],
            vehicle_types=[self._to_vehicle_type(kind) for kind in self.kinds],
            distance_matrices=distances,  # type: ignore[arg-type]
            duration_matrices=durations,  # type: ignore[arg-type]
            groups=groups,
        )

    def _make_profiles(self, places: list[int]) -> tuple[list[Matrix], list[Matrix]]:
        """The matrices of each profile: a crew, and the nodes where a vehicle may not come."""
        problem = self.problem
        at = np.ix_(places, places)
        cost = np.array(problem.cost, dtype=np.int64)[at]
        seconds = np.array(problem.seconds, dtype=np.int64)[at]
        # dear as well as slow, so that no penalty on time can make the way worth it
        far = 10 * int(cost.max(initial=0)) + 1
        alike: dict[tuple[object, ...], list[int]] = {}
        profiles: dict[tuple[int, tuple[int, ...]], int] = {}
        distances, durations = [], []
        for v, vehicle in enumerate(problem.vehicles):
            closed = tuple(k for k, node in enumerate(self.nodes) if v not in node.vehicles)
            sort = (vehicle.crew, closed)
            if sort not in profiles:
                profiles[sort] = len(profiles)
                stays = [problem.clients[node.client].service[vehicle.crew] for node in self.nodes]
                stays += [0] * len(self.homes)
                distances.append(_close_nodes(cost, closed, far))
                durations.append(
                    _close_nodes(seconds + np.array(stays)[:, None], closed, FORBIDDEN)
                )
            alike.setdefault((vehicle, profiles[sort]), []).append(v)
        for (_, profile), vehicles in alike.items():
            assert isinstance(profile, int)
            self.kinds.append(VehicleKind(tuple(vehicles), profile))
        return distances, durations

    def _to_vehicle_type(self, kind: VehicleKind) -> pyvrp.VehicleType:
        vehicle = self.problem.vehicles[kind.vehicles[0]]
        home = self.homes.index(vehicle.home)
        capacity = list(vehicle.capacity) + [MOST] * (self._load_kinds - len(vehicle.capacity))
        return pyvrp.VehicleType(
            num_available=len(kind.vehicles),
            capacity=capacity,
            start_depot=home,
            end_depot=home,
            tw_early=vehicle.earliest,
            tw_late=vehicle.latest,
            unit_duration_cost=self.problem.cost_per_second,
            profile=kind.profile,
        )

    @property
    def _load_kinds(self) -> int:
        return max(len(vehicle.capacity) for vehicle in self.problem.vehicles)

    def _make_clients(self) -> tuple[list[pyvrp.Client], list[pyvrp.ClientGroup]]:
        """A client for each node; the nodes of one client form a group of which one is visited."""
        nodes_of: dict[int, list[int]] = {}
        for k, node in enumerate(self.nodes):
            nodes_of.setdefault(node.client, []).append(k)
        groups: list[pyvrp.ClientGroup] = []
        group_of: dict[int, int] = {}
        for c, nodes in nodes_of.items():
            if len(nodes) > 1:
                group_of[c] = len(groups)
                required = self.problem.clients[c].prize is None
                groups.append(pyvrp.ClientGroup(nodes, required))
        clients = []
        for k, node in enumerate(self.nodes):
            client = self.problem.clients[node.client]
            load = list(client.load[: self._load_kinds])
            clients.append(
                pyvrp.Client(
                    k,
                    delivery=load + [0] * (self._load_kinds - len(load)),
                    tw_early=node.window[0],
                    tw_late=node.window[1],
                    prize=client.prize or 0,
                    required=client.prize is None and node.client not in group_of,
                    group=group_of.get(node.client),
                )
            )
        return clients, groups

    def to_solution(self, routes: Routes) -> pyvrp.Solution:
        """Routes as a solution of PyVRP, each client in the window in which it is served."""
        made = []
        for number, kind in enumerate(self.kinds):
            for v in kind.vehicles:
                visits = self._choose_nodes(v, routes[v])
                if visits:
                    made.append(pyvrp.Route(self.data, visits, number))
        return pyvrp.Solution(self.data, made)

    def _choose_nodes(self, v: int, route: tuple[int, ...]) -> list[int]:
        problem, vehicle = self.problem, self.problem.vehicles[v]
        now, here = vehicle.earliest, vehicle.home
        visits = []
        for c in route:
            nodes = self.nodes_at.get((c, v))
            if not nodes:
                continue
            client = problem.clients[c]
            now += problem.seconds[here][client.place]
            here = client.place
            open_still = [k for k in nodes if now <= self.nodes[k].window[1]] or nodes
            chosen = min(open_still, key=lambda k: self.nodes[k].window)
            now = max(now, self.nodes[chosen].window[0]) + client.service[vehicle.crew]
            visits.append(chosen)
        return visits

    def read(self, solution: pyvrp.Solution, start: Routes | None) -> Routes:
        """The clients of every vehicle; of vehicles that are alike each gets the route most like its old one."""
        made: dict[int, list[tuple[int, ...]]] = {}
        for route in solution.routes():
            clients = tuple(self.nodes[stop.idx].client for stop in route if stop.is_client())
            made.setdefault(route.vehicle_type(), []).append(clients)
        routes: list[tuple[int, ...]] = [()] * len(self.problem.vehicles)
        for number, ours in made.items():
            free = list(self.kinds[number].vehicles)
            for clients in ours:
                v = free[0] if start is None else _find_most_alike(free, clients, start)
                free.remove(v)
                routes[v] = clients
        return tuple(routes)


def _make_nodes(c: int, client: Client) -> list[WindowNode]:
    vehicles: dict[tuple[int, int], set[int]] = {}
    for v, windows in enumerate(client.windows):
        for window in windows:
            vehicles.setdefault(window, set()).add(v)
    return [WindowNode(c, window, frozenset(who)) for window, who in vehicles.items()]


def _close_nodes(matrix: Matrix, nodes: tuple[int, ...], price: int) -> Matrix:
    """The matrix with a prohibitive way to some nodes."""
    closed = matrix.copy()
    closed[:, list(nodes)] = price
    np.fill_diagonal(closed, 0)
    return closed


def _find_most_alike(free: list[int], clients: tuple[int, ...], start: Routes) -> int:
    return max(free, key=lambda v: len(set(start[v]) & set(clients)))


ENGINE = PyVrp()
