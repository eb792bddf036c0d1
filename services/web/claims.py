"""Asks whether cookies and tokens still count: whoever waits while one question is out is asked for in the next.

Every request asks after it came in, so that a session that ended a moment ago is over; a question of its own for each
request cost a third of a small request's processor time.
"""

import asyncio
from typing import TYPE_CHECKING

from infra.clock import SystemClock
from infra.postgres.sessions import Claim, find_open

if TYPE_CHECKING:
    from infra.postgres.database import Database


class Claims:
    """The questions of one process. Real time, also while a campaign is played on simulated time."""

    def __init__(self, reader: "Database") -> None:
        self._reader = reader
        self._waiting: dict[Claim, asyncio.Future[bool]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def is_open(self, claim: Claim) -> bool:
        """Whether a claim counts at this moment or later. Raises Unavailable."""
        answer = self._waiting.get(claim)
        if answer is None:
            answer = asyncio.get_running_loop().create_future()
            self._waiting[claim] = answer
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(answer)  # others may wait for it when this request is given up

    async def _ask(self) -> None:
        """Ask until nobody waits. What goes wrong is told to all who wait: who asks next need not wait as long again."""
        while self._waiting:
            batch, self._waiting = self._waiting, {}
            try:
                counting = await find_open(self._reader, list(batch), SystemClock().now())
            except Exception as error:
                for answer in (*batch.values(), *self._waiting.values()):
                    answer.set_exception(error)
                    answer.exception()  # nobody may wait any more
                self._waiting = {}
                return
            for claim, answer in batch.items():
                answer.set_result(claim in counting)
