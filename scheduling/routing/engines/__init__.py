"""Routing engines behind one interface: OR-Tools and PyVRP always, VROOM when it is installed.

What an engine returns is a proposal: `scheduling.routing.evaluate` judges it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from scheduling.routing.params import DEFAULT, EngineParams
from scheduling.routing.problem import Effort, Routes, RoutingProblem

LIBRARIES = {"ortools": "ortools", "pyvrp": "pyvrp", "vroom": "vroom"}
SISR = "sisr"  # our own engine: part of every search, never asked for by name

TO_INSTALL = "it comes with the extra `engines` (pip install 'prikploeg[engines]', in a clone make setup-dev)"


class Engine(ABC):
    """An engine for plain routing problems."""

    name: str

    def can(self, problem: RoutingProblem) -> bool:
        """Whether the engine can be told every rule of the problem. Everything, unless an engine says otherwise."""
        return bool(problem.vehicles)

    def solve(
        self,
        problem: RoutingProblem,
        start: Routes | None,
        effort: Effort,
        seed: int,
        params: EngineParams = DEFAULT.engines,
    ) -> Routes | None:
        """Routes that should keep every rule, from `start` where that helps; None when it found none.

        A problem in which no vehicle may come to any client is answered here: not every library takes one.
        """
        if not any(any(client.windows) for client in problem.clients):
            return ((),) * len(problem.vehicles)
        return self.search(problem, start, effort, seed, params)

    def begin(
        self, problem: RoutingProblem, seconds: float, params: EngineParams = DEFAULT.engines
    ) -> Routes | None:
        """The first routes that the engine finds, within so many seconds; None when it found none."""
        return self.solve(problem, None, Effort(seconds, 0), 0, params)

    @abstractmethod
    def search(
        self,
        problem: RoutingProblem,
        start: Routes | None,
        effort: Effort,
        seed: int,
        params: EngineParams,
    ) -> Routes | None:
        """As `solve`, of a problem in which some vehicle may come to some client."""


class UnknownEngine(ValueError):
    """An engine was asked for that does not exist."""


class MissingEngine(ValueError):
    """An engine was asked for whose library is not installed."""


@cache
def list_installed() -> tuple[str, ...]:
    """The names of the engines that are installed."""
    return tuple(name for name, library in LIBRARIES.items() if find_spec(library))


def choose_engines(names: Sequence[str] | None = None) -> tuple[str, ...]:
    """The engines asked for (None: all that are installed), in their own order."""
    if names is None:
        return list_installed()
    unknown = [name for name in names if name not in LIBRARIES]
    if unknown or not names:
        known = ", ".join(LIBRARIES)
        raise UnknownEngine(f"no engine {', '.join(unknown) or 'named'}; there are {known}")
    if missing := [name for name in names if name not in list_installed()]:
        raise MissingEngine(f"engine {', '.join(missing)} is not installed; {TO_INSTALL}")
    return tuple(name for name in LIBRARIES if name in names)


@cache
def load_engine(name: str) -> Engine:
    """The engine of this name; its library is imported now."""
    if name != SISR:
        choose_engines((name,))
    module = "sisr.engine" if name == SISR else name
    found: Engine = import_module(f"scheduling.routing.engines.{module}").ENGINE
    return found
