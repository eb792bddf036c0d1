"""The courier process: a task for each destination, so that one that does not answer delays no other."""

import asyncio
import logging
import os
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Final

from infra.clock import Clock, SystemClock, clock_from
from infra.crypto import Keys
from infra.errors import NotConfigured, Unavailable
from infra.postgres.courier import cursors, destinations
from infra.postgres.courier.destinations import Destination
from infra.postgres.database import wait_for
from infra.postgres.heartbeats import Process, beat
from infra.postgres.listening import Wakened, listening
from infra.postgres.locks import COURIER, become_only_one, open_lock_connection
from infra.settings import Settings
from infra.waiting import is_told_within
from infra.webhooks import Post
from services.courier.desk import Desk
from services.courier.letters import send_notices
from services.courier.progress import count_progress
from services.courier.return_loop import Returning
from services.courier.sealing import Sealing
from services.courier.watching import keep_watching
from services.courier.webhooks import deliver

logger = logging.getLogger(__name__)
POLL_SECONDS: Final = 1.0  # the safety, when a notice of Postgres does not come
CALM_SECONDS: Final = 0.1  # between two wakes: facts come in bursts, and one round takes them all
STANDBY_SECONDS: Final = 0.5  # between two looks whether the courier that works is gone
MENDING: Final = timedelta(seconds=30)  # until a person may have mended the configuration
OUTBOX: Final = "outbox"  # the destination of the embedded installation


@dataclass
class Service:
    """The tasks of the destinations, and what wakes them."""

    desk: Desk
    tasks: dict[Destination, asyncio.Task[None]] = field(default_factory=dict)
    wakes: dict[Destination, asyncio.Event] = field(default_factory=dict)

    @cached_property
    def sealing(self) -> Sealing:
        """How the access log is sealed."""
        return Sealing(self.desk.real)

    @cached_property
    def returning(self) -> Returning:
        """What practices and the register are told of doses."""
        return Returning(self.desk)

    async def follow(self, group: asyncio.TaskGroup) -> None:
        """Start a task for each new destination, cancel those of destinations that are gone or stopped."""
        async with self.desk.store.transaction() as tx:
            wanted = {one for one in await destinations.read_all(tx) if one.state == "active"}
        for gone in set(self.tasks) - wanted:
            self.tasks.pop(gone).cancel()
            del self.wakes[gone]
        for new in wanted - set(self.tasks):
            self.wakes[new] = asyncio.Event()
            self.tasks[new] = group.create_task(serve(self.desk, new, self.wakes[new]))

    def wake(self) -> None:
        """Let every destination look at once: something was accepted."""
        for event in self.wakes.values():
            event.set()
        self.returning.wake.set()


async def run(settings: Settings) -> None:
    """Deliver until the process ends; an error of ours ends it, and the supervisor starts it again."""
    try:
        await work(settings)
    except ExceptionGroup as several:
        if several.subgroup(Unavailable):
            raise Unavailable("Postgres went away") from several
        raise


async def work(settings: Settings) -> None:
    """Open everything, wait to be the one courier, and deliver.

    A second courier stands by: the lock is held by a session, so it moves when the first one dies.
    """
    dsn = settings.postgres.dsn("courier")
    real = SystemClock()
    store = await wait_for(dsn, size=8)
    door = await wait_for(settings.postgres.dsn("acceptor"), size=2)
    process = Process("courier", settings.run.slot, os.getpid(), real.now())
    key, data = settings.vault.master_key_file, settings.run.data
    async with (
        Post(plain=settings.run.embedded, internal=settings.run.webhooks_internal) as post,
        listening(dsn) as wakened,
        open_lock_connection(dsn) as lock,
        asyncio.TaskGroup() as group,
    ):
        desk = Desk(
            store=store,
            door=door,
            post=post,
            clock=clock_from(settings.run),
            real=real,
            keys=None if key is None else Keys.read(key),
            outbox=None if data is None else data / OUTBOX,
            names=settings.run.event_type_names,
        )
        service = Service(desk)
        group.create_task(keep_beating(service, process))
        while not await become_only_one(lock, COURIER):  # noqa: ASYNC110 - nobody tells when it is free
            await asyncio.sleep(STANDBY_SECONDS)
        if settings.run.embedded and data is not None:
            await begin_outbox(desk)
        group.create_task(keep_counting(desk, settings.run.progress_seconds))
        group.create_task(service.sealing.keep_on(store, desk.keys))
        group.create_task(service.returning.run(group))
        group.create_task(service.returning.keep_counting(settings.run.progress_seconds))
        group.create_task(keep_watching(store))
        while not wakened.lost and not lock.is_closed():
            await service.follow(group)
            await wait_for_news(service, wakened)
        raise Unavailable("a connection to Postgres was lost")


async def wait_for_news(service: Service, wakened: Wakened) -> None:
    """Wait for a commit, at most POLL_SECONDS, and wake every destination."""
    if await wakened.wait(POLL_SECONDS):
        service.wake()
        await asyncio.sleep(CALM_SECONDS)


async def serve(desk: Desk, destination: Destination, wake: asyncio.Event) -> None:
    """Deliver to one destination, region by region, as long as it is active."""
    while True:
        if not await deliver_round(desk, destination):
            await is_told_within(wake, POLL_SECONDS)
            wake.clear()


async def deliver_round(desk: Desk, destination: Destination) -> bool:
    """One turn in each region that is behind and whose next try is due; True when there is more."""
    async with desk.store.transaction() as tx:
        found = await cursors.read_cursors(tx, destination)
    more = False
    for cursor in found:
        behind = cursor.seq < cursor.newest
        if behind and (cursor.next_try_at is None or cursor.next_try_at <= desk.real.now()):
            more = await take_turn(desk, destination, cursor) or more
    return more


async def take_turn(desk: Desk, destination: Destination, cursor: cursors.Cursor) -> bool:
    """Deliver the next lines of one region. NotConfigured concerns this destination alone: it is tried again later."""
    turn = send_notices if destination.kind == "notice-file" else deliver
    try:
        return await turn(desk, destination, cursor)
    except NotConfigured as error:
        now = desk.real.now()
        async with desk.store.transaction() as tx:
            await cursors.fail(tx, destination.name, cursor.region, str(error), now, now + MENDING)
        return False


async def begin_outbox(desk: Desk) -> None:
    """Add the destination of the embedded installation: notices as files in its data folder."""
    outbox = Destination(OUTBOX, "notice-file", "", (), ())
    async with desk.store.transaction() as tx:
        if await destinations.add(tx, outbox, desk.real.now()):
            await cursors.begin(tx, outbox, from_start=False)


async def keep_counting(desk: Desk, seconds: float) -> None:
    """Count the progress every so many seconds; a slow count must not hold up deliveries, so it is a task of its own."""
    while True:
        try:
            await count_progress(desk)
        except Unavailable as error:  # when Postgres is away, the heartbeat ends the process
            logger.warning("not counted this time: %s", error)
        await asyncio.sleep(seconds)


async def keep_beating(service: Service, process: Process) -> None:
    """Write a heartbeat every second, also while receivers do not answer."""
    real: Clock = service.desk.real
    while True:
        async with service.desk.store.transaction() as tx:
            unsealed = service.sealing.unsealed_seconds
            state = {"destinations": len(service.tasks), "unsealed_seconds": unsealed}
            await beat(tx, process, real.now(), state)
        await asyncio.sleep(POLL_SECONDS)
