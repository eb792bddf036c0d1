"""Waking up when something was accepted: LISTEN on a connection of its own, with a poll as safety."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from infra.postgres.database import told_apart
from infra.postgres.held import held


class Wakened:
    """Set whenever a transaction was accepted; also holds what the last notices said."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.newest: dict[str, int] = {}
        self.lost = False

    def take_notice(self, payload: str) -> None:
        """Note the "region seq" pairs of one notice."""
        words = payload.split()
        for region, seq in zip(words[::2], words[1::2], strict=False):
            self.newest[region] = max(self.newest.get(region, 0), int(seq))
        self._event.set()

    def end(self) -> None:
        """The connection is gone: whoever waits must know."""
        self.lost = True
        self._event.set()

    async def wait(self, at_most: float) -> bool:
        """True when something was accepted, False after `at_most` seconds without."""
        try:
            await asyncio.wait_for(self._event.wait(), at_most)
        except TimeoutError:
            return False
        self._event.clear()
        return True


@asynccontextmanager
async def listening(dsn: str) -> AsyncIterator[Wakened]:
    """Follow the channel `accepted`; Unavailable when Postgres is away at the start."""
    wakened = Wakened()
    async with held(dsn) as connection:
        connection.add_termination_listener(lambda _: wakened.end())
        async with told_apart():
            await connection.add_listener(
                "accepted", lambda *notice: wakened.take_notice(str(notice[3]))
            )
        yield wakened
