"""The intake process: reads systems and offsets, runs the faust app, and ends with an error when it stands still."""

import asyncio
import logging
import os
from datetime import timedelta
from typing import Any

from infra.clock import SystemClock, clock_from
from infra.errors import NotConfigured, Unavailable
from infra.identity import new_id
from infra.kafka.consumer import first_offset_from
from infra.kafka.reaching import prove
from infra.postgres.database import wait_for
from infra.postgres.heartbeats import Process, beat, count_assigned_elsewhere, read_state
from infra.postgres.systems import read_offsets, read_stopped, read_systems
from infra.settings import Settings
from services.intake.ageing import keep_looking
from services.intake.app import CRASH, GROUP, build
from services.intake.assignment import list_assigned, read_highwater
from services.intake.beginning import begin
from services.intake.limit import Limit
from services.intake.membership import choose_member_name
from services.intake.offsets import Partition
from services.intake.signs import OFTEN_BEGUN, Signs, count_fruitless
from services.intake.store import MOST_WITH_CARE, Intake

BEAT_SECONDS, HURRY_SECONDS = 1.0, 0.2  # in a hurry until there are partitions
JOINED_WITHIN_SECONDS = 20.0
ASSIGNED_WITHIN_SECONDS = 2.5  # after it joined; a static member keeps an empty assignment for ever
FRESH = timedelta(seconds=3)  # a process whose heartbeat is older has no partitions for us
STORED_WITHIN_SECONDS = (
    15.0  # one try; the connection is cut after 8 s, so longer is a hang of ours
)
PROGRESS_WITHIN_SECONDS = 30.0  # longer than a rebalance (10 s) and the joining before it
logger = logging.getLogger(__name__)


async def run(settings: Settings) -> None:
    """Consume the inbound topics until the process ends."""
    database = await wait_for(settings.postgres.dsn("acceptor"))
    async with database.transaction() as tx:
        systems, stored = await read_systems(tx), await read_offsets(tx)
        last = await read_state(tx, "intake", settings.run.slot)
        stopped = await read_stopped(tx)
    fruitless, _ = count_fruitless(last, stored.values())
    if not systems:
        raise NotConfigured(
            "no connected system yet: `prikploeg topics` or `prikploeg connect` makes them"
        )

    async def first_from(partition: Partition, offset: int) -> int | None:
        return await first_offset_from(settings.kafka, *partition, offset)

    intake = Intake(
        database,
        clock_from(settings.run),
        systems,
        stored,
        limit=Limit(set(stopped)),
        first_from=first_from,
        careful=MOST_WITH_CARE if fruitless >= OFTEN_BEGUN else 0,
    )
    await prove(settings.kafka, sorted(systems), GROUP)  # else faust reads nothing, in silence
    member = choose_member_name(settings.run.slot, systems, last, new_id().hex[:8])
    app = build(settings.kafka, member, intake)
    signs = Signs(fruitless)
    watch = asyncio.create_task(keep_watch(settings, app, intake, member, signs))
    ageing = asyncio.create_task(keep_looking(settings.kafka, app, intake, signs))
    for task in (watch, ageing):
        task.add_done_callback(end_at_once)
    await app.start()
    await watch


def end_at_once(watch: "asyncio.Task[None]") -> None:
    """End the process when its watch failed: an orderly end waits for faust, which once waited for ever.

    Without a heartbeat and without an end nobody would start it again (seen in a test run: 180 s of silence).
    """
    if not watch.cancelled() and (error := watch.exception()):
        logger.error("intake ends: its watch failed", exc_info=error)
        os._exit(CRASH)


async def keep_watch(
    settings: Settings, app: Any, intake: Intake, member: str, signs: Signs
) -> None:
    """Write a heartbeat every second; end the process when it lives but reads or stores nothing."""
    clock = SystemClock()
    process = Process("intake", settings.run.slot, os.getpid(), clock.now())
    watch = Watch(clock.monotonic())
    assigned, pause = (
        0,
        0.0,
    )  # at once: what it says of former lives must stand before a record is in hand
    while True:
        await asyncio.sleep(pause)
        lag = count_lag(app, intake)
        assigned = len(list_assigned(app))
        pause = BEAT_SECONDS if assigned else HURRY_SECONDS
        if complaint := watch.complaint(clock.monotonic(), app, intake, lag):
            logger.error("intake ends: %s", complaint)
            os._exit(CRASH)
        alarms = signs.list_alarms(clock.monotonic(), app, intake, lag)
        state = {
            "lag": lag,
            "ok": not alarms,
            "alarms": alarms,
            "stored": sum(intake.stored.values()),
            "fruitless": 0 if intake.events_in else signs.fruitless,
            "careful": intake.careful,
            "member": member,
            "events_in": intake.events_in,
            "accepted": intake.accepted,
            "rejected": intake.rejected,
            "stopped": sorted(intake.limit.stopped),
            "assigned": assigned,
            "keeps_name": assigned > 0
            or app.rebalancing
            or watch.is_joining(clock.monotonic(), app),
        }
        known = frozenset(intake.limit.stopped)
        try:
            async with intake.database.transaction() as tx:
                await beat(tx, process, clock.now(), state)
                stopped = await read_stopped(tx)
                others = await count_assigned_elsewhere(
                    tx, "intake", process.slot, clock.now() - FRESH
                )
            intake.spare = others >= len(intake.stored)
            await intake.pass_over()
            await obey_stops(app, intake, stopped | intake.limit.since(known))
        except Unavailable as error:
            logger.warning("no heartbeat: %s", error)


