"""Other engines given the same problem, as far as they can say it, on the same two cores for the same time.

VROOM knows several windows a day, service by crew, skills, loads and a priority from 0 to 100 that comes before
everything; it minimises driving. PyVRP knows prizes, loads and the whole length of a route, which is what we judge;
a visit with two windows is two clients of which at most one is called on, days, skills and crews are profiles whose
roads lead nowhere for the others. Neither knows stock, dose distance or open containers.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from time import monotonic, process_time

import numpy as np
import pyvrp
import vroom
from pyvrp.stop import MaxRuntime

from scheduling.problem import Problem, Shift
from tests.bench.judge import PENALTY_MINUTES, Orders
from tests.bench.runs import BY_PROCESSOR, PATIENCE
from tests.bench.told import DAY, Told, Windows

SECONDS_OF_WEIGHT = 60 * PENALTY_MINUTES
FAR = 10**7  # seconds: nobody drives there
ALL = 10**6  # skill numbers of visits lie below, those of shifts above


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine made: orders by shift, and its own cost."""

    orders: Orders
    cost: float = 0.0


def vroom_orders(told: Told, level: int, seconds: float, threads: int = 2) -> Orders:
    """VROOM at one exploration level; stops by itself or at the limit."""
    problem = vroom.Input()
    problem.set_durations_matrix("car", np.array(told.problem.travel.seconds, dtype=np.uint32))
    for s, shift in enumerate(told.shifts):
        may = {v for v in range(len(told.visits)) if told.may(v, shift)}
        problem.add_vehicle(
            vroom.Vehicle(
                s,
                start=told.home[s],
                end=told.home[s],
                profile="car",
                capacity=vroom.Amount([shift.capacity]),
                time_window=vroom.TimeWindow(*_of_day(shift)),
                skills=may,
                type=str(shift.injectors),
            )
        )
    heaviest = max(told.weight, default=1)
    for v, visit in enumerate(told.visits):
        crews = {str(crew): seconds for crew, seconds in told.service[v].items()}
        problem.add_job(
            vroom.Job(
                v,
                location=told.place[v],
                delivery=vroom.Amount([visit.doses]),
                skills={v},
                priority=max(1, round(100 * told.weight[v] / heaviest)),
                time_windows=[vroom.TimeWindow(*window) for window in _all_hours(told, v)],
                service_per_type=crews,
                default_service=max(crews.values()),
            )
        )
    left = timedelta(seconds=max(0.1, seconds))
    solution = problem.solve(exploration_level=level, nb_threads=threads, timeout=left)
    orders: dict[str, list[str]] = {}
    for route in solution.to_dict()["routes"]:
        calls = [told.visits[step["id"]].id for step in route["steps"] if step["type"] == "job"]
        orders[told.shifts[route["vehicle"]].id] = calls
    return orders


def _all_hours(told: Told, v: int) -> Windows:
    """The hours of all days together: on our problems they are the same every day."""
    shapes = told.shapes[v]
    assert len(shapes) == 1, "opening hours differ by day"
    return shapes[0][0]


def _of_day(shift: Shift) -> tuple[int, int]:
    return shift.start - shift.day * DAY, shift.end - shift.day * DAY


