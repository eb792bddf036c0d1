"""Make it fit for a whole region: a search in the background, in child processes of its own that end with it.

It is about one version of the plan, and stops where people go by another. What it found is kept in the memory of one web
process: a restart forgets it, nothing half done is left, and whoever asks for it hears that.
"""

import asyncio
import logging
import os
import signal
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from multiprocessing import get_context
from typing import Final, TypeVar
from uuid import UUID

from infra.clock import Clock, SystemClock
from infra.errors import Unavailable
from infra.identity import new_id
from infra.postgres.database import Database, Who
from infra.postgres.pages import status
from infra.postgres.plan_records import PackedRecord
from infra.postgres.standing import StandingRows
from scheduling.fitting.fit import Fit
from scheduling.fitting.targets import Target
from services.web.fitting_apart import Around
from services.web.refusing import BUSY, Refused
from services.web.region_fits_apart import fit_one, make_ready, open_plan

logger = logging.getLogger(__name__)

WAITING_ALL: Final = 6  # regions that search or wait for it, at most a minute each
KEPT_FOR: Final = timedelta(hours=2)  # by then the plan is another
WORTH_ANOTHER: Final = 16  # groups for which a second child is made: the machine has two cores, and children yield to pages
LOOK_SECONDS: Final = 1.0  # how often is asked whether people go by another plan
Load = Callable[[str, str], Awaitable[PackedRecord | None]]  # by region and hash
Answer = TypeVar("Answer")


class SearchState(StrEnum):
    """What became of a search."""

    WAITING = "waiting"  # another region goes first
    RUNNING = "running"
    READY = "ready"
    SUPERSEDED = "superseded"  # stopped: people go by another plan
    CANCELLED = "cancelled"  # by a planner
    FAILED = "failed"  # our mistake, or the process was lost


GOING: Final = (SearchState.WAITING, SearchState.RUNNING)


@dataclass(slots=True, eq=False)
class Search:
    """A search for everybody whom one version of a plan leaves out."""

    id: UUID
    who: Who
    plan: UUID
    plan_hash: str
    rows: StandingRows  # the stops as they stood when it began
    asked_at: datetime
    state: SearchState = SearchState.WAITING
    targets: tuple[Target, ...] = ()
    barred: tuple[Target, ...] = ()  # whom no change by us helps
    found: list[tuple[Target, Fit | None]] = field(default_factory=list)
    around: Around | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def list_ranked(self) -> list[tuple[Target, Fit | None]]:
        """Crisis visits first, then who gains the most people for each call; those without a suggestion last."""
        return sorted(self.found, key=_rank)


def _rank(row: tuple[Target, Fit | None]) -> tuple[bool, bool, float, int]:
    target, fit = row
    if fit is None:
        return True, not target.crisis_ids, 0.0, -target.people
    return False, not target.crisis_ids, -gain(fit), fit.minutes


def gain(fit: Fit) -> float:
    """People who get a visit for each phone call that is made; a crisis visit counts as one."""
    return max(1, fit.people + fit.others) / max(1, fit.price.calls)