async def obey_stops(app: Any, intake: Intake, stopped: frozenset[str]) -> None:
    """Read what was stopped no further, and what was resumed from where it stands; what is gone there is told first."""
    resumed = [tp for tp in list_assigned(app) if tp.topic in intake.limit.stopped - stopped]
    if resumed:
        earliest = await app.consumer.earliest_offsets(*resumed)
        await begin(intake, {(tp.topic, tp.partition): offset for tp, offset in earliest.items()})
    await intake.limit.obey(app, intake.stored, stopped)


class Watch:
    """When the intake last made progress, was assigned partitions, and joined the group; all in real seconds."""

    def __init__(self, now: float) -> None:
        self._assigned_at = self._joined_at = now
        self._progress_at = self._begun_at = now
        self._events_in = 0

    def complaint(self, now: float, app: Any, intake: Intake, lag: int) -> str | None:
        """Why the process must end, if it must."""
        if getattr(app, "crashed", False) and app.crashed:
            return "the streaming library crashed"
        if intake.events_in != self._events_in or lag == 0 or is_busy(intake):
            self._progress_at, self._events_in = now, intake.events_in
        if has_begun(app, intake) or is_busy(intake):
            self._begun_at = now
        if idle := self.complain_without_partition(now, app, intake):
            return idle
        if (
            intake.trouble.busy_since is not None
            and now - intake.trouble.busy_since > STORED_WITHIN_SECONDS
        ):
            return "one batch has not been stored for 15 s"
        if now - self._progress_at > PROGRESS_WITHIN_SECONDS:
            return "records wait and none was read for 30 s"
        if now - self._begun_at > PROGRESS_WITHIN_SECONDS:
            return "partitions were assigned and reading has not begun for 30 s"
        return None

    def is_joining(self, now: float, app: Any) -> bool:
        """True before it has joined the group, as long as that does not take suspiciously long."""
        return (
            not app.consumer_generation_id and now - self._assigned_at < JOINED_WITHIN_SECONDS / 2
        )

    def complain_without_partition(self, now: float, app: Any, intake: Intake) -> str | None:
        """Why it must end for want of partitions; a spare process, beside others that have them all, may wait."""
        if intake.spare or list_assigned(app):
            self._assigned_at = self._joined_at = now
        if app.rebalancing or not app.consumer_generation_id:
            self._joined_at = now
        if now - self._joined_at > ASSIGNED_WITHIN_SECONDS:
            return "joined the group and got no partition, though the others do not have them all"
        if now - self._assigned_at > JOINED_WITHIN_SECONDS:
            return "no partition assigned for 20 s (rights on the group? session time-out below the broker's minimum?)"
        return None


def is_busy(intake: Intake) -> bool:
    """A batch is being stored, or waits for Postgres to come back."""
    return intake.trouble.waiting or intake.trouble.busy_since is not None


def count_lag(app: Any, intake: Intake) -> int:
    """How many records the broker has and the ledger does not, in the partitions of this process."""
    lag = 0
    for tp in list_assigned(app):
        if tp.topic in intake.limit.stopped:
            continue
        high = read_highwater(app, tp) or 0
        lag += max(0, high - intake.stored.get((tp.topic, tp.partition), 0))
    return lag


def has_begun(app: Any, intake: Intake) -> bool:
    """False while its partitions are not handed out to the agent, or not yet fetched once; True with none.

    A stopped topic does not count. Faust gives up in silence when a partition is taken away while it seeks: it then
    keeps its assignment and reads nothing, also when no record waits.
    """
    assigned = [tp for tp in list_assigned(app) if tp.topic not in intake.limit.stopped]
    if not assigned:
        return True
    return not app.rebalancing and all(read_highwater(app, tp) is not None for tp in assigned)
