"""Hearing what is accepted: the only LISTEN, on a connection of its own that is cut when it falls silent.

Whoever may sign in to the database may NOTIFY, in any words. So a notice says no more than that it is time to look:
the numbers are read from the database, where only who accepts can write them.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from infra.errors import Unavailable
from infra.postgres.database import told_apart
from infra.postgres.held import ask, held
from infra.postgres.sessions import CHANNEL as ENDED
from infra.waiting import is_told_within

if TYPE_CHECKING:
    from infra.postgres.held import Kept

CHANNEL: Final = "accepted"
CALM_SECONDS: Final = (
    0.05  # after a notice without news: many of those cost a look each 50 ms, no more
)
# Something changed that has no number, such as what is quarantined ("GG2514 0").
OUTSIDE: Final = re.compile(r"\b(GG[0-9]{4}|NL) 0(?![^ ])", re.ASCII)
OnCommit = Callable[[str, int], None]


class Wakened:
    """Set whenever a transaction was accepted; also holds the newest number of each region, as the ledger has it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.newest: dict[str, int] = {}
        self.lost = False

    def note(self, region: str, seq: int) -> None:
        """A transaction was accepted in this region; 0 is something outside the ledger."""
        if seq > self.newest.get(region, 0):
            self.newest[region] = seq
            self._event.set()

    def begin(self) -> None:
        """What was accepted before this is no news."""
        self._event.clear()

    def end(self) -> None:
        """The connection is gone: whoever waits must know."""
        self.lost = True
        self._event.set()

    async def wait(self, at_most: float) -> bool:
        """True when something was accepted, False after `at_most` seconds without.

        Who waits looks for itself after that time: a notice only saves time, nothing depends on it.
        """
        if not await is_told_within(self._event, at_most):
            return False
        self._event.clear()
        return True


class _Ear:
    """A connection that listens: what it heard, and what is so."""

    def __init__(self, connection: "Kept") -> None:
        self._connection = connection
        self._heard = asyncio.Event()
        self._outside: set[str] = set()
        self._told: dict[str, int] = {}
        connection.add_termination_listener(lambda _: self._heard.set())

    async def open(self) -> None:
        async with told_apart():
            await self._connection.add_listener(CHANNEL, self._take_notice)

    def _take_notice(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self._outside |= set(OUTSIDE.findall(str(payload)))
        self._heard.set()

    async def read_news(self) -> dict[str, int]:
        """The numbers that are new since the last look."""
        rows = await ask(self._connection, "SELECT region, n FROM region_seq")
        news = {
            row["region"]: row["n"] for row in rows if row["n"] > self._told.get(row["region"], 0)
        }
        self._told |= news
        return news

    async def pass_on(self, on_commit: OnCommit) -> None:
        """Tell of each number as the ledger has it, once, until the connection is closed: then Unavailable."""
        while True:
            await self._heard.wait()
            self._heard.clear()
            if self._connection.is_closed():
                raise Unavailable("Postgres: the listening connection was closed")
            outside, self._outside = self._outside, set()
            news = await self.read_news()
            for region, seq in [*news.items(), *((region, 0) for region in sorted(outside))]:
                on_commit(region, seq)
            if not news:
                await asyncio.sleep(CALM_SECONDS)


@asynccontextmanager
async def listening(dsn: str) -> AsyncIterator[Wakened]:
    """Be woken by every commit; Unavailable when Postgres is away at the start."""
    wakened = Wakened()
    async with _hearing(dsn, wakened.note) as ear:
        wakened.begin()
        passing = asyncio.create_task(ear.pass_on(wakened.note))
        passing.add_done_callback(lambda _: wakened.end())
        try:
            yield wakened
        finally:
            passing.cancel()
            await asyncio.gather(passing, return_exceptions=True)


async def follow(
    dsn: str, on_commit: OnCommit, on_current: Callable[[], None] = lambda: None
) -> None:
    """Call `on_commit(region, seq)` for every commit, until cancelled; Unavailable when Postgres goes away.

    First with where every region is now, the country too, and then `on_current()`: so the numbers are the same
    after a restart. LISTEN comes before that look, or a commit in between would be missed.
    """
    async with _hearing(dsn, on_commit) as ear:
        on_current()
        await ear.pass_on(on_commit)


async def follow_ends(dsn: str, on_ended: Callable[[str], None]) -> None:
    """Call `on_ended(session)` for every session that is ended, until cancelled; Unavailable when Postgres goes away.

    First with an empty text, which stands for any: what ended before was not heard.
    """
    gone = asyncio.Event()
    async with held(dsn) as connection:
        connection.add_termination_listener(lambda _: gone.set())
        async with told_apart():
            await connection.add_listener(ENDED, lambda *said: on_ended(str(said[3])))
        on_ended("")
        await gone.wait()
    raise Unavailable("Postgres: the listening connection was closed")


@asynccontextmanager
async def _hearing(dsn: str, on_commit: OnCommit) -> AsyncIterator[_Ear]:
    """A connection that listens, after it told of the numbers that there are."""
    async with held(dsn) as connection:
        ear = _Ear(connection)
        await ear.open()
        for region, seq in (await ear.read_news()).items():
            on_commit(region, seq)
        yield ear
