"""Numbers of the replay of a plan, with their reasons."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReplayParams:
    """How a published day is replayed."""

    draws: int = 1000  # the share of stops on time is then known to about one in a hundred
    seed: int = 0
    # Visits take longer more often than shorter: who is asleep, who needs a talk. Roads are rarely faster than the matrix.
    service: tuple[float, float] = (0.8, 1.5)
    travel: tuple[float, float] = (0.9, 1.3)


DEFAULT = ReplayParams()
