"""Our slack induction by string removals (SISR; Christiaens and Vanden Berghe, 2020) for plain routing problems.

Strings of clients are removed from neighbouring routes, and unassigned clients are inserted greedily
with blinks. What waiting costs is counted for whole routes only.
"""

from collections.abc import Iterator
from math import exp, log
from random import Random
from time import monotonic

from typing_extensions import override

from scheduling.routing.engines import Engine
from scheduling.routing.engines.sisr.routes import RouteTable
from scheduling.routing.params import EngineParams, SisrParams
from scheduling.routing.problem import Effort, Routes, RoutingProblem


class SisrEngine(Engine):
    """Ruin and recreate, with a temperature that falls until the effort is spent."""

    name = "sisr"

    @override
    def search(
        self,
        problem: RoutingProblem,
        start: Routes | None,
        effort: Effort,
        seed: int,
        params: EngineParams,
    ) -> Routes | None:
        """The best routes seen, starting from `start` or else from plain insertion."""
        began = monotonic()
        table = RouteTable(problem, start or ((),) * len(problem.vehicles), params.sisr)
        search = RuinAndRecreate(table, Random(seed), params.sisr)
        search.fill()
        search.run(effort.since(began))
        return search.best


class RuinAndRecreate:
    """One run on one table of routes."""

    def __init__(self, table: RouteTable, random: Random, params: SisrParams) -> None:
        self.table, self._random, self._params = table, random, params
        self.best, self.best_cost = table.routes(), table.cost
        self._neighbours = table.list_neighbours(params.neighbours)

    def fill(self) -> None:
        """Insert unassigned clients where they cost least."""
        self._recreate()
        self._keep_best()

    def _keep_best(self) -> None:
        if self.table.cost < self.best_cost or not any(self.best):
            self.best, self.best_cost = self.table.routes(), self.table.cost

    def run(self, effort: Effort) -> None:
        """Rounds until the effort is spent."""
        table, random, params = self.table, self._random, self._params
        hot, cold = params.start_temperature, params.end_temperature
        arc = max(1.0, table.mean_arc())
        for spent in _measure_progress(effort, params):
            cooled = effort.cooled + (1 - effort.cooled) * spent
            temperature = arc * hot * exp(log(cold / hot) * cooled)
            before = table.snapshot()
            if random.random() < params.split_route_rate:
                self._split()
            self._ruin()
            self._recreate()
            # annealing with one draw, as in the paper: a random threshold above the present cost
            limit = before.cost - temperature * log(1.0 - random.random())
            if table.cost >= limit:
                table.restore(before)
            elif table.cost < self.best_cost:
                self._keep_best()

    def _split(self) -> None:
        """Split a route in two: insertion alone would hardly ever use another vehicle."""
        rows = [v for v, route in self.table.lists.items() if len(route) > 1]
        if rows:
            v = self._random.choice(rows)
            self.table.split(v, self._random.randrange(1, len(self.table.lists[v])))

    def _ruin(self) -> None:
        """Remove strings around a drawn client, as many as the paper's equations give for the present route lengths."""
        table, random, params = self.table, self._random, self._params
        lengths = [len(route) for route in table.lists.values() if route]
        if not lengths:
            return
        longest = min(params.longest_string, sum(lengths) / len(lengths))
        # as the paper draws it: fewer strings where routes are long, so that about as many clients go
        strings = int(1 + random.random() * (4 * params.removed_on_average / (1 + longest) - 1))
        seed = random.randrange(len(table.places))
        if table.unassigned and random.random() < params.near_unassigned_rate:
            seed = random.choice(sorted(table.unassigned))
        ruined: set[int] = set()
        for c in self._neighbours[seed]:
            if len(ruined) >= strings:
                break
            row = table.where[c]
            if row >= 0 and row not in ruined:
                ruined.add(row)
                self._remove_string(row, c, longest)

    def _remove_string(self, row: int, c: int, longest: float) -> None:
        """Remove a string around a client from its route, sometimes sparing a substring ("split string")."""
        random, route, params = self._random, self.table.lists[row], self._params
        size = int(1 + random.random() * min(longest, len(route)))
        size = min(size, len(route))
        kept = 0
        if 1 < size < len(route) and random.random() < params.split_string_rate:
            kept = 1
            while size + kept < len(route) and random.random() > params.substring_stop_rate:
                kept += 1
        at = route.index(c)
        first = random.randint(max(0, at - size - kept + 1), min(at, len(route) - size - kept))
        gone = list(range(first, first + size + kept))
        if kept:
            inside = random.randint(0, size)
            del gone[inside : inside + kept]
        self.table.remove(row, gone)

    def _recreate(self) -> None:
        table, random, params = self.table, self._random, self._params
        for c in table.sort_unassigned(random.choice(params.orders), random):
            blinks = 0
            while random.random() < params.blink_rate:
                blinks += 1
            table.insert_cheapest(c, blinks)


def _measure_progress(effort: Effort, params: SisrParams) -> Iterator[float]:
    """The share of the effort that is spent, from 0 to 1, once for each round."""
    began, rounds, spent = monotonic(), 0, 0.0
    most = None if effort.work is None else effort.work * params.rounds_per_work
    if most == 0:
        return
    while spent < 1:
        yield spent
        rounds += 1
        if most is not None:
            spent = rounds / most
        if rounds % params.rounds_between_clock == 0:
            clock = (monotonic() - began) / max(1e-9, effort.seconds)
            spent = max(spent, clock) if most is None or clock >= 1 else spent


ENGINE = SisrEngine()
