"""Runs the planner process: plans each region that is due, once its facts have been quiet for a while."""

import asyncio
import logging
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime

from infra.clock import SystemClock, clock_from
from infra.embedded.orphans import die_with_parent
from infra.postgres.database import wait_for
from infra.postgres.heartbeats import Process, beat
from infra.postgres.listening import listening
from infra.postgres.snapshot.load import Due, find_due_regions
from infra.settings import Settings
from infra.travel.choice import roads_of
from scheduling.solve import Limits
from services.accept.submission import Status
from services.planner.apart import FailedRegions, NoPlan, Refused, RenewedPool
from services.planner.round import Planning, plan_once

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
BEAT_SECONDS = 1.0
TOO_OLD_SECONDS = 10.0  # a steady stream of facts delays a plan no longer than this


class QuietPeriod:
    """Tells when a region has been without new facts for long enough, or has waited too long."""

    def __init__(self, quiet_seconds: float) -> None:
        self._quiet = quiet_seconds
        self._seen: dict[str, tuple[tuple[int, ...], float, float]] = {}  # newest, since, first due

    def ready(self, due: Due, now: float) -> bool:
        """Whether to plan this region now; `now` in real seconds."""
        newest, since, first = self._seen.get(due.region, (due.newest, now, now))
        if newest != due.newest:
            newest, since = due.newest, now
        self._seen[due.region] = (newest, since, first)
        return now - since >= self._quiet or now - first >= TOO_OLD_SECONDS

    def forget(self, region: str) -> None:
        """Starts waiting anew, after a plan."""
        self._seen.pop(region, None)


def lower_priority() -> None:
    """Makes the solver process yield to everything else and end with the planner."""
    die_with_parent()
    os.nice(10)


async def run(settings: Settings) -> None:
    """Plans until the process ends. A region whose solve fails, or whose plan is refused, is reported and waits.

    Any other error ends the process.
    """
    dsn = settings.postgres.dsn("planner")
    clock, real = clock_from(settings.run), SystemClock()
    process = Process("planner", settings.run.slot, os.getpid(), real.now())
    with RenewedPool(start_solver) as solver:
        planning = Planning(
            reading=await wait_for(dsn),
            door=await wait_for(settings.postgres.dsn("acceptor"), size=2),
            lock_dsn=dsn,
            solver=solver,
            limits=Limits(
                seconds=settings.run.planner_seconds, workers=settings.run.planner_workers
            ),
        )
        state: dict[str, object] = {"lag": 0, "plans": 0, "ok": True}
        beating = asyncio.create_task(keep_beating(planning, process, real, state))
        rest, failed = QuietPeriod(settings.run.planner_quiet_seconds), FailedRegions()
        async with roads_of(settings.run) as roads, listening(dsn) as wakened:
            planning.travelling.roads = roads
            while not wakened.lost and not beating.done():
                async with planning.reading.transaction() as tx:
                    due = await find_due_regions(tx, clock.now())
                state["lag"] = len(due)
                for one in due:
                    now = real.monotonic()
                    if rest.ready(one, now) and not failed.waits(one, now):
                        state["solving"] = one.region
                        made = await try_to_plan(planning, one, clock.now(), failed, real)
                        state.pop("solving", None)
                        state["plans"] = int(str(state["plans"])) + made
                        rest.forget(one.region)
                        state |= failed.state()
                await wakened.wait(LOOK_SECONDS)
        await beating if beating.done() else beating.cancel()
    raise ConnectionError("a connection to Postgres was lost")


def start_solver() -> ProcessPoolExecutor:
    """Starts the child process for the search."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), lower_priority)


async def try_to_plan(
    planning: Planning,
    due: Due,
    now: datetime,
    failed: FailedRegions | None = None,
    real: SystemClock | None = None,
) -> bool:
    """Plans a region; False when its solve failed or the door refused its plan, which must not keep others without one.

    Notes in `failed` what happened, at the moment in real seconds after it.
    """
    failed, real = failed or FailedRegions(), real or SystemClock()
    try:
        outcome = await plan_once(planning, due.region, now)
    except NoPlan as error:
        logger.exception("no plan for %s", due.region, exc_info=error.__cause__)
        failed.note(due, real.monotonic())
        return False
    if outcome is not None and outcome.status is Status.REJECTED:
        reason = outcome.reason.value if outcome.reason else ""
        failed.note(due, real.monotonic(), Refused(reason, outcome.fields))
        return False
    failed.forget(due.region)
    return True


async def keep_beating(
    planning: Planning, process: Process, real: SystemClock, state: dict[str, object]
) -> None:
    """Writes a heartbeat every second, also while the solver works."""
    while True:
        async with planning.reading.transaction() as tx:
            await beat(tx, process, real.now(), {**state, **planning.travelling.state()})
        await asyncio.sleep(BEAT_SECONDS)
