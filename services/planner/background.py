"""What the planner does beside answering events at once: first plans, and better answers."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from infra.clock import Clock, SystemClock
from infra.postgres.snapshot.load import Due, find_settled_regions
from services.planner.apart import FailedRegions, NoPlan
from services.planner.attempt import try_to_plan
from services.planner.child import Stopped
from services.planner.offering import offer_once
from services.planner.params import ANSWERS
from services.planner.round import Answered, Planning, answer_better, plan_once

logger = logging.getLogger(__name__)


class Doing(StrEnum):
    """What is done for a region."""

    LOADING = "loading"
    FIRST = "first"
    ANSWERING = "answering"
    IMPROVING = "improving"
    OFFERING = "offering"


@dataclass(frozen=True, slots=True)
class Work:
    """A search that is under way."""

    region: str
    doing: Doing
    number: int
    since: datetime
    task: "asyncio.Task[None]"


class Background:
    """One search at a time in a process of its own; what answers events never waits for it."""

    def __init__(
        self,
        planning: Planning,
        clocks: tuple[Clock, SystemClock],
        stopped: Stopped,
        failed: FailedRegions,
    ) -> None:
        self._planning, self._stopped, self._failed = planning, stopped, failed
        self._clock, self._real = clocks
        self._answers: dict[str, Answered] = {}  # that may become better, the oldest first
        self._resting: dict[str, float] = {}  # regions to look for an offer in, since when
        self._number = 0
        self.work: Work | None = None

    def plans_first(self, region: str) -> bool:
        """Whether the first plan of this region is being searched."""
        work = self.work
        return work is not None and (work.region, work.doing) == (region, Doing.FIRST)

    def want(self, answered: Answered) -> None:
        """The newest answer of a region may become better."""
        region = answered.posed.problem.region
        self._answers[region] = answered
        self.rest(region)

    def rest(self, region: str) -> None:
        """Nothing waits to be answered in this region: an offer is looked for when that lasts."""
        self._resting[region] = self._real.monotonic()

    def disturb(self, region: str) -> None:
        """New facts came: what is being found for this region is out of date."""
        self._answers.pop(region, None)
        self._resting.pop(region, None)
        if self.work and self.work.region == region:
            self._interrupt(self.work)

    def begin_first(self, due: Due, *, for_nobody: bool) -> bool:
        """Searches the first plan of a region, as long as that may take; False while something else is searched."""
        if self.work is not None:
            self._interrupt(self.work)  # a region without any plan goes first
            return False
        self._begin(due.region, Doing.FIRST, self._plan_first(due, for_nobody=for_nobody))
        return True

    def tend(self) -> None:
        """Takes in what is finished and begins what is due. Raises what ended a search that is no fault of its problem."""
        if self.work is not None and self.work.task.done():
            done, self.work = self.work, None
            done.task.result()
        if self.work is not None:
            return
        latest = self._real.monotonic() - ANSWERS.offer_after_seconds
        rested = [region for region, since in self._resting.items() if since <= latest]
        if self._answers:
            region = next(iter(self._answers))
            answered = self._answers.pop(region)
            self._begin(region, Doing.IMPROVING, self._improve(answered, self._number + 1))
        elif rested:
            del self._resting[rested[0]]
            self._begin(rested[0], Doing.OFFERING, self._offer(rested[0], self._number + 1))

    async def end(self) -> None:
        """Leaves what is under way."""
        if self.work is not None:
            self.work.task.cancel()
            await asyncio.gather(self.work.task, return_exceptions=True)

    def _interrupt(self, work: Work) -> None:
        """Ends a search early, but none of a first plan."""
        if work.doing is not Doing.FIRST:
            self._stopped.value = work.number

    def _begin(self, region: str, doing: Doing, search: Coroutine[None, None, None]) -> None:
        self._number += 1
        task = asyncio.create_task(search)
        self.work = Work(region, doing, self._number, self._real.now(), task)

    async def _plan_first(self, due: Due, *, for_nobody: bool) -> None:
        plan, now = partial(plan_once, for_nobody=for_nobody), self._clock.now()
        if await try_to_plan(self._planning, due, now, self._failed, self._real, by=plan):
            self.rest(due.region)

    async def _improve(self, answered: Answered, number: int) -> None:
        try:
            await answer_better(self._planning, answered, self._clock.now(), number)
        except NoPlan as error:
            region = answered.posed.problem.region
            logger.exception("no better answer for %s", region, exc_info=error.__cause__)

    async def _offer(self, region: str, number: int) -> None:
        async with self._planning.reading.transaction() as tx:
            if region not in await find_settled_regions(tx):
                return  # a proposal that somebody may be reading stands still
        try:
            await offer_once(self._planning, region, self._clock.now(), number)
        except NoPlan as error:
            logger.exception("no offer for %s", region, exc_info=error.__cause__)
