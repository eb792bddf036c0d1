"""Faults of Postgres: stopped, killed, cut off from its clients, full of them, and locks that somebody holds."""

import asyncio
import os
import signal
from contextlib import suppress

import asyncpg

from infra.embedded.postgres import postgres_program
from tests.faults.faults import Fault, Scene
from tests.faults.world import until_started

OF_OURS = (
    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename <> 'owner'"
)


async def restarted(scene: Scene) -> str:
    """A fast shutdown, as for an upgrade; the supervisor starts it again."""
    scene.world.signal("postgres", signal.SIGINT)
    return "fast shutdown, started again"


async def killed(scene: Scene) -> str:
    scene.world.signal("postgres", signal.SIGKILL)
    return "kill -9 of the postmaster"


async def backend_killed(scene: Scene) -> str:
    """Postgres ends every connection and recovers, because shared memory may be broken."""
    async with scene.world.owner() as tx:
        pids = [row["pid"] for row in await tx.fetch(OF_OURS)]
    pid = scene.random.choice(pids)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return "kill -9 of one backend, Postgres recovers"


def connections_ended(how: str, times: int) -> Fault:
    """`pg_terminate_backend` or `pg_cancel_backend` on whatever we have open."""

    async def inject(scene: Scene) -> str:
        hit = 0
        async with scene.world.owner() as tx:
            for _ in range(times):
                pids = [row["pid"] for row in await tx.fetch(OF_OURS)]
                some = scene.random.sample(pids, (len(pids) + 1) // 2)
                hit += await tx.fetchval(
                    f"SELECT count({how}(pid)) FROM unnest($1::int[]) pid", some
                )
                await asyncio.sleep(scene.random.uniform(0.02, 0.15))
        return f"{how} {hit} times"

    return Fault(f"{how} x {times}", inject)


def locked(what: str, sql: str, longest: float) -> Fault:
    async def inject(scene: Scene) -> str:
        seconds = round(scene.random.uniform(longest * 0.7, longest), 1)
        async with scene.world.owner() as tx, tx.transaction():
            await tx.execute(sql)
            await asyncio.sleep(seconds)
        return f"held for {seconds} s"

    return Fault(f"lock held on {what}, at most {longest:g} s", inject)


async def backend_frozen(scene: Scene) -> str:
    """A connection that neither answers nor breaks, perhaps with a lock in its hands."""
    seconds = round(scene.random.uniform(2, 4), 1)
    async with scene.world.owner() as tx:
        pids = [row["pid"] for row in await tx.fetch(OF_OURS)]
    some = scene.random.sample(pids, min(3, len(pids)))
    for pid in some:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(seconds)
    for pid in some:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    return f"{len(some)} connections did not answer for {seconds} s"


async def black_hole(scene: Scene) -> str:
    """All connections fall silent for longer than our deadline of 8 s; new ones are answered."""
    async with scene.world.owner() as tx:
        pids = [row["pid"] for row in await tx.fetch(OF_OURS)]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(9)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    return f"{len(pids)} connections silent for 9 s"


async def crowded(scene: Scene) -> str:
    """Somebody takes every connection that is left, and ours are cut: no new one can be had."""
    taken: list[asyncpg.Connection] = []
    dsn = scene.world.settings.postgres.dsn("reader")
    with suppress(asyncpg.PostgresError, OSError):
        while len(taken) < 120:
            taken.append(await asyncpg.connect(dsn, timeout=5))
    async with scene.world.owner() as tx:
        await tx.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'acceptor'"
        )
    with suppress(asyncpg.PostgresError, OSError):
        while len(taken) < 120:
            taken.append(await asyncpg.connect(dsn, timeout=5))
    await asyncio.sleep(scene.random.uniform(1.5, 3))
    for connection in taken:
        connection.terminate()
    return f"{len(taken)} connections taken"


async def away(scene: Scene) -> str:
    """Longer than any deadline of ours: whoever gives up is started again and waits."""
    seconds = round(scene.random.uniform(9, 12), 1)
    servers = scene.world.servers
    await servers.supervisor.end("postgres")
    await asyncio.sleep(seconds)
    await until_started(servers, postgres_program(servers.folder, servers.postgres_port))
    return f"Postgres was away for {seconds} s"


FAULTS = (
    Fault("Postgres away", away),
    Fault("restart of Postgres", restarted),
    Fault("kill -9 of Postgres", killed, weight=2),
    Fault("kill -9 of one backend", backend_killed),
    connections_ended("pg_terminate_backend", 1),
    connections_ended("pg_terminate_backend", 8),
    connections_ended("pg_cancel_backend", 8),
    locked("the counters of the regions", "SELECT FROM region_seq ORDER BY region FOR UPDATE", 3),
    locked("the positions", "SELECT FROM kafka_positions ORDER BY topic, part FOR UPDATE", 3),
    locked("the ledger", "LOCK TABLE ledger IN ACCESS EXCLUSIVE MODE", 6.5),
    Fault("connections that do not answer", backend_frozen),
    Fault("black hole before Postgres", black_hole),
    Fault("no connection left", crowded),
)
