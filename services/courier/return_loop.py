"""The courier's task of return records: reads on, lays ready, and posts to each receiver by a task of its own."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from infra.errors import NotConfigured, Unavailable
from infra.postgres.courier import return_addresses, returns
from infra.postgres.courier.return_addresses import Address
from infra.waiting import is_told_within
from services.courier.desk import Desk
from services.courier.digests import send_digests
from services.courier.returns import LAID_READY, lay_ready, list_due, make_returns, post_next

logger = logging.getLogger(__name__)
POLL_SECONDS: Final = (
    1.0  # the safety, when a notice of Postgres does not come; also finds tries that are due
)
MENDING: Final = timedelta(seconds=30)  # until a person may have mended the configuration
# Counting goes through all doses of a region: it takes at most this part of the courier's time.
COUNTING_SHARE: Final = 0.1
Receiver = tuple[str, str, UUID | None]


@dataclass
class Returning:
    """The receivers that are posted to now, each by a task, so that one that does not answer delays no other."""

    desk: Desk
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    running: dict[Receiver, asyncio.Task[None]] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Return doses for as long as the process lives."""
        while True:
            await self.turn(group)
            await is_told_within(self.wake, POLL_SECONDS)
            self.wake.clear()

    async def turn(self, group: asyncio.TaskGroup) -> None:
        """Keep what has to be said, lay it ready, and start a task for each receiver that is due."""
        await make_returns(self.desk)
        while await lay_ready(self.desk) == LAID_READY:
            pass
        self.running = {key: task for key, task in self.running.items() if not task.done()}
        for address in await list_due(self.desk):
            key = (address.region, address.receiver, address.practice)
            if key not in self.running:
                self.running[key] = group.create_task(post_all(self.desk, address))

    async def keep_counting(self, seconds: float) -> None:
        """Count what was given and what was taken in, and send the digests of the day."""
        clock = self.desk.real
        while True:
            began = clock.monotonic()
            try:
                await self.count()
                await send_digests(self.desk)
            except Unavailable as error:  # when Postgres is away, the heartbeat ends the process
                logger.warning("return records were not counted this time: %s", error)
            await asyncio.sleep(max(seconds, (clock.monotonic() - began) / COUNTING_SHARE))

    async def count(self) -> None:
        """Count the regions in which something happened since."""
        async with self.desk.store.transaction() as tx:
            newest = await returns.read_newest(tx)
            changed = [region for region, n in newest.items() if self.counted.get(region) != n]
            if changed:
                await returns.count(tx, changed, self.desk.clock.now())
        self.counted |= {region: newest[region] for region in changed}


async def post_all(desk: Desk, address: Address) -> None:
    """Post to one receiver until nothing is left or it does not answer. NotConfigured concerns this receiver alone."""
    try:
        while await post_next(desk, address):
            pass
    except NotConfigured as error:
        now = desk.real.now()
        async with desk.store.transaction() as tx:
            await return_addresses.fail(tx, address, str(error), now, now + MENDING)