class RegionFits:
    """The last search of each region. Of one web process: another knows nothing of it."""

    def __init__(self, load: Load, reader: Database, clock: Clock) -> None:
        self._load, self._reader, self._clock, self._real = load, reader, clock, SystemClock()
        self._kept: dict[str, tuple[Search, datetime]] = {}  # by region
        self._tasks: dict[asyncio.Task[None], Search] = {}
        self._turn = asyncio.Lock()

    def close(self) -> None:
        """Ends every search, and its process: nobody waits for it any more."""
        for task in self._tasks:
            task.cancel()

    def begin(self, who: Who, plan: status.PlanRow, rows: StandingRows) -> Search:
        """Begins a search; the one that goes on of this very plan is that search. Raises Refused when too much waits."""
        known = self.find(who.region)
        if known is not None and known.state in GOING:
            if known.plan == plan.plan:
                return known
            self._end(known, SearchState.SUPERSEDED)
        if len(self._tasks) >= WAITING_ALL:
            raise Refused(BUSY)
        search = Search(new_id(), who, plan.plan, plan.hash, rows, self._clock.now())
        self._kept[who.region] = search, self._real.now()
        task = asyncio.create_task(self._run(search))
        self._tasks[task] = search
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
        return search

    def find(self, region: str, name: UUID | None = None) -> Search | None:
        """The last search of a region, or the one of this name; None for what is not kept (any more)."""
        search, at = self._kept.get(region, (None, self._real.now()))
        if search is None or (name is not None and search.id != name):
            return None
        if search.state not in GOING and at < self._real.now() - KEPT_FOR:
            del self._kept[region]
            return None
        return search

    def cancel(self, search: Search) -> None:
        """Stops a search; what it found stays."""
        if search.state in GOING:
            self._end(search, SearchState.CANCELLED)

    def _end(self, search: Search, state: SearchState) -> None:
        search.state = state
        search.done.set()
        for task, one in self._tasks.items():
            if one is search:
                task.cancel()

    async def _run(self, search: Search) -> None:
        """Searches, and says how it ended: whoever looks is never left with a search that nobody makes."""
        try:
            async with self._turn:
                search.state = SearchState.RUNNING
                state = await self._search(search)
        except asyncio.CancelledError:
            state = SearchState.CANCELLED
            raise
        except Exception:
            # whatever it is: who asked hears that it failed, and everybody else is answered
            logger.exception("a search through %s failed", search.who.region)
            state = SearchState.FAILED
        finally:
            if search.state in GOING:
                search.state = state
            search.done.set()

    async def _search(self, search: Search) -> SearchState:
        packed = await self._load(search.who.region, search.plan_hash)
        if packed is None:
            return SearchState.SUPERSEDED
        open_here = partial(open_plan, packed, search.rows, self._clock.now())
        async with AsyncExitStack() as stack:
            children = [await stack.enter_async_context(_Child())]
            opened = await children[0].run(open_here)
            search.targets, search.barred = opened.targets, opened.barred
            search.around = opened.around
            left = deque(enumerate(opened.targets))
            if len(left) >= WORTH_ANOTHER:
                children.append(await stack.enter_async_context(_Child()))
                await children[1].run(open_here)
            async with asyncio.TaskGroup() as group:
                for child in children:
                    group.create_task(self._fit_all(search, child, left))
        return SearchState.SUPERSEDED if await self._is_superseded(search) else SearchState.READY

    async def _fit_all(
        self, search: Search, child: "_Child", left: deque[tuple[int, Target]]
    ) -> None:
        """Takes one group after the other, until none is left or people go by another plan."""
        looked = 0.0
        while left:
            number, target = left.popleft()
            if self._real.monotonic() - looked > LOOK_SECONDS:
                if await self._is_superseded(search):
                    left.clear()
                    return
                looked = self._real.monotonic()
            search.found.append((target, await child.run(partial(fit_one, number))))

    async def _is_superseded(self, search: Search) -> bool:
        async with self._reader.reading(search.who) as tx:
            plans: Sequence[status.PlanRow] = await status.plans(tx, search.who.region)
        return not any(row.state == "published" and row.plan == search.plan for row in plans)


class _Child:
    """A process that lives as long as one search, and is killed where nobody waits for it."""

    async def __aenter__(self) -> "_Child":
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), make_ready)
        self._pid = 0
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._pid:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def run(self, call: Callable[[], Answer]) -> Answer:
        loop = asyncio.get_running_loop()
        try:
            if not self._pid:
                self._pid = await loop.run_in_executor(self._pool, os.getpid)
            return await loop.run_in_executor(self._pool, call)
        except BrokenExecutor as error:
            raise Unavailable("the process that searches was lost") from error
