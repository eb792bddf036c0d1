"""Asks the child process about plans, one question at a time: no planner keeps the others from an answer, and pages are never held up."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Final, TypeVar

from infra.errors import Unavailable
from infra.postgres.database import Who
from infra.postgres.plan_records import PackedRecord
from services.web.fitting_apart import (
    Fits,
    Question,
    Reasons,
    explain,
    fit,
    learn,
    make_ready,
)
from services.web.refusing import BUSY, TOO_MANY, Refused

OF_ONE: Final = 2  # questions of one person that may wait
OF_ALL: Final = 8  # of everybody: at three seconds each the last is answered before it is given up
Load = Callable[[str, str], Awaitable[PackedRecord | None]]  # by region and hash
Answer = TypeVar("Answer")


class NoRecord(Exception):
    """The record of this plan is not kept any more."""


class Fitting:
    """The child process and who waits for it."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()
        self._waiting: Counter[str] = Counter()

    def close(self) -> None:
        """Lets the child process end, once it has answered what it is asked now."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def explain(self, who: Who, question: Question) -> Reasons:
        """What keeps the people of a location out of each shift. Raises NoRecord, Refused or Unavailable."""
        return await self._ask(who, question, partial(explain, question))

    async def fit(self, who: Who, question: Question) -> Fits:
        """The smallest changes that would let them in. Raises NoRecord, Refused or Unavailable."""
        return await self._ask(who, question, partial(fit, question))

    async def _ask(self, who: Who, question: Question, call: Callable[[], Answer | None]) -> Answer:
        if self._waiting[who.subject] >= OF_ONE:
            raise Refused(TOO_MANY)
        if self._waiting.total() >= OF_ALL:
            raise Refused(BUSY)
        self._waiting[who.subject] += 1
        try:
            async with self._turn:
                return await self._answer(who.region, question, call)
        finally:
            self._waiting[who.subject] -= 1
            self._waiting += Counter()  # without those who wait for nothing

    async def _answer(
        self, region: str, question: Question, call: Callable[[], Answer | None]
    ) -> Answer:
        answer = await self._run(call)
        if answer is None:
            packed = await self._load(region, question.plan_hash)
            if packed is None:
                raise NoRecord
            await self._run(partial(learn, question.plan_hash, packed.record, packed.matrix))
            answer = await self._run(call)
        if answer is None:
            raise Unavailable("the process that answers was lost meanwhile")
        return answer

    async def _run(self, call: Callable[[], Answer]) -> Answer:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, get_context("spawn"), make_ready)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        except BrokenExecutor as error:
            self._pool = None
            raise Unavailable("the process that answers was lost") from error
