"""Decides when a region that is due is planned: at once, unless it is loading."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from infra.postgres.snapshot.load import Due
from services.planner.params import DEFAULT, LoadingParams


class Readiness(StrEnum):
    """Whether to plan a region now."""

    READY = "ready"
    LOADING = "loading"  # facts still stream in
    OVERDUE = "overdue"  # they do, and it waited long enough


@dataclass(slots=True)
class _Waiting:
    """A region that is due: since when, when its newest fact came, and how many came lately."""

    since: float
    newest_at: float
    longest: float
    lately: deque[tuple[float, int]] = field(default_factory=deque)


class Loading:
    """Follows the regions that are due; all moments are real seconds."""

    def __init__(self, quiet_seconds: float, params: LoadingParams = DEFAULT) -> None:
        self._quiet, self._params = quiet_seconds, params
        self._waiting: dict[str, _Waiting] = {}
        self._seen: dict[str, tuple[int, ...]] = {}

    def seen(self, region: str) -> int | None:
        """Up to which number of its ledger the facts of a region were counted; None: not yet."""
        return self._seen[region][0] if region in self._seen else None

    def judge(self, due: Due, facts: int, behind: int, now: float) -> Readiness:
        """Whether to plan this region now; `facts` came since the last look, `behind` have yet to be read by intake."""
        params = self._params
        longest = params.longest_seconds if due.has_visits else params.longest_first_seconds
        waiting = self._waiting.setdefault(due.region, _Waiting(now, now, longest))
        if due.newest != self._seen.get(due.region):
            self._seen[due.region], waiting.newest_at = due.newest, now
            waiting.lately.append((now, facts))
        while waiting.lately and now - waiting.lately[0][0] > params.window_seconds:
            waiting.lately.popleft()
        if not self._is_loading(due, waiting, behind, now):
            return Readiness.READY
        return Readiness.OVERDUE if now - waiting.since >= waiting.longest else Readiness.LOADING

    def _is_loading(self, due: Due, waiting: _Waiting, behind: int, now: float) -> bool:
        """A first plan waits until its region rests; later ones only while many facts come at once."""
        is_behind = behind >= self._params.records_behind
        if not due.has_visits:
            return is_behind or now - waiting.newest_at < self._quiet
        lately = sum(facts for _, facts in waiting.lately)
        return lately >= (self._params.facts_when_behind if is_behind else self._params.facts)

    def longest(self, region: str) -> int | None:
        """The most seconds that a region that is due is let load."""
        waiting = self._waiting.get(region)
        return None if waiting is None else round(waiting.longest)

    def forget(self, region: str) -> None:
        """Begins anew, after a plan."""
        self._waiting.pop(region, None)
