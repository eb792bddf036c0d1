"""What planners suppose: asked one after the other in a child process of low priority, kept for a while in memory, never in the plan."""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import suppress
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
from infra.postgres.database import Who
from infra.postgres.snapshot.rows import Snapshot
from infra.travel.matrix import Matrix
from scheduling.scenarios.alternatives import Aim
from scheduling.scenarios.comparison import Figures
from services.web.choosing import Composed
from services.web.refusing import BUSY, TOO_MANY, Refused
from services.web.scenario_apart import (
    Column,
    Impossible,
    NoChoice,
    Overtaken,
    Region,
    Thought,
    make_ready,
    settle,
    think,
)
from services.web.scenario_changes import ChangeIn

logger = logging.getLogger(__name__)

WAITING: Final = 2  # questions of one region that may wait: two planners who each ask something
WAITING_ALL: Final = 6  # of everybody, at some five to ten seconds each
KEPT: Final = 9  # of one region: three times what stands side by side; the oldest go
KEPT_FOR: Final = timedelta(hours=2)  # a morning's deliberation; by then the plan is another
Load = Callable[[str], Awaitable[tuple[Snapshot, Matrix | None]]]
Answer = TypeVar("Answer")


class State(StrEnum):
    """What became of a question."""

    WAITING = "waiting"
    READY = "ready"
    IMPOSSIBLE = "impossible"  # what is supposed is not in this plan
    FAILED = "failed"  # our mistake, or the process was lost


@dataclass(slots=True, eq=False)
class Scenario:
    """Something that is supposed in a region, or an aim for an alternative; and the plan that it would bring."""

    id: UUID
    region: str
    asked_at: datetime
    changes: tuple[ChangeIn, ...]
    aim: Aim | None = None
    name: str | None = None
    state: State = State.WAITING
    thought: Thought | None = None
    impossible: Impossible | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def column(self) -> Column | None:
        """Its plan, once it is ready."""
        return self.thought.columns[self.aim or ""] if self.thought else None

    @property
    def now(self) -> Figures | None:
        """What stood when it was thought of, in the same figures."""
        return self.thought.now if self.thought else None


class Scenarios:
    """What is supposed in each region, and the process that answers. Of one web process: another knows nothing of it."""

    def __init__(self, load: Load, clock: Clock) -> None:
        self._load, self._clock, self._real = load, clock, SystemClock()
        self._kept: dict[UUID, tuple[Scenario, datetime]] = {}
        self._turn = asyncio.Lock()
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._pool: ProcessPoolExecutor | None = None
        self._child = 0

    def close(self) -> None:
        """Ends what is being thought of, and the process: nobody waits for it any more."""
        for task in self._tasks:
            task.cancel()
        if self._pool is not None:
            with suppress(ProcessLookupError):
                if self._child:
                    os.kill(self._child, signal.SIGKILL)
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def suppose(self, who: Who, changes: Sequence[ChangeIn], name: str | None = None) -> Scenario:
        """Asks what comes of it if these things happen. Raises Refused when too much waits."""
        (made,) = self._begin(who, [self._make(who, tuple(changes), None, name)])
        return made

    def ask_alternatives(self, who: Who) -> list[Scenario]:
        """Asks for the three other plans, in one search. Raises Refused."""
        return self._begin(who, [self._make(who, (), aim, None) for aim in Aim])

    def list_of(self, region: str) -> list[Scenario]:
        """What is kept of a region, the newest first."""
        self._forget()
        return [one for one, _ in reversed(self._kept.values()) if one.region == region]

    def find(self, region: str, name: UUID) -> Scenario | None:
        """One of this region; None for what is not kept, or another's."""
        self._forget()
        found = self._kept.get(name)
        return found[0] if found and found[0].region == region else None

    def discard(self, scenario: Scenario) -> None:
        """Throws it away."""
        self._kept.pop(scenario.id, None)

    async def settle(self, scenario: Scenario) -> Composed | Overtaken | NoChoice:
        """A whole plan of what stands by now and of the scenario, checked on the facts of now. Raises Unavailable."""
        thought, column = scenario.thought, scenario.column
        assert thought is not None
        assert thought.base is not None
        assert column is not None
        async with self._turn:
            region = Region(*await self._load(scenario.region))
            return await self._run(
                partial(settle, region, thought.base, thought.standing, column, self._clock.now())
            )

    def _make(
        self, who: Who, changes: tuple[ChangeIn, ...], aim: Aim | None, name: str | None
    ) -> Scenario:
        return Scenario(new_id(), who.region, self._clock.now(), changes, aim, name)

    def _begin(self, who: Who, asked: list[Scenario]) -> list[Scenario]:
        waiting = list(self._tasks.values())
        if waiting.count(who.region) >= WAITING:
            raise Refused(TOO_MANY)
        if len(waiting) >= WAITING_ALL:
            raise Refused(BUSY)
        for one in asked:
            self._kept[one.id] = one, self._real.now()
        self._forget()
        task = asyncio.create_task(self._think(asked))
        self._tasks[task] = who.region
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
        return asked

    def _forget(self) -> None:
        """Throws away what is old, and the oldest of a region that has too many."""
        since = self._real.now() - KEPT_FOR
        of_region: dict[str, int] = {}
        for name, (one, at) in reversed(list(self._kept.items())):
            of_region[one.region] = of_region.get(one.region, 0) + 1
            if at < since or of_region[one.region] > KEPT:
                del self._kept[name]

    async def _think(self, asked: Sequence[Scenario]) -> None:
        try:
            async with self._turn:
                region = Region(*await self._load(asked[0].region))
                found = await self._run(partial(think, region, asked[0].changes))
        except Exception:
            # whatever it is: who asked hears that it failed, and everybody else is answered
            logger.exception("a scenario of %s failed", asked[0].region)
            found = None
        for one in asked:
            if isinstance(found, Thought):
                one.thought, one.state = found, State.READY
            elif isinstance(found, Impossible):
                one.impossible, one.state = found, State.IMPOSSIBLE
            else:
                one.state = State.FAILED
            one.done.set()

    async def _run(self, call: Callable[[], Answer]) -> Answer:
        loop = asyncio.get_running_loop()
        try:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(1, get_context("spawn"), make_ready)
                self._child = await loop.run_in_executor(self._pool, os.getpid)
            return await loop.run_in_executor(self._pool, call)
        except BrokenExecutor as error:
            self._pool, self._child = None, 0
            raise Unavailable("the process that answers was lost") from error


async def wait_for_all(scenarios: Sequence[Scenario], seconds: float) -> None:
    """Waits until all are answered, or these seconds have gone."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            for one in scenarios:
                await one.done.wait()
