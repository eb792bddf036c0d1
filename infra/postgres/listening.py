"""Hearing what is accepted: the only LISTEN, on a connection of its own that is cut when it falls silent."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from infra.errors import Unavailable
from infra.postgres.database import told_apart
from infra.postgres.held import held

if TYPE_CHECKING:
    from infra.postgres.held import Kept

CHANNEL: Final = "accepted"
OnCommit = Callable[[str, int], None]


class Wakened:
    """Set whenever a transaction was accepted; also holds the newest number of each region that was heard of."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.newest: dict[str, int] = {}
        self.lost = False

    def note(self, region: str, seq: int) -> None:
        """A transaction was accepted in this region."""
        self.newest[region] = max(self.newest.get(region, 0), seq)
        self._event.set()

    def end(self) -> None:
        """The connection is gone: whoever waits must know."""
        self.lost = True
        self._event.set()

    async def wait(self, at_most: float) -> bool:
        """True when something was accepted, False after `at_most` seconds without.

        Who waits looks for itself after that time: a notice only saves time, nothing depends on it.
        """
        try:
            await asyncio.wait_for(self._event.wait(), at_most)
        except TimeoutError:
            return False
        self._event.clear()
        return True


@asynccontextmanager
async def listening(dsn: str) -> AsyncIterator[Wakened]:
    """Be woken by every commit; Unavailable when Postgres is away at the start."""
    wakened = Wakened()
    async with _subscribed(dsn, wakened.note, wakened.end):
        yield wakened


async def follow(
    dsn: str, on_commit: OnCommit, on_current: Callable[[], None] = lambda: None
) -> None:
    """Call `on_commit(region, seq)` for every commit, until cancelled; Unavailable when Postgres goes away.

    First with where every region is now, the country too, and then `on_current()`: so the numbers are the same
    after a restart. LISTEN comes before that look, or a commit in between would be missed.
    """
    gone = asyncio.Event()
    async with _subscribed(dsn, on_commit, gone.set) as connection:
        async with told_apart():
            for row in await connection.fetch("SELECT region, n FROM region_seq"):
                on_commit(row["region"], row["n"])
        on_current()
        await gone.wait()
    raise Unavailable("Postgres: the listening connection was closed")


@asynccontextmanager
async def _subscribed(
    dsn: str, on_commit: OnCommit, on_lost: Callable[[], None]
) -> "AsyncIterator[Kept]":
    def take_notice(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        words = str(payload).split()  # "GG2514 812 NL 40"
        for region, seq in zip(words[::2], words[1::2], strict=False):
            on_commit(region, int(seq))

    async with held(dsn) as connection:
        connection.add_termination_listener(lambda _: on_lost())
        async with told_apart():
            await connection.add_listener(CHANNEL, take_notice)
        yield connection
