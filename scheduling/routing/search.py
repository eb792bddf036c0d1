"""The search over a plain routing problem: a first solution at once, then rounds in which workers improve it.

With a limit of work, time enough and a number of workers, the routes depend on the problem and the seed
alone: answers are taken over in the order of their jobs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from time import monotonic

from scheduling.routing.decompose import (
    RoutingSubProblem,
    VehicleNeighbours,
    extract,
    extract_with_fewer,
)
from scheduling.routing.engines import SISR, load_engine
from scheduling.routing.evaluate import Judge
from scheduling.routing.params import DEFAULT, RoutingParams
from scheduling.routing.problem import Effort, Routes, RoutingProblem, list_unassigned
from scheduling.routing.processes import EngineJob, ShouldStop, Workers
from scheduling.routing.set_partitioning import RoutePool

SISR_SHOWN = "prikploeg"  # the name of our own engine in answers and files

OnBetter = Callable[[float, int, Routes], None]


@dataclass(frozen=True, slots=True)
class Routed:
    """The routes found, when, and the engine whose routes they are."""

    routes: Routes
    cost: int | None  # None: somebody who must be served is not
    engine: str
    seconds: float
    first_seconds: float
    rounds: int


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How to search: with which engines, on how many workers, from which seed, with which numbers."""

    engines: tuple[str, ...]
    workers: int = 1
    seed: int = 0
    stop: ShouldStop | None = None
    on_better: OnBetter | None = None
    params: RoutingParams = DEFAULT


def search_routes(problem: RoutingProblem, effort: Effort, how: SearchSettings) -> Routed:
    """The best routes found within the effort, whose work is a number of rounds."""
    began, params = monotonic(), how.params.rounds
    with Workers(how.workers, how.params.workers) as workers:
        kept = min(params.choice_seconds, params.last_choice_share * effort.seconds)
        rounds = Rounds(problem, how, workers, began + effort.seconds - kept)
        rounds.begin(began)
        while rounds.is_time_left() and (effort.work is None or rounds.number < effort.work):
            rounds.run_round(effort)
        rounds.until += kept
        rounds.choose()
    cost = Judge(problem).cost(rounds.best)
    return Routed(
        rounds.best,
        cost,
        SISR_SHOWN if rounds.engine == SISR else rounds.engine,
        monotonic() - began,
        rounds.first - began,
        rounds.number,
    )


