"""When the clock may go on: everything is taken in, planned, told, and heard by those who go by it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from infra.kafka.consumer import reading
from infra.kafka.topics import end_offsets
from infra.postgres.snapshot.load import find_due_regions
from services.simulator.play import TOPIC, Board
from tests.faults.settling import settled
from tests.faults.world import World

LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 120.0


class NeverAtRest(Exception):
    """Something was still on its way after the longest time that it may take."""


@dataclass
class Listener:
    """Follows what the system says of visits, and knows how far it heard."""

    world: World
    board: Board = field(default_factory=Board)
    heard: dict[tuple[str, int], int] = field(default_factory=dict)

    async def follow(self) -> None:
        async with reading(self.world.kafka, [TOPIC]) as records:
            async for record in records:
                self.board.hear(record)
                self.heard[record.topic, record.partition] = record.offset + 1

    async def caught_up(self) -> None:
        """Everything that was said until now is heard."""
        ends = await end_offsets(self.world.kafka, [TOPIC])
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(self.heard.get(part, 0) < end for part, end in ends.items()):
                await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def listening(world: World) -> AsyncIterator[Listener]:
    """A listener that hears from the first record on."""
    listener = Listener(world)
    task = asyncio.create_task(listener.follow())
    try:
        yield listener
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def at_rest(listener: Listener, now: datetime) -> None:
    """Returns when nothing waits, and the published plan of every region knows all and begins today."""
    world = listener.world
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if missing := await settled(world, PATIENCE_SECONDS):
                    raise NeverAtRest(f"{missing.behind} {missing.silent}")
                if not await waits_for_a_plan(world, now) and not await settled(world, 0.5):
                    break
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        raise NeverAtRest("no plan of the newest facts") from None
    await listener.caught_up()


async def waits_for_a_plan(world: World, now: datetime) -> list[str]:
    """Regions with facts that no plan knows."""
    async with world.owner() as tx:
        return [due.region for due in await find_due_regions(tx, now)]
