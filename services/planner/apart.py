"""Solves in a child process; when that fails, the region waits and the others go on."""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import ParamSpec, TypeVar

from typing_extensions import override

from infra.postgres.snapshot.load import Due

AGAIN_SECONDS = (
    60.0  # until a failed problem is tried again with the same facts: it may have been the machine
)
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class NoPlan(Exception):
    """The solver failed on a region's problem: our mistake; the cause says which."""


class RenewedPool(Executor):
    """A process pool that replaces itself after its process was lost."""

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
    """Regions whose last solve failed, and when to try them again."""

    def __init__(self) -> None:
        self._regions: dict[str, tuple[tuple[int, int], float]] = {}

    def note(self, due: Due, now: float) -> None:
        """Records a failure; `now` in real seconds."""
        self._regions[due.region] = (due.newest, now)

    def waits(self, due: Due, now: float) -> bool:
        """Whether to wait: the same facts failed less than AGAIN_SECONDS ago."""
        newest, failed_at = self._regions.get(due.region, (None, 0.0))
        return newest == due.newest and now - failed_at < AGAIN_SECONDS

    def forget(self, region: str) -> None:
        """Clears the failure of a region that now has a plan."""
        self._regions.pop(region, None)

    @property
    def regions(self) -> list[str]:
        """The failed regions, for the heartbeat."""
        return sorted(self._regions)
