"""What a search works with: engines, and the processes that run them."""

from dataclasses import dataclass
from random import Random
from time import monotonic

from scheduling.routing.processes import ShouldStop, Workers
from scheduling.solver.params import DEFAULT, SearchParams


@dataclass(frozen=True, slots=True)
class SearchResources:
    """Everything but the problem: the same tools and seed give the same plan after so many rounds."""

    engines: tuple[str, ...]
    workers: Workers
    random: Random
    params: SearchParams = DEFAULT


@dataclass(frozen=True, slots=True)
class Budget:
    """When a search ends: at a moment, after so many rounds, or when somebody says so."""

    until: float
    rounds: int | None
    stop: ShouldStop | None = None

    @property
    def seconds(self) -> float:
        """What is left."""
        return max(0.0, self.until - monotonic())

    @property
    def by_clock(self) -> bool:
        """Whether the clock decides, and not the work done."""
        return self.rounds is None

    def allows_round(self, round_no: int) -> bool:
        """Whether another round may begin."""
        if self.stop is not None and self.stop():
            return False
        return self.seconds > 0 and (self.rounds is None or round_no < self.rounds)
