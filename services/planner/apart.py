"""Solving in a child process, and what is done when that goes wrong: no region keeps the others waiting."""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import ParamSpec, TypeVar

from typing_extensions import override

from infra.postgres.snapshot.load import Due

AGAIN_SECONDS = 60.0  # until a problem that could not be solved is tried again, with the same facts
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class NoPlan(Exception):
    """The solver failed on the problem of one region: our mistake; the cause says which."""


class RenewedPool(Executor):
    """A pool of solvers; when its process was lost, what comes next gets a new one."""

    def __init__(self, begin: Callable[[], Executor]) -> None:
        self._begin = begin
        self._pool = begin()

    @override
    def submit(
        self, fn: Callable[Given, Answer], /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Future[Answer]:
        """As any pool."""
        try:
            return self._pool.submit(fn, *args, **kwargs)
        except BrokenExecutor:
            self._pool.shutdown(wait=False)
            self._pool = self._begin()
            return self._pool.submit(fn, *args, **kwargs)

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As any pool."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)


class FailedRegions:
    """Regions that have no plan of their newest facts, and when they may be tried again."""

    def __init__(self) -> None:
        self._regions: dict[str, tuple[tuple[int, int], float]] = {}

    def note(self, due: Due, now: float) -> None:
        """It failed; `now` in real seconds."""
        self._regions[due.region] = (due.newest, now)

    def waits(self, due: Due, now: float) -> bool:
        """Whether there is no use in trying: the same facts, a moment ago."""
        newest, failed_at = self._regions.get(due.region, (None, 0.0))
        return newest == due.newest and now - failed_at < AGAIN_SECONDS

    def forget(self, region: str) -> None:
        """It has a plan."""
        self._regions.pop(region, None)

    @property
    def regions(self) -> list[str]:
        """For the sign of life."""
        return sorted(self._regions)
