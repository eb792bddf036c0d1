"""Group commit: whatever waits when a transaction ends goes into the next one; no timer, no added delay."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from infra.clock import Clock
from infra.errors import Unavailable
from services.accept.accept import accept
from services.accept.offering import Offered, offer_again
from services.accept.sorting import decode_submission
from services.accept.submission import Outcome, Submission

if TYPE_CHECKING:
    from infra.postgres.database import Database

MOST = 2_000  # submissions that go into one transaction, unless more were offered at once


class Group:
    """The queue before the door of one process; its task ends with the process on an unknown error."""

    def __init__(self, database: "Database", clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: list[Asked] = []
        self._wake = asyncio.Event()

    async def submit(self, submission: Submission) -> list[Outcome]:
        """One outcome per record, when it is stored and visible; Unavailable when Postgres is away."""
        return await self.submit_each((submission,))

    async def submit_each(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """As `submit`, for several that do not depend on each other; the outcomes of all, in order."""
        read = [decode_before(submission) for submission in submissions]
        answer: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self._waiting.append((read, answer))
        self._wake.set()
        return await answer

    async def offer_again(self, numbers: Sequence[int], offered_by: str) -> Offered:
        """Records of the quarantine once more, beside the queue; Unavailable when Postgres is away."""
        return await offer_again(self._database, numbers, offered_by, self._clock.now())

    async def run(self) -> None:
        """Serve the queue until cancelled; every submission gets its answer or an error."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._answer(self._next())

    def _next(self) -> list["Asked"]:
        """Who goes into the next transaction: all that wait, as far as it is not too many."""
        count = total = 0
        for submissions, _ in self._waiting:
            total += len(submissions)
            if count and total > MOST:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _answer(self, batch: Sequence["Asked"]) -> None:
        """Commit one batch and tell each submitter; an error of ours is told too and then ends the task."""
        try:
            outcomes = await accept(
                self._database, [one for asked, _ in batch for one in asked], self._clock.now()
            )
        except Unavailable as error:
            refuse_all(batch, error)
            return
        except Exception:
            refuse_all(batch, Unavailable("the door is being restarted"))
            raise
        at = 0
        for submissions, answer in batch:
            count = sum(len(submission.records) for submission in submissions)
            if not answer.done():  # the submitter may have gone
                answer.set_result(outcomes[at : at + count])
            at += count


Asked = tuple[Sequence[Submission], asyncio.Future[list[Outcome]]]


def decode_before(submission: Submission) -> Submission:
    """With what its records say, so that they are not read while the transaction holds its locks."""
    if submission.decoded is not None:
        return submission
    return replace(submission, decoded=tuple(decode_submission(submission)))


def refuse_all(batch: Sequence[Asked], error: Unavailable) -> None:
    """Nobody is left without an answer."""
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)
