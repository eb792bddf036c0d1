"""OR-Tools' routing model of a sub-problem, folded to the time of day.

A vehicle is a shift; the day of a visit follows from the vehicles that may make it, so that the clock
runs over one day only: on a clock of 14 days the first solution took 9 s or more, folded half a second.
A visit whose windows differ by day has a node for each set of windows, and one more for its published
moment: any other costs a phone call.
"""

from dataclasses import dataclass
from itertools import groupby

from ortools.constraint_solver import pywrapcp

from scheduling.objective import A_MOVE_SECONDS
from scheduling.solver.decomposition.subproblem import SubProblem
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.windows import Windows, overlap
from scheduling.solver.params import CostWeights

TWO_DAYS = 2 * 86400
LEAVES_LATER = False  # a vehicle's clock need not begin at 0
STARTS_EMPTY = True


@dataclass(frozen=True, slots=True)
class VisitNode:
    """A visit in some of the shifts, with its windows in seconds since midnight; `stays` at its published moment."""

    visit: int
    vehicles: tuple[int, ...]
    windows: Windows
    stays: bool = False


class CareRoutingModel:
    """The routing model of one sub-problem, with the nodes of every visit."""

    def __init__(
        self, indexed: IndexedProblem, draft: Draft, sub_problem: SubProblem, weights: CostWeights
    ) -> None:
        self.indexed, self.draft, self.sub_problem = indexed, draft, sub_problem
        self.weights = weights
        self.nodes = [node for v in sub_problem.visits for node in self._make_nodes(v)]
        homes = sorted({indexed.home[s] for s in sub_problem.shifts})
        self.places = [indexed.place[node.visit] for node in self.nodes] + homes
        depots = [len(self.nodes) + homes.index(indexed.home[s]) for s in sub_problem.shifts]
        self.manager = pywrapcp.RoutingIndexManager(
            len(self.places), len(sub_problem.shifts), depots, depots
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.solver = self.routing.solver()
        self.index = [self.manager.NodeToIndex(k) for k in range(len(self.nodes))]
        self.nodes_of: dict[int, list[int]] = {v: [] for v in sub_problem.visits}
        for k, node in enumerate(self.nodes):
            self.nodes_of[node.visit].append(k)
        self._set_arc_costs()
        self.time = self._add_time()

    def midnight(self, s: int) -> int:
        """The start of the day of a shift, in seconds since the start of the horizon."""
        return self.indexed.problem.day_starts[self.indexed.day[s]]

    def list_vehicles(self, v: int) -> list[int]:
        """The vehicles that may make a visit."""
        return [k for k, s in enumerate(self.sub_problem.shifts) if self.indexed.windows[v][s]]

    def _make_nodes(self, v: int) -> list[VisitNode]:
        """A node for each set of windows, in the order of the vehicles."""
        hours = {
            k: self._start_windows(v, self.sub_problem.shifts[k]) for k in self.list_vehicles(v)
        }
        ordered = sorted(hours, key=lambda k: (hours[k], k))
        nodes = [
            VisitNode(v, tuple(vehicles), windows)
            for windows, vehicles in groupby(ordered, key=lambda k: hours[k])
        ]
        published = self.indexed.published.get(v)
        for k, windows in hours.items():
            if published is None or v in self.indexed.is_pinned:
                continue
            if self.sub_problem.shifts[k] == self.indexed.published_shift[v]:
                start = published.start - self.midnight(self.sub_problem.shifts[k])
                near = overlap(windows, start - A_MOVE_SECONDS, start + A_MOVE_SECONDS)
                if near:
                    nodes.append(VisitNode(v, (k,), near, stays=True))
        return nodes

    def _start_windows(self, v: int, s: int) -> Windows:
        """Windows in seconds since midnight; the model itself sees to the road and the ends of the shift."""
        indexed, midnight = self.indexed, self.midnight(s)
        if v in indexed.is_pinned:
            return tuple((a - midnight, b - midnight) for a, b in indexed.windows[v][s])
        hours = indexed.start_windows.list_day_windows(indexed.visits[v], s)
        return tuple((a - midnight, b - midnight) for a, b in hours)

    def _set_arc_costs(self) -> None:
        travel, metres = self.indexed.travel, self.indexed.metres
        rows = [
            [
                travel[a][b] + metres[a][b] // self.weights.metres_per_work_second
                for b in self.places
            ]
            for a in self.places
        ]
        self.routing.SetArcCostEvaluatorOfAllVehicles(self.routing.RegisterTransitMatrix(rows))

    def _add_time(self) -> pywrapcp.RoutingDimension:
        """Seconds since midnight: service and driving, with as much waiting as it takes."""
        evaluators: dict[tuple[int, ...], int] = {}
        of_vehicle = []
        for s in self.sub_problem.shifts:
            crew = self.indexed.crew[s]
            if crew not in evaluators:
                evaluators[crew] = self.routing.RegisterTransitMatrix(self._transit_seconds(s))
            of_vehicle.append(evaluators[crew])
        self.routing.AddDimensionWithVehicleTransits(
            of_vehicle, TWO_DAYS, TWO_DAYS, LEAVES_LATER, "time"
        )
        return self.routing.GetDimensionOrDie("time")

    def list_stays(self, s: int) -> list[int]:
        """Seconds of service of a crew at each node; depots take none."""
        stays = [self.indexed.service[node.visit][s] for node in self.nodes]
        return stays + [0] * (len(self.places) - len(stays))

    def _transit_seconds(self, s: int) -> list[list[int]]:
        travel = self.indexed.travel
        return [
            [stay + travel[a][b] for b in self.places]
            for a, stay in zip(self.places, self.list_stays(s), strict=True)
        ]

    def add_quantity(self, by_node: list[int], name: str) -> pywrapcp.RoutingDimension:
        """A quantity that adds up along each route, such as doses; depots add nothing."""
        values = by_node + [0] * (len(self.places) - len(by_node))
        most = sum(values)
        evaluator = self.routing.RegisterUnaryTransitVector(values)
        self.routing.AddDimension(evaluator, 0, most, STARTS_EMPTY, name)
        return self.routing.GetDimensionOrDie(name)

    def start_routes(self) -> list[list[int]]:
        """The present routes as lists of indices, each visit at the node of its present moment."""
        return [
            [self.index[self._find_node(v, k)] for v in self.draft.visits(s)]
            for k, s in enumerate(self.sub_problem.shifts)
        ]

    def _find_node(self, v: int, vehicle: int) -> int:
        schedule = self.draft.routes[self.sub_problem.shifts[vehicle]]
        assert schedule is not None
        start = schedule.starts[schedule.sequence.index(v)] - self.midnight(
            self.sub_problem.shifts[vehicle]
        )
        fitting = [k for k in self.nodes_of[v] if vehicle in self.nodes[k].vehicles]
        for k in fitting:
            node = self.nodes[k]
            if node.stays and overlap(node.windows, start, start):
                return k
        return fitting[0]

    def read(self, assignment: pywrapcp.Assignment) -> dict[int, tuple[int, ...]]:
        """The visits of every shift in a solution, in order."""
        routes = {}
        for k, s in enumerate(self.sub_problem.shifts):
            visits = []
            index = assignment.Value(self.routing.NextVar(self.routing.Start(k)))
            while not self.routing.IsEnd(index):
                visits.append(self.nodes[self.manager.IndexToNode(index)].visit)
                index = assignment.Value(self.routing.NextVar(index))
            routes[s] = tuple(visits)
        return routes