class Rounds:
    """The best routes so far, and the rounds that improve them."""

    def __init__(
        self, problem: RoutingProblem, how: SearchSettings, workers: Workers, until: float
    ) -> None:
        self.problem, self._problem_as_asked = _price_everybody(problem), problem
        self.how, self.workers, self.until = how, workers, until
        self.params = how.params.rounds
        self.judge = Judge(self.problem)
        self.pool = RoutePool(self.problem, self.judge, how.params.set_partitioning)
        self.relations = VehicleNeighbours(self.problem, how.params.decomposition)
        self.random = Random(how.seed)
        self.best: Routes = ((),) * len(problem.vehicles)
        self.cost = self.judge.cost(self.best) or 0
        self.worker_routes: list[Routes] = []  # by worker, while each works on the whole problem
        self.engine = SISR
        self.number = 0
        self.began = self.first = monotonic()

    def is_time_left(self) -> bool:
        """Whether another round may begin."""
        return self.until - monotonic() > self.params.shortest_seconds and not (
            self.how.stop and self.how.stop()
        )

    def begin(self, began: float) -> None:
        """A first solution by SISR at once, and by VROOM where it is installed."""
        self.began = began
        self._keep_if_better(
            SISR,
            load_engine(SISR).solve(
                self.problem, None, Effort(self._seconds_left(), 0), 0, self.how.params.engines
            ),
        )
        self.first = monotonic()
        if "vroom" in self.how.engines and self.is_time_left():
            job = EngineJob(
                "vroom",
                self.problem,
                None,
                Effort(
                    min(self._seconds_left(), self.params.vroom_seconds), self.params.vroom_level
                ),
                0,
                self.how.params.engines,
            )
            self._keep_if_better("vroom", self.workers.run([job], self.how.stop)[0])

    def _seconds_left(self) -> float:
        return max(0.01, self.until - monotonic())

    def run_round(self, effort: Effort) -> None:
        """One round: a job for each worker, then their answers, and now and then a choice among all routes seen."""
        name = self._draw_engine()
        groups = self._draw_groups(name)
        if len(groups) > 1:
            sub_problems = [self._extract(name, k, self.best, g) for k, g in enumerate(groups)]
        else:
            worker_routes = self._worker_routes()
            sub_problems = [
                self._extract(name, k, x, groups[0]) for k, x in enumerate(worker_routes)
            ]
        spent = self._round_effort(name, effort, in_parts=len(groups) > 1)
        jobs = [
            EngineJob(
                name,
                sub_problem.problem,
                sub_problem.start,
                spent,
                self.random.randrange(1 << 30),
                self.how.params.engines,
            )
            for sub_problem in sub_problems
        ]
        found = self.workers.run(jobs, self.how.stop)
        if len(groups) > 1:
            for sub_problem, routes in zip(sub_problems, found, strict=True):
                self._keep_if_better(name, routes and sub_problem.merge_into(self.best, routes))
        else:
            self._continue_each(name, sub_problems, found)
        self.number += 1
        if self.number % self.params.rounds_between_choices == 0:
            self.choose()

    def _continue_each(
        self, name: str, sub_problems: Sequence[RoutingSubProblem], found: Sequence[Routes | None]
    ) -> None:
        """Each worker continues from its own routes until the next choice."""
        for k, (sub_problem, routes) in enumerate(zip(sub_problems, found, strict=True)):
            whole = routes and sub_problem.merge_into(self.best, routes)
            self._keep_if_better(name, whole)
            if whole and not sub_problem.stays_home and self.judge.cost(whole) is not None:
                self.worker_routes[k] = whole

    def _extract(self, name: str, k: int, routes: Routes, vehicles: list[int]) -> RoutingSubProblem:
        """The sub-problem of a worker; SISR tries every other time with a vehicle less.

        Insertion alone hardly ever changes the number of vehicles (docs/decisions/0010).
        """
        fewer = None
        if name == SISR and self.number and (self.number + k) % 2:
            fewer = extract_with_fewer(self.problem, routes, vehicles)
        return fewer or extract(
            self._priced_problem(), routes, vehicles, self.how.params.decomposition
        )

    def _worker_routes(self) -> list[Routes]:
        if len(self.worker_routes) < self.workers.count:
            self.worker_routes = [self.best] * self.workers.count
        return self.worker_routes

    def _round_effort(self, name: str, effort: Effort, *, in_parts: bool) -> Effort:
        """The effort of each job of a round; the last ones share what is left.

        SISR has a first try on the whole problem, then longer ones; on sub-problems it begins cooler
        each time.
        """
        params, left, is_pyvrp = self.params, self._seconds_left(), name == "pyvrp"
        cooled = params.cooled_at_restart
        done = max(0.0, 1 - left / max(params.shortest_seconds, effort.seconds))
        if effort.work is not None:
            return Effort(
                left,
                params.pyvrp_work if is_pyvrp else params.sisr_work,
                cooled * min(1.0, self.number / max(1, effort.work)),
            )
        usual = params.pyvrp_seconds if is_pyvrp else params.sisr_seconds
        if is_pyvrp or in_parts:
            return Effort(
                left if left < params.last_round_factor * usual else usual,
                None,
                cooled + (1 - cooled) / 2 * done,
            )
        takes = (
            params.first_try_share * effort.seconds
            if self.number == 0
            else params.later_try_share * effort.seconds
        )
        return Effort(min(left, takes), None, cooled if self.number % 2 == 0 else 0.0)

    def _priced_problem(self) -> RoutingProblem:
        """The problem as engines are told it: everybody has a prize only while somebody is unserved."""
        return (
            self.problem
            if list_unserved(self._problem_as_asked, self.best)
            else self._problem_as_asked
        )

    def _draw_groups(self, name: str) -> list[list[int]]:
        """Disjoint groups of vehicles for the workers; one of all when the problem is small enough."""
        if (
            name == "pyvrp"
            and len(self.problem.clients) <= self.how.params.decomposition.whole_up_to
        ):
            return [list(range(len(self.best)))]
        params = self.how.params.decomposition
        size = params.pyvrp_clients if name == "pyvrp" else params.sisr_clients
        return self.relations.draw_groups(self.best, self.workers.count, size, self.random)

    def _draw_engine(self) -> str:
        """PyVRP where it can be told the problem, else SISR: OR-Tools was a class behind at equal CPU (decision 10)."""
        names = [name for name in self.how.engines if load_engine(name).can(self.problem)]
        if "pyvrp" in names:
            return "pyvrp"
        return SISR

    def _keep_if_better(self, name: str, routes: Routes | None) -> None:
        """Remember the routes, and keep them when they are feasible and better."""
        if routes is None:
            return
        self.pool.add(routes)
        cost = self.judge.cost(routes)
        if cost is not None and cost < self.cost:
            self.best, self.cost, self.engine = routes, cost, name
            if self.how.on_better:
                self.how.on_better(monotonic() - self.began, cost, routes)

    def choose(self) -> None:
        """The best choice among all routes seen."""
        if len(self.pool) > len(self.best) and self._seconds_left() > self.params.shortest_seconds:
            seconds = min(self.params.choice_seconds, self._seconds_left())
            self._keep_if_better(self.engine, self.pool.choose_best(self.best, seconds))
        self.worker_routes = []


def _price_everybody(problem: RoutingProblem) -> RoutingProblem:
    """The problem in which those who must be served have a prize above all others, so that all plans are feasible."""
    if all(client.prize is not None for client in problem.clients):
        return problem
    dearest = max((max(row) for row in problem.cost), default=0)
    slowest = max((max(row) for row in problem.seconds), default=0)
    prizes = max((client.prize or 0 for client in problem.clients), default=0)
    # more than any insertion can cost: dearer than four of the dearest arcs with their seconds
    price = 4 * (dearest + problem.cost_per_second * slowest) + 10 * prizes + 1000
    clients = [
        replace(client, prize=price) if client.prize is None else client
        for client in problem.clients
    ]
    return replace(problem, clients=tuple(clients))


def list_unserved(problem: RoutingProblem, routes: Routes) -> list[int]:
    """Clients that must be served and are not."""
    return [c for c in list_unassigned(problem, routes) if problem.clients[c].prize is None]
