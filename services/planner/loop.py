"""Runs the planner process: answers each region that is due at once, and makes plans better in the background."""

import asyncio
import os
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from infra.clock import Clock, SystemClock, clock_from
from infra.postgres.database import wait_for
from infra.postgres.heartbeats import Process, beat
from infra.postgres.listening import listening
from infra.postgres.snapshot.load import (
    Due,
    count_behind,
    count_facts,
    find_due_regions,
    find_settled_regions,
)
from infra.settings import Settings
from infra.travel.choice import roads_of
from scheduling.solve import Limits
from services.accept.submission import Outcome
from services.planner.apart import FailedRegions, RenewedPool
from services.planner.attempt import try_to_plan
from services.planner.background import Background, Doing
from services.planner.child import (
    ended_at_once,
    is_awake,
    make_stopped,
    start_background,
    start_solver,
)
from services.planner.memories import Memories
from services.planner.params import DEFAULT
from services.planner.readiness import Loading, Readiness
from services.planner.round import Answered, Planning, answer_once

LOOK_SECONDS = 0.5
BEAT_SECONDS = 1.0


async def run(settings: Settings) -> None:
    """Plans until the process ends. A region whose solve fails, or whose plan is refused, is reported and waits.

    Any other error ends the process.
    """
    dsn = settings.postgres.dsn("planner")
    clock, real = clock_from(settings.run), SystemClock()
    process = Process("planner", settings.run.slot, os.getpid(), real.now())
    stopped = make_stopped()
    with (
        RenewedPool(start_solver) as solver,
        RenewedPool(partial(start_background, stopped)) as aside,
        ended_at_once(),
    ):
        planning = Planning(
            reading=await wait_for(dsn),
            door=await wait_for(settings.postgres.dsn("acceptor"), size=2),
            lock_dsn=dsn,
            solver=solver,
            limits=Limits(
                seconds=settings.run.planner_seconds,
                rounds=settings.run.planner_rounds,
                workers=settings.run.planner_workers,
            ),
        )
        failed, quiet = FailedRegions(), settings.run.planner_quiet_seconds
        background = Background(replace(planning, solver=aside), (clock, real), stopped, failed)
        answering = replace(planning, memories=Memories())
        planner = Planner(answering, background, Loading(quiet), failed, (clock, real))
        beating = asyncio.create_task(planner.keep_beating(process))
        async with roads_of(settings.run) as roads, listening(dsn) as wakened:
            planning.travelling.roads = roads
            await asyncio.wrap_future(solver.submit(is_awake))
            await planner.resume()
            while not wakened.lost and not beating.done():
                await planner.look()
                await wakened.wait(LOOK_SECONDS)
        await background.end()
        await beating if beating.done() else beating.cancel()
    raise ConnectionError("a connection to Postgres was lost")


class Planner:
    """What is due, and what is done about it."""

    def __init__(
        self,
        planning: Planning,
        background: Background,
        loading: Loading,
        failed: FailedRegions,
        clocks: tuple[Clock, SystemClock],
    ) -> None:
        self._planning, self._background = planning, background
        self._loading, self._failed = loading, failed
        self._clock, self._real = clocks
        self._due = 0
        self._plans = 0
        self._doing: dict[str, tuple[Doing, datetime]] = {}
        self._news = asyncio.Event()

    async def resume(self) -> None:
        """Takes up again what another process left: regions in which a better plan may be looked for."""
        async with self._planning.reading.transaction() as tx:
            for region in await find_settled_regions(tx):
                self._background.rest(region)

    async def look(self) -> None:
        """Answers or begins what is due now."""
        self._background.tend()
        async with self._planning.reading.transaction() as tx:
            found = await find_due_regions(tx, self._clock.now())
        self._due, names = len(found), {one.region for one in found}
        self._doing = {name: said for name, said in self._doing.items() if name in names}
        for due in found:
            waits = self._failed.waits(due, self._real.monotonic())
            if not waits and not self._background.plans_first(due.region):
                await self._attend(due)

    async def _attend(self, due: Due) -> None:
        """Plans a region now, begins its first plan, or lets it load."""
        readiness = await self._judge(due)
        if readiness is Readiness.LOADING:
            self._say(due.region, Doing.LOADING)
        elif due.has_visits:
            await self._answer(due)
        elif self._background.begin_first(due, for_nobody=readiness is Readiness.READY):
            self._loading.forget(due.region)
            self._doing.pop(due.region, None)

    async def _judge(self, due: Due) -> Readiness:
        since = self._real.now() - timedelta(seconds=DEFAULT.heartbeat_seconds)
        seen, newest = self._loading.seen(due.region), due.newest[0]
        async with self._planning.reading.transaction() as tx:
            facts = 0 if seen is None else await count_facts(tx, due.region, seen, newest)
            behind = await count_behind(tx, since)
        return self._loading.judge(due, facts, behind, self._real.monotonic())

    async def _answer(self, due: Due) -> None:
        self._background.disturb(due.region)
        self._say(due.region, Doing.ANSWERING)
        answers: list[Answered] = []

        async def answer(planning: Planning, region: str, now: datetime) -> Outcome | None:
            found = await answer_once(planning, region, now)
            answers.extend([found] if found else [])  # none: another planner has the region
            return found.outcome if found else None

        now = self._clock.now()
        made = await try_to_plan(self._planning, due, now, self._failed, self._real, by=answer)
        self._doing.pop(due.region, None)
        self._loading.forget(due.region)
        if made and answers:
            self._plans += 1
            self._background.want(answers[0])
            self._background.tend()

    def _say(self, region: str, doing: Doing) -> None:
        if region not in self._doing or self._doing[region][0] is not doing:
            self._doing[region] = doing, self._real.now()
            self._news.set()

    def state(self) -> dict[str, object]:
        """What the heartbeat says: regions that are due, plans made, and what is being done for whom since when."""
        doing = dict(self._doing)
        if work := self._background.work:
            doing.setdefault(work.region, (work.doing, work.since))
        return {
            "lag": self._due,
            "plans": self._plans,
            **self._failed.state(),
            "regions": {
                region: {
                    "doing": what.value,
                    "since": since.isoformat(),
                    "at_most": self._loading.longest(region),
                }
                for region, (what, since) in sorted(doing.items())
            },
            **self._planning.travelling.state(),
        }

    async def keep_beating(self, process: Process) -> None:
        """Writes a heartbeat every second, also while a solver works, and when something else is done."""
        while True:
            async with self._planning.reading.transaction() as tx:
                await beat(tx, process, self._real.now(), self.state())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), BEAT_SECONDS)
            self._news.clear()
