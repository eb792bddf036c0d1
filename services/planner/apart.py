"""Solves in a child process; when that fails, the region waits and the others go on."""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the door refused a plan of ours: our mistake, or facts that contradict each other; `cause` names the fields."""

    reason: str
    cause: tuple[str, ...]


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


@dataclass(frozen=True, slots=True)
class Failure:
    """The last try of a region: with which facts, when in real seconds, and why the door refused its plan (None: no plan)."""

    due: Due
    at: float
    refused: Refused | None = None


class FailedRegions:
    """Regions whose last try gave no plan, and when to try them again."""

    def __init__(self) -> None:
        self._regions: dict[str, Failure] = {}

    def note(self, due: Due, now: float, refused: Refused | None = None) -> None:
        """Records a failure; `now` in real seconds."""
        self._regions[due.region] = Failure(due, now, refused)

    def waits(self, due: Due, now: float) -> bool:
        """Whether to wait: for new facts after a refusal, AGAIN_SECONDS after a solve that failed with the same facts.

        The same facts give the same plan, which would be refused again; another day is another plan.
        """
        failure = self._regions.get(due.region)
        if failure is None or failure.due != due:
            return False
        return failure.refused is not None or now - failure.at < AGAIN_SECONDS

    def forget(self, region: str) -> None:
        """Clears the failure of a region that now has a plan."""
        self._regions.pop(region, None)

    @property
    def regions(self) -> list[str]:
        """The regions whose solve failed, for the heartbeat."""
        return sorted(name for name, one in self._regions.items() if one.refused is None)

    def state(self) -> dict[str, object]:
        """What the heartbeat says of them; `ok` is false while a region has no plan by our fault."""
        refused = {
            name: {"reason": one.refused.reason, "fields": list(one.refused.cause)}
            for name, one in sorted(self._regions.items())
            if one.refused is not None
        }
        return {"ok": not self._regions, "failed": self.regions, "refused": refused}
