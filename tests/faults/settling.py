"""Waiting until everything that was sent is where it belongs, for a bounded time."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from tests.faults.journal import Partition
from tests.faults.world import World

SETTLED_WITHIN_SECONDS = 40.0
FRESH = timedelta(seconds=3)


@dataclass(frozen=True)
class Unsettled:
    """What was still missing; empty texts: all is well."""

    behind: str
    silent: str

    def __bool__(self) -> bool:
        return bool(self.behind or self.silent)


async def settled(world: World, seconds: float = SETTLED_WITHIN_SECONDS) -> Unsettled | None:
    """None as soon as nothing waits and every process lives; else what was missing at the end."""
    missing = Unsettled("never looked", "")
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while missing:
                with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    missing = await look(world)
                if missing:
                    await asyncio.sleep(0.1)
    return missing or None


async def planned(world: World, seconds: float) -> bool:
    """Whether somebody has an appointment within these seconds; at once where no planner runs."""
    if "planner" not in world.plan.processes:
        return True
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), world.owner() as tx:
            while not await tx.fetchval("SELECT EXISTS (SELECT FROM appointments WHERE live)"):
                await asyncio.sleep(0.1)
            return True
    return False


async def look(world: World) -> Unsettled:
    async with world.owner() as tx:
        positions = {
            (row["topic"], row["part"]): row["next_offset"]
            for row in await tx.fetch("SELECT topic, part, next_offset FROM kafka_positions")
        }
        relayed = await tx.fetchval(
            "SELECT coalesce(sum(s.n - coalesce(p.seq, 0)), 0) FROM region_seq s"
            " LEFT JOIN relay_positions p ON p.region = s.region AND p.topic = 'out'"
        )
        untold = await tx.fetchval(
            "SELECT coalesce(sum(behind), 0) FROM destination_status WHERE name = 'faults'"
        )
        beats = await tx.fetch("SELECT process, slot, pid, at FROM heartbeats")
    lag = lag_of(world, positions)
    waiting = {"records not taken in": lag, "lines not relayed": relayed, "not told": untold}
    behind = ", ".join(f"{count} {what}" for what, count in waiting.items() if count)
    return Unsettled(behind, ", ".join(silent(world, beats)))


def lag_of(world: World, positions: dict[Partition, int]) -> int:
    """Acknowledged records that lie behind the stored positions."""
    ends = world.journal.ends()
    return sum(max(0, end - positions.get(part, 0)) for part, end in ends.items())


def silent(world: World, beats: list[asyncpg.Record]) -> list[str]:
    """Processes without a sign of life of their present self."""
    now = datetime.now(UTC)
    alive = {(row["process"], row["slot"]): row["pid"] for row in beats if now - row["at"] < FRESH}
    wanted = {}
    for name in world.running():
        process, _, slot = name.partition("-")
        wanted[name] = (alive.get((process, int(slot or 0))), world.pid(name))
    return [name for name, (said, pid) in wanted.items() if pid is None or said != pid]
