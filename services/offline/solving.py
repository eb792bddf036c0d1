"""Solves a problem from a file, in this process and its workers, without any service."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.routing.benchmark import (
    Instance,
    LeftOut,
    find_barred,
    to_routing,
    total_distance,
)
from scheduling.routing.problem import Effort

Stop = Callable[[], bool]
TAIL_SECONDS, TAIL_FACTOR = 0.3, 2.0


@dataclass(frozen=True, slots=True)
class Wish:
    """How to search: for how long, from which seed, with which engines."""

    began: float  # a moment of the monotonic clock, from which the seconds count
    seconds: float
    work: int | None = None
    seed: int = 0
    engines: tuple[str, ...] | None = None  # None: all that are installed
    workers: int = 2

    def seconds_left(self, read_seconds: float) -> float:
        """Seconds for the search: without those that are gone, and those that judging and printing will take.

        Those depend on the size of the file and on how busy the machine is, as reading it does.
        """
        kept = TAIL_SECONDS + TAIL_FACTOR * read_seconds
        return max(0.0, self.began + self.seconds - monotonic() - kept)


@dataclass(frozen=True, slots=True)
class RoutesFound:
    """Routes for an instance, and the customers that are in none."""

    routes: tuple[tuple[int, ...], ...]
    left_out: dict[int, LeftOut]
    distance: int
    engine: str
    seconds: float
    first_seconds: float | None


def solve_problem(problem: Problem, wish: Wish, stop: Stop, read_seconds: float = 0.0) -> Plan:
    """Solves a problem. Raises InvalidProblem, UnknownEngine, MissingEngine."""
    from scheduling.solve import Limits, solve

    left = wish.seconds_left(read_seconds)
    limits = Limits(left, wish.work, workers=wish.workers, engines=wish.engines)
    return solve(problem, limits, seed=wish.seed, stop=stop)


def solve_instance(
    instance: Instance, wish: Wish, stop: Stop, read_seconds: float = 0.0
) -> RoutesFound:
    """Solves an instance; customers that no route can serve are taken out beforehand."""
    from scheduling.solve import solve_routing

    never = find_barred(instance)
    nodes = [node for node in range(1, instance.size) if node not in never]
    if not instance.vehicles or not nodes:
        full = dict.fromkeys(nodes, LeftOut.VEHICLES_FULL)
        return RoutesFound((), {**never, **full}, 0, "", 0.0, None)
    found = solve_routing(
        to_routing(instance, nodes),
        Effort(wish.seconds_left(read_seconds), wish.work),
        seed=wish.seed,
        engines=wish.engines,
        workers=wish.workers,
        stop=stop,
    )
    routes = tuple(tuple(nodes[k] for k in route) for route in found.routes if route)
    made = {node for route in routes for node in route}
    full = {node: LeftOut.VEHICLES_FULL for node in nodes if node not in made}
    return RoutesFound(
        routes,
        {**never, **full},
        total_distance(instance, routes),
        found.engine,
        found.seconds,
        found.first_seconds,
    )
