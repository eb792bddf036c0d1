"""When a search ends, and which resources it may use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """When a search ends: after so many seconds, or after so many rounds of improvement.

    With `rounds` and time enough the plan depends on the problem, the seed and the engines alone.
    """

    seconds: float
    rounds: int | None = None
    workers: int = 1  # processes that search in parallel
    engines: tuple[str, ...] | None = None  # None: all that are installed
