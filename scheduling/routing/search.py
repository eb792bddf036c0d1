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
from scheduling.routing.parts import PartsJob
from scheduling.routing.portfolio import PARTS, Portfolio
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
    began = monotonic()
    with Workers(how.workers, how.params.workers) as workers:
        rounds = Rounds(problem, how, workers, began + effort.seconds)
        rounds.begin(began, effort)
        while rounds.is_time_left() and (effort.work is None or rounds.number < effort.work):
            rounds.run_round(effort)
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
        self.how, self.workers, self._end = how, workers, until
        self.params = how.params.rounds
        self._choice_takes = self.params.first_choice_seconds
        self.judge = Judge(self.problem)
        self.pool = RoutePool(self.problem, self.judge, how.params.set_partitioning)
        self.relations = VehicleNeighbours(self.problem, how.params.decomposition)
        self.random = Random(how.seed)
        self.best: Routes = ((),) * len(problem.vehicles)
        self.cost = self.judge.cost(self.best) or 0
        asked = [name for name in how.engines if name in ("pyvrp", PARTS)]
        able = [name for name in asked if load_engine(name).can(problem)]
        self.portfolio = Portfolio(able, how.params.portfolio)
        self.worker_routes: list[Routes] = []  # by worker, while each works on the whole problem
        self.engine = SISR
        self.number = 0
        self.began = self.first = monotonic()

    @property
    def _until(self) -> float:
        """When rounds end: what the last choice will take is kept for it."""
        return self._end - self.params.choice_factor * self._choice_takes

    def is_time_left(self) -> bool:
        """Whether another round may begin."""
        return self._until - monotonic() > self.params.shortest_seconds and not (
            self.how.stop and self.how.stop()
        )

    def begin(self, began: float, effort: Effort) -> None:
        """A first solution by SISR and by OR-Tools at once, and by VROOM where it is installed."""
        self.began = began
        self._keep_if_better(SISR, self._begin_by(SISR))
        self.first = monotonic()
        if PARTS in self.how.engines and self.is_time_left():
            self._keep_if_better(PARTS, self._begin_by(PARTS))
        if self.portfolio.asks_vroom(self.how.engines) and self.is_time_left():
            self._open_with_vroom(effort)

    def _open_with_vroom(self, effort: Effort) -> None:
        """VROOM's first plan on one worker, while the others go on from what there is."""
        seconds = min(self._seconds_left(), self.params.vroom_seconds)
        vroom = Effort(seconds, self.params.vroom_level)
        other = Effort(seconds, effort.work and self.params.sisr_work)
        others = [SISR] * (self.workers.count - 1)
        jobs = [self._make_job("vroom", self.problem, None, vroom)]
        jobs += [self._make_job(name, self.problem, self.best, other) for name in others]
        for name, routes in zip(
            ["vroom", *others], self.workers.run(jobs, self.how.stop), strict=True
        ):
            self._keep_if_better(name, routes)

    def _begin_by(self, name: str) -> Routes | None:
        seconds = self.params.first_try_share * self._seconds_left()
        return load_engine(name).begin(self.problem, seconds, self.how.params.engines)

    def _seconds_left(self) -> float:
        return max(0.01, self._until - monotonic())

    def run_round(self, effort: Effort) -> None:
        """One round: a job for each worker, then their answers, and now and then a choice among all routes seen."""
        names = self._draw_engines()
        groups = self._draw_groups(names)
        in_parts = len(groups) > 1 or len(groups[0]) < len(self.best)
        starts = [self.best] * len(groups) if in_parts else self._worker_routes()
        if not in_parts:
            groups *= len(starts)
        sub_problems = [
            self._extract(name, k, start, group)
            for k, (name, start, group) in enumerate(zip(names, starts, groups, strict=False))
        ]
        jobs = [
            self._make_job(
                name,
                sub_problem.problem,
                sub_problem.start,
                self._round_effort(name, effort, in_parts=in_parts),
            )
            for name, sub_problem in zip(names, sub_problems, strict=False)
        ]
        found = self.workers.run(jobs, self.how.stop)
        for k, (sub_problem, routes) in enumerate(zip(sub_problems, found, strict=True)):
            whole = routes and sub_problem.merge_into(self.best, routes)
            self._keep_if_better(names[k], whole)
            if not self._is_long_run(names[k]):
                self._note_gain(
                    names[k], starts[k], routes and sub_problem.merge_into(starts[k], routes)
                )
            if not in_parts and whole and not sub_problem.stays_home:
                self._continue_with(k, whole)
        if any(map(self._is_long_run, names)):
            self.worker_routes = []  # one of two is far behind then: all go on from the better routes
        self.number += 1
        if self.number % self.params.rounds_between_choices == 0:
            self.choose()

    def _draw_engines(self) -> list[str]:
        """An engine for each worker; SISR has the first round, a long one, on one worker or where PyVRP does not work.

        PyVRP keeps the number of routes that it begins with, SISR does not (`RoundsParams.beside_share`).
        """
        names = self.portfolio.draw(self.best, self.workers.count, self.random)
        if self.number == 0 and "pyvrp" not in names:
            return [SISR] * len(names)
        return [*names[:-1], SISR] if self._is_beside_pyvrp() else names

    def _is_beside_pyvrp(self) -> bool:
        """Whether this is the round in which SISR works beside PyVRP, both on everything."""
        is_whole = len(self.problem.clients) <= self.how.params.decomposition.whole_up_to
        return (
            self.number == 0
            and "pyvrp" in self.portfolio.engines
            and is_whole
            and self.workers.count > 1
        )

    def _is_long_run(self, name: str) -> bool:
        return self.number == 0 and name == SISR

    def _note_gain(self, name: str, start: Routes, whole: Routes | None) -> None:
        """What an engine made of the routes that it was given, whatever others found meanwhile."""
        before, after = self.judge.cost(start), self.judge.cost(whole) if whole else None
        if before is not None:
            self.portfolio.note(name, before, before if after is None else after)

    def _make_job(
        self, name: str, problem: RoutingProblem, start: Routes | None, effort: Effort
    ) -> EngineJob | PartsJob:
        seed, params = self.random.randrange(1 << 30), self.how.params
        if name == PARTS:
            return PartsJob(name, problem, start or (), effort, seed, params)
        return EngineJob(name, problem, start, effort, seed, params.engines)

    def _continue_with(self, k: int, whole: Routes) -> None:
        """A worker on the whole problem goes on from its own routes until the next choice."""
        if self.judge.cost(whole) is not None:
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

        SISR has one long run from hot to cold; afterwards it begins cooler each time.
        """
        params, left, is_pyvrp = self.params, self._seconds_left(), name == "pyvrp"
        works = {"pyvrp": params.pyvrp_work, PARTS: params.parts_work, SISR: params.sisr_work}
        cooled = params.cooled_at_restart
        done = max(0.0, 1 - left / max(params.shortest_seconds, effort.seconds))
        if effort.work is not None:
            return Effort(
                left,
                works[name],
                cooled * min(1.0, self.number / max(1, effort.work)),
            )
        if self._is_beside_pyvrp():
            return Effort(min(left, params.beside_share * effort.seconds))
        if self._is_long_run(name):
            return Effort(min(left, params.long_run_share * effort.seconds))
        later = params.later_try_share * effort.seconds
        usual = params.pyvrp_seconds if is_pyvrp else min(params.sisr_seconds, later)
        if is_pyvrp or in_parts:
            return Effort(
                left if left < params.last_round_factor * usual else usual,
                None,
                cooled + (1 - cooled) / 2 * done,
            )
        return Effort(min(left, later), None, cooled if self.number % 2 == 0 else 0.0)

    def _priced_problem(self) -> RoutingProblem:
        """The problem as engines are told it: everybody has a prize only while somebody is unserved."""
        return (
            self.problem
            if list_unserved(self._problem_as_asked, self.best)
            else self._problem_as_asked
        )

    def _draw_groups(self, names: Sequence[str]) -> list[list[int]]:
        """Disjoint groups of vehicles for the workers; one of all when the problem is small enough.

        SISR takes few clients; guided local search, which draws parts for itself, shares the rest.
        """
        params, everybody = self.how.params.decomposition, len(self.problem.clients)
        if names[0] == "pyvrp":
            if everybody <= params.whole_up_to:
                return [list(range(len(self.best)))]
            return self.relations.draw_groups(
                self.best, [params.pyvrp_clients] * len(names), self.random
            )
        if everybody <= (params.sisr_clients if self.number else params.long_run_clients):
            return [list(range(len(self.best)))]
        if self.number == 0:
            return self.relations.draw_groups(
                self.best, [params.long_run_clients] * len(names), self.random
            )
        left = everybody - params.sisr_clients * names.count(SISR)
        share = max(params.sisr_clients, left // max(1, names.count(PARTS)))
        sizes = [params.sisr_clients if name == SISR else share for name in names]
        return self.relations.draw_groups(self.best, sizes, self.random)

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
        began = monotonic()
        left = self._end - began
        if len(self.pool) > len(self.best) and left > self.params.shortest_seconds:
            seconds = min(self.params.choice_seconds, left)
            self._keep_if_better(self.engine, self.pool.choose_best(self.best, seconds))
            self._choice_takes = max(self._choice_takes, monotonic() - began)
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
