"""OR-Tools' routing library: it can be told every rule of a plain routing problem, and is always installed."""

from dataclasses import dataclass
from time import monotonic

from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from typing_extensions import override

from scheduling.routing.engines import Engine
from scheduling.routing.engines.ortools_search import search_parameters
from scheduling.routing.params import DEFAULT, EngineParams, OrToolsParams
from scheduling.routing.problem import Effort, Routes, RoutingProblem, Windows

LEAVES_LATER = False  # a vehicle's clock need not begin at 0
STARTS_EMPTY = True
IGNORE_INACTIVE = True
ALWAYS = False  # an interval that is not optional
SAFE = 1 << 40  # prices above this may overflow in the search


@dataclass(frozen=True, slots=True)
class WindowsNode:
    """A client in those vehicles for which it has the same windows."""

    client: int
    windows: Windows
    vehicles: tuple[int, ...]


class OrTools(Engine):
    """The routing solver of OR-Tools."""

    name = "ortools"

    @override
    def search(
        self,
        problem: RoutingProblem,
        start: Routes | None,
        effort: Effort,
        seed: int,
        params: EngineParams,
    ) -> Routes | None:
        """Guided local search from `start`, else from savings; it is deterministic and uses no seed."""
        began = monotonic()
        model = OrToolsModel(problem)
        parameters = _make_parameters(effort.since(began), params.ortools)
        model.routing.CloseModelWithParameters(parameters)
        found = None
        if start is not None:
            given = model.routing.ReadAssignmentFromRoutes(model.to_indices(start), IGNORE_INACTIVE)
            if given is not None:
                found = model.routing.SolveFromAssignmentWithParameters(given, parameters)
        if found is None:
            found = model.routing.SolveWithParameters(parameters)
        return None if found is None else model.read(found)

    @override
    def begin(
        self, problem: RoutingProblem, seconds: float, params: EngineParams = DEFAULT.engines
    ) -> Routes | None:
        """Everybody inserted where it costs least, without a search behind it."""
        model = OrToolsModel(problem)
        parameters = search_parameters(params.ortools, seconds, beyond_optimum=False)
        parameters.first_solution_strategy = (
            routing_enums_pb2.FirstSolutionStrategy.LOCAL_CHEAPEST_INSERTION
        )
        parameters.solution_limit = 1
        model.routing.CloseModelWithParameters(parameters)
        found = model.routing.SolveWithParameters(parameters)
        return None if found is None else model.read(found)


