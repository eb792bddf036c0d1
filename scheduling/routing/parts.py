"""A task that improves routes part by part: related vehicles are drawn, solved apart, and put back when it pays."""

from dataclasses import dataclass, replace
from random import Random
from time import monotonic

from scheduling.routing.decompose import VehicleNeighbours, extract
from scheduling.routing.engines import load_engine
from scheduling.routing.evaluate import Judge
from scheduling.routing.params import DEFAULT, RoutingParams
from scheduling.routing.problem import Effort, Routes, RoutingProblem


@dataclass(frozen=True, slots=True)
class PartsJob:
    """A problem for one engine, which is given a part of it at a time; work is a number of parts.

    Guided local search gains most in its first second, and on routes of some hundred clients together
    (docs/solver.md): so many short searches beat a long one.
    """

    engine: str
    problem: RoutingProblem
    start: Routes
    effort: Effort
    seed: int
    params: RoutingParams = DEFAULT

    def run(self) -> Routes:
        """The routes that the parts made of the start, never dearer; importing the library counts."""
        until = monotonic() + self.effort.seconds
        by, judge, random = load_engine(self.engine), Judge(self.problem), Random(self.seed)
        relations = VehicleNeighbours(self.problem, self.params.decomposition)
        size = self.params.parts.clients
        best, cost, done = self.start, judge.cost(self.start), 0
        while self.effort.work is None or done < self.effort.work:
            effort = self._effort_of_part(until - monotonic())
            if done and effort.seconds <= self.params.engines.shortest_seconds:
                break
            vehicles = relations.draw_groups(best, [size], random)[0]
            part = extract(self.problem, best, vehicles, self.params.decomposition)
            found = by.solve(
                part.problem, part.start, effort, random.randrange(1 << 30), self.params.engines
            )
            whole = found and part.merge_into(best, found)
            price = judge.cost(whole) if whole else None
            if whole and price is not None and (cost is None or price < cost):
                best, cost = whole, price
            done += 1
        return best

    def _effort_of_part(self, left: float) -> Effort:
        """What a part may take; what few clients are left are one part, which takes everything."""
        params = self.params.parts
        effort = Effort(max(self.params.engines.shortest_seconds, left))
        if self.effort.work is not None:
            return replace(effort, work=params.work)
        if (
            len(self.problem.clients) <= params.clients
            or left < params.last_part_factor * params.seconds
        ):
            return effort
        return replace(effort, seconds=params.seconds)
