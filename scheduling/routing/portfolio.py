"""Which engine each worker is given next: by the length of the routes at first, then by what each engine gained."""

from collections.abc import Sequence
from random import Random

from scheduling.routing.engines import SISR
from scheduling.routing.params import DEFAULT, PortfolioParams
from scheduling.routing.problem import Routes

PARTS = "ortools"  # the engine that is given part after part (parts.py)


class Portfolio:
    """The engines of one search and what each gained in its latest jobs, as a share of the cost."""

    def __init__(self, engines: Sequence[str], params: PortfolioParams = DEFAULT.portfolio) -> None:
        self.engines, self._params = tuple(engines), params
        self._gains: dict[str, float] = {}

    def note(self, engine: str, before: int, after: int) -> None:
        """What one job of an engine made of the cost."""
        gain, share = max(0, before - after) / max(1, before), self._params.newest_share
        self._gains[engine] = share * gain + (1 - share) * self._gains.get(engine, gain)

    def asks_vroom(self, engines: Sequence[str]) -> bool:
        """Whether a first plan of VROOM is worth its seconds: PyVRP is as far in the same time, and goes on."""
        return "vroom" in engines and "pyvrp" not in self.engines

    def draw(self, routes: Routes, workers: int, random: Random) -> list[str]:
        """An engine for each worker: PyVRP where it can be told the problem, else what gained most, now and then another.

        PyVRP was ahead of both others at equal CPU wherever it was measured.
        """
        if "pyvrp" in self.engines:
            return ["pyvrp"] * workers
        if PARTS not in self.engines:
            return [SISR] * workers
        best, other = self._rank(routes)
        if other not in self._gains:
            return (
                ([best, other] * workers)[:workers]
                if best not in self._gains
                else [other, *[best] * (workers - 1)]
            )
        rate = self._params.explore_rate
        return [other if random.random() < rate else best for _ in range(workers)]

    def _rank(self, routes: Routes) -> tuple[str, str]:
        """Guided local search and SISR, the better one first."""
        made = [len(route) for route in routes if route]
        is_long = sum(made) >= self._params.long_route * max(1, len(made))
        first, second = (PARTS, SISR) if is_long else (SISR, PARTS)
        if self._gains.get(second, -1.0) > self._gains.get(first, 1.0):
            return second, first
        return first, second