class Folded:
    """A problem in PyVRP's words."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.nodes = [
            (v, window, days)
            for v, shapes in enumerate(told.shapes)
            for hours, days in shapes
            for window in hours
        ]
        self.node_of: dict[int, list[int]] = {}
        for n, (v, _, _) in enumerate(self.nodes):
            self.node_of.setdefault(v, []).append(n)
        self.depots = sorted(set(told.home))
        self.profiles: dict[tuple[int, int, frozenset[str]], int] = {}
        for shift in told.shifts:
            self.profiles.setdefault(_kind(shift), len(self.profiles))
        self.data = self._data()

    def _data(self) -> pyvrp.ProblemData:
        told = self.told
        groups = [(v, nodes) for v, nodes in self.node_of.items() if len(nodes) > 1]
        group_of = {v: g for g, (v, _) in enumerate(groups)}
        clients = [
            pyvrp.Client(
                location=len(self.depots) + n,
                delivery=[told.visits[v].doses],
                service_duration=min(told.service[v].values()),
                tw_early=window[0],
                tw_late=window[1],
                prize=SECONDS_OF_WEIGHT * told.weight[v],
                required=False,
                group=group_of.get(v),
            )
            for n, (v, window, _) in enumerate(self.nodes)
        ]
        places = [*self.depots, *(told.place[v] for v, _, _ in self.nodes)]
        roads = np.array(told.problem.travel.seconds, dtype=np.int64)[np.ix_(places, places)]
        nowhere = np.zeros_like(roads)
        return pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in places],
            clients,
            [pyvrp.Depot(d) for d in range(len(self.depots))],
            [self._vehicle(s, shift) for s, shift in enumerate(told.shifts)],
            [nowhere] * len(self.profiles),
            [self._durations(kind, roads) for kind in self.profiles],
            [pyvrp.ClientGroup(nodes, required=False) for _, nodes in groups],
        )

    def _vehicle(self, s: int, shift: Shift) -> pyvrp.VehicleType:
        opens, closes = _of_day(shift)
        home = self.depots.index(self.told.home[s])
        return pyvrp.VehicleType(
            1,
            [shift.capacity],
            home,
            home,
            tw_early=opens,
            tw_late=closes,
            unit_distance_cost=0,
            unit_duration_cost=1,
            profile=self.profiles[_kind(shift)],
        )

    def _durations(
        self,
        kind: tuple[int, int, frozenset[str]],
        roads: "np.ndarray[tuple[int, int], np.dtype[np.int64]]",
    ) -> "np.ndarray[tuple[int, int], np.dtype[np.int64]]":
        """Driving, and what the crew needs more than the fastest; far where it may not come."""
        day, crew, _ = kind
        told, found, first = self.told, roads.copy(), len(self.depots)
        shift = next(shift for shift in told.shifts if _kind(shift) == kind)
        for n, (v, _, days) in enumerate(self.nodes):
            found[first + n, :] += told.service[v][crew] - min(told.service[v].values())
            if day not in days or not told.may(v, shift):
                found[:, first + n] = FAR
        np.fill_diagonal(found, 0)
        return found

    def solve(self, seconds: float, seed: int, start: Orders | None = None) -> Answer:
        """PyVRP with its own settings; from orders of another engine when they are given."""
        begin = self._from(start) if start else None
        left = _Processor(seconds) if BY_PROCESSOR else MaxRuntime(max(0.1, seconds))
        result = pyvrp.solve(self.data, left, seed, collect_stats=False, initial_solution=begin)
        orders: dict[str, list[str]] = {}
        best = result.best
        for route in best.routes():
            calls = [self.nodes[step.idx][0] for step in route if step.is_client()]
            orders[self.told.shifts[route.vehicle_type()].id] = [
                self.told.visits[v].id for v in calls
            ]
        return Answer(orders, best.duration_cost() + best.uncollected_prizes())

    def _from(self, orders: Orders) -> pyvrp.Solution:
        index = {visit.id: v for v, visit in enumerate(self.told.visits)}
        number = {shift.id: s for s, shift in enumerate(self.told.shifts)}
        routes = []
        for shift_id, visits in orders.items():
            if visits:
                nodes = self._nodes(number[shift_id], [index[v] for v in visits])
                routes.append(pyvrp.Route(self.data, nodes, number[shift_id]))
        return pyvrp.Solution(self.data, routes)

    def _nodes(self, s: int, visits: list[int]) -> list[int]:
        """The client of each visit whose window the team reaches, as early as can be."""
        shift, told = self.told.shifts[s], self.told
        now, here, found = _of_day(shift)[0], told.home[s], []
        for v in visits:
            now += told.problem.travel.seconds[here][told.place[v]]
            nodes = [n for n in self.node_of[v] if shift.day in self.nodes[n][2]]
            node = next((n for n in nodes if now <= self.nodes[n][1][1]), nodes[-1])
            now = max(now, self.nodes[node][1][0]) + told.service[v][shift.injectors]
            here = told.place[v]
            found.append(node)
        return found


def _kind(shift: Shift) -> tuple[int, int, frozenset[str]]:
    return shift.day, shift.injectors, shift.skills


class _Processor:
    """Stops when this process took so many seconds of a processor."""

    def __init__(self, seconds: float) -> None:
        self._most = process_time() + seconds

    def __call__(self, best_cost: int) -> bool:
        del best_cost
        return process_time() >= self._most


class Budget:
    """Seconds on the clock for all processes; or seconds of a processor for each of two, with what is spent."""

    def __init__(self, seconds: float) -> None:
        self._until = monotonic() + seconds
        self._left = seconds

    def spend(self, before: float) -> None:
        """Two threads of this process worked since it had taken `before` seconds of a processor."""
        self._left -= (process_time() - before) / 2

    def left(self) -> float:
        """For one process that begins now, or began with the budget."""
        return self._left - process_time() if BY_PROCESSOR else self._until - monotonic()


def _pyvrp_once(problem: Problem, budget: Budget, seed: int, start: Orders | None) -> Answer:
    folded = Folded(Told(problem))
    return folded.solve(budget.left(), seed, start)


def _better_of_two(problem: Problem, budget: Budget, seed: int, start: Orders | None) -> Orders:
    with ProcessPoolExecutor(2, get_context("fork")) as pool:
        answers = [pool.submit(_pyvrp_once, problem, budget, 2 * seed + k, start) for k in range(2)]
        return min((answer.result() for answer in answers), key=lambda answer: answer.cost).orders


def pyvrp_twice(problem: Problem, seconds: float, seed: int) -> Orders:
    """PyVRP on two cores: the better of two seeds."""
    return _better_of_two(problem, Budget(seconds), seed, None)


def vroom_deep(problem: Problem, seconds: float, seed: int) -> Orders:
    """VROOM at its deepest level on two threads; it knows no seed."""
    del seed
    return vroom_orders(Told(problem), 5, PATIENCE * seconds if BY_PROCESSOR else seconds)


def vroom_then_pyvrp(problem: Problem, seconds: float, seed: int) -> Orders:
    """VROOM's quick plan, then PyVRP from it on two cores: the better of two seeds."""
    budget, before = Budget(seconds), process_time()
    start = vroom_orders(Told(problem), 1, seconds)
    budget.spend(before)
    return _better_of_two(problem, budget, seed, start)


PEERS: dict[str, Callable[[Problem, float, int], Orders]] = {
    "PyVRP": pyvrp_twice,
    "VROOM": vroom_deep,
    "VROOM, PyVRP": vroom_then_pyvrp,
}