class OrToolsModel:
    """The routing model of one problem, folded to the time of day."""

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem
        self.nodes = [node for c in range(len(problem.clients)) for node in make_nodes(problem, c)]
        homes = sorted({vehicle.home for vehicle in problem.vehicles})
        self.places = [problem.clients[node.client].place for node in self.nodes] + homes
        depots = [len(self.nodes) + homes.index(vehicle.home) for vehicle in problem.vehicles]
        self.manager = pywrapcp.RoutingIndexManager(
            len(self.places), len(problem.vehicles), depots, depots
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.index = [self.manager.NodeToIndex(k) for k in range(len(self.nodes))]
        self.routing.SetArcCostEvaluatorOfAllVehicles(
            self.routing.RegisterTransitMatrix(
                [[problem.cost[a][b] for b in self.places] for a in self.places]
            )
        )
        self.time = self._add_time()
        self._add_windows()
        self._add_disjunctions()
        self._add_capacities()
        self._add_breaks()

    def _add_time(self) -> pywrapcp.RoutingDimension:
        """The time of day, with as much waiting as it takes."""
        evaluators: dict[int, int] = {}
        for vehicle in self.problem.vehicles:
            if vehicle.crew not in evaluators:
                evaluators[vehicle.crew] = self.routing.RegisterTransitMatrix(
                    self._transit_seconds(vehicle.crew)
                )
        latest = max(vehicle.latest for vehicle in self.problem.vehicles)
        of_vehicle = [evaluators[vehicle.crew] for vehicle in self.problem.vehicles]
        self.routing.AddDimensionWithVehicleTransits(
            of_vehicle, latest, latest, LEAVES_LATER, "time"
        )
        time = self.routing.GetDimensionOrDie("time")
        for v, vehicle in enumerate(self.problem.vehicles):
            for index in (self.routing.Start(v), self.routing.End(v)):
                time.CumulVar(index).SetRange(vehicle.earliest, vehicle.latest)
        if self.problem.cost_per_second:
            time.SetSpanCostCoefficientForAllVehicles(self.problem.cost_per_second)
        return time

    def _list_stays(self, crew: int) -> list[int]:
        stays = [self.problem.clients[node.client].service[crew] for node in self.nodes]
        return stays + [0] * (len(self.places) - len(stays))

    def _transit_seconds(self, crew: int) -> list[list[int]]:
        seconds = self.problem.seconds
        return [
            [stay + seconds[a][b] for b in self.places]
            for a, stay in zip(self.places, self._list_stays(crew), strict=True)
        ]

    def _add_windows(self) -> None:
        """A node is served within its windows, by the vehicles that have these windows."""
        every = len(self.problem.vehicles)
        for node, index in zip(self.nodes, self.index, strict=True):
            moment = self.time.CumulVar(index)
            moment.SetRange(node.windows[0][0], node.windows[-1][1])
            for (_, closes), (opens, _) in zip(node.windows, node.windows[1:], strict=False):
                moment.RemoveInterval(closes + 1, opens - 1)
            if len(node.vehicles) < every:
                self.routing.VehicleVar(index).SetValues([-1, *node.vehicles])

    def _add_disjunctions(self) -> None:
        """One of the nodes of a client is visited, or none at its prize."""
        indices: dict[int, list[int]] = {c: [] for c in range(len(self.problem.clients))}
        for node, index in zip(self.nodes, self.index, strict=True):
            indices[node.client].append(index)
        for c, choices in indices.items():
            prize = self.problem.clients[c].prize
            if not choices:
                continue  # no vehicle may come: the judge decides what that means
            if prize is not None:
                self.routing.AddDisjunction(choices, min(prize, SAFE))
            elif len(choices) > 1:
                self.routing.AddDisjunction(choices)

    def _add_capacities(self) -> None:
        """A vehicle carries of each kind no more than it holds."""
        kinds = max(len(vehicle.capacity) for vehicle in self.problem.vehicles)
        for kind in range(kinds):
            loads = [
                _load_of_kind(self.problem.clients[node.client].load, kind) for node in self.nodes
            ]
            most = sum(loads)
            rooms = [
                min(most, vehicle.capacity[kind]) if kind < len(vehicle.capacity) else most
                for vehicle in self.problem.vehicles
            ]
            loads += [0] * (len(self.places) - len(loads))
            evaluator = self.routing.RegisterUnaryTransitVector(loads)
            self.routing.AddDimensionWithVehicleCapacity(
                evaluator, 0, rooms, STARTS_EMPTY, f"load {kind}"
            )

    def _add_breaks(self) -> None:
        """Each break starts within its window, between clients."""
        for v, vehicle in enumerate(self.problem.vehicles):
            crew_break = vehicle.pause
            if crew_break is None:
                continue
            interval = self.routing.solver().FixedDurationIntervalVar(
                crew_break.earliest, crew_break.latest, crew_break.seconds, ALWAYS, f"break {v}"
            )
            stays = self._list_stays(vehicle.crew)
            by_index = [stays[self.manager.IndexToNode(i)] for i in range(self.routing.Size())]
            self.time.SetBreakIntervalsOfVehicle([interval], v, by_index)

    def to_indices(self, routes: Routes) -> list[list[int]]:
        """Routes as lists of indices, each client at its node for that vehicle."""
        at = {
            (node.client, v): index
            for node, index in zip(self.nodes, self.index, strict=True)
            for v in node.vehicles
        }
        return [[at[c, v] for c in route if (c, v) in at] for v, route in enumerate(routes)]

    def read(self, assignment: pywrapcp.Assignment) -> Routes:
        """The clients of every vehicle in a solution, in order."""
        routes = []
        for v in range(len(self.problem.vehicles)):
            clients = []
            index = assignment.Value(self.routing.NextVar(self.routing.Start(v)))
            while not self.routing.IsEnd(index):
                clients.append(self.nodes[self.manager.IndexToNode(index)].client)
                index = assignment.Value(self.routing.NextVar(index))
            routes.append(tuple(clients))
        return tuple(routes)


def make_nodes(problem: RoutingProblem, c: int) -> list[WindowsNode]:
    """A node for each set of windows of a client."""
    vehicles: dict[Windows, list[int]] = {}
    for v, windows in enumerate(problem.clients[c].windows):
        if windows:
            vehicles.setdefault(windows, []).append(v)
    return [WindowsNode(c, windows, tuple(who)) for windows, who in vehicles.items()]


def _load_of_kind(load: tuple[int, ...], kind: int) -> int:
    return load[kind] if kind < len(load) else 0


def _make_parameters(
    effort: Effort, params: OrToolsParams
) -> pywrapcp.DefaultRoutingSearchParameters:
    """Work of 0 ends at the first local optimum; more of it after so many solutions."""
    parameters = search_parameters(params, effort.seconds, beyond_optimum=effort.work != 0)
    if effort.work:
        parameters.solution_limit = max(1, effort.work * params.solutions_per_work)
    return parameters


ENGINE = OrTools()
