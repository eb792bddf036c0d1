"""The relay as a process: woken by NOTIFY, polling for safety; it ends on a failed send."""

import asyncio
import os

from infra.clock import SystemClock
from infra.kafka.producer import Producer
from infra.postgres.database import Database, wait_for
from infra.postgres.heartbeats import Process, beat
from infra.postgres.listening import listening
from infra.postgres.locks import RELAY, become_only_one, open_lock_connection
from infra.postgres.relay_cursors import count_waiting
from infra.settings import Settings
from services.relay.relay import ALL, relay_once

POLL_SECONDS = 1.0  # the safety, when a notice does not come
STANDBY_SECONDS = 0.5  # between two looks whether the relay that works is gone


async def run(settings: Settings) -> None:
    """Relay until the process ends. Any error ends it, and the supervisor starts it again.

    A second relay stands by: the lock is held by a session, so it moves when the first one dies.
    """
    dsn = settings.postgres.dsn("relay")
    clock = SystemClock()
    database = await wait_for(dsn)
    process = Process("relay", settings.run.slot, os.getpid(), clock.now())
    async with (
        Producer(settings.kafka) as producer,
        listening(dsn) as wakened,
        open_lock_connection(dsn) as lock,
    ):
        while not await become_only_one(lock, RELAY):
            await beat_once(database, process, clock, 0)
            await asyncio.sleep(STANDBY_SECONDS)
        passed = 0
        while not wakened.lost and not lock.is_closed():
            one_round = await relay_once(database, producer, settings.run.event_type_names)
            passed += one_round
            await beat_once(database, process, clock, passed)
            if not one_round:  # else there may be more than one round holds
                await wakened.wait(POLL_SECONDS)
    raise ConnectionError("a connection to Postgres was lost")


async def beat_once(database: Database, process: Process, clock: SystemClock, passed: int) -> None:
    """Write a heartbeat: how far behind the relay is, and how much it has passed."""
    async with database.transaction() as tx:
        lag = await count_waiting(tx, ALL)
        await beat(tx, process, clock.now(), {"lag": lag, "passed": passed})
