"""What a search has at its disposal: engines, worker processes, a random generator, its numbers, and a limit."""

from dataclasses import dataclass
from random import Random
from time import monotonic

from scheduling.routing.processes import ShouldStop, Workers
from scheduling.solver.params import DEFAULT, SearchParams


@dataclass(frozen=True, slots=True)
class SearchResources:
    """Everything but the problem: the same resources and seed give the same plan after the same rounds."""

    engines: tuple[str, ...]
    workers: Workers
    random: Random
    params: SearchParams = DEFAULT


@dataclass(frozen=True, slots=True)
class Budget:
    """When a search ends: at a moment of the monotonic clock, after so many rounds, or when it is told to stop."""

    until: float
    rounds: int | None
    stop: ShouldStop | None = None

    @property
    def seconds(self) -> float:
        """Seconds that are left."""
        return max(0.0, self.until - monotonic())

    @property
    def by_clock(self) -> bool:
        """Whether the clock ends the search, and not a count of rounds."""
        return self.rounds is None

    def allows_round(self, round_no: int) -> bool:
        """Whether another round may begin."""
        if self.stop is not None and self.stop():
            return False
        return self.seconds > 0 and (self.rounds is None or round_no < self.rounds)
