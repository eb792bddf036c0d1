"""Group commit: whatever waits when a transaction ends goes into the next one.

One COMMIT costs an fsync, whatever it holds. There is no timer: alone a submission is stored at once, and the
busier it is the more share a COMMIT.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from events.envelope import Event
from infra.clock import Clock
from infra.crypto import QuarantineKeys
from infra.errors import Unavailable
from infra.postgres.acceptor.organisations import find_regions
from infra.postgres.aliases import read_aliases
from infra.postgres.plan_records import PackedRecord, read_record
from infra.postgres.snapshot.load import load_snapshot
from infra.postgres.snapshot.rows import Snapshot
from infra.postgres.standing import StandingRows, is_newest, read_standing
from infra.postgres.travel import read_last_travel
from infra.travel.matrix import Matrix
from services.accept.accept import accept
from services.accept.offering import Offered, offer_again
from services.accept.pinning import find_known, load_around
from services.accept.sorting import decode_submission
from services.accept.submission import Outcome, Submission

if TYPE_CHECKING:
    from infra.postgres.database import Database

RESTARTED = "the door is being restarted"
MOST = 2_000  # submissions in one transaction: what comes after them should not wait for more than that


class Group:
    """The queue before the door of one process. On an error of ours its task ends, and the process with it."""

    def __init__(self, database: "Database", clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: list[Asked] = []
        self._wake = asyncio.Event()
        self._ended = False

    async def submit(self, submission: Submission) -> list[Outcome]:
        """One outcome per record, once it is committed; Unavailable when Postgres is away."""
        return await self.submit_each((submission,))

    async def submit_each(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """As `submit`, for several that stand each for itself; the outcomes of all, in order."""
        if self._ended:
            raise Unavailable(RESTARTED)
        read = [decode_before(submission) for submission in submissions]
        answer: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self._waiting.append((read, answer))
        self._wake.set()
        return await answer

    async def offer_again(
        self, keys: QuarantineKeys, numbers: Sequence[int], offered_by: str
    ) -> Offered:
        """Offer records of the quarantine again, beside the queue; Unavailable when Postgres is away."""
        return await offer_again(self._database, keys, numbers, offered_by, self._clock.now())

    async def read_aliases(self) -> dict[str, str]:
        """Other spellings of sources; Unavailable when Postgres is away."""
        async with self._database.transaction() as tx:
            return await read_aliases(tx)

    async def find_known(self, events: Sequence[Event]) -> set[tuple[str, str]]:
        """Source and id of those that were accepted before; Unavailable when Postgres is away."""
        return await find_known(self._database, events)

    async def find_regions(self, practices: Sequence[UUID]) -> dict[UUID, set[str]]:
        """The regions that know each of these organisations; Unavailable when Postgres is away."""
        async with self._database.transaction() as tx:
            return await find_regions(tx, practices)

    async def load_around(self, region: str, visits: Collection[UUID]) -> Snapshot:
        """The region around these visits, as a plan would know it; Unavailable when Postgres is away."""
        return await load_around(self._database, region, visits, self._clock.now())

    async def load_standing(self, region: str, known_hash: str | None) -> StandingRows | None:
        """The stops as they stand now, and the newest record; Unavailable when Postgres is away."""
        async with self._database.snapshot() as tx:
            return await read_standing(tx, region, known_hash)

    async def is_newest(self, region: str, plan_hash: str, number: int) -> bool:
        """Whether nothing was said in the region since this line, and its plan is this one; Unavailable when Postgres is away."""
        async with self._database.transaction() as tx:
            return await is_newest(tx, region, plan_hash, number)

    async def load_record(self, region: str, plan_hash: str) -> PackedRecord | None:
        """What a plan of the region was computed from, and the plan; Unavailable when Postgres is away."""
        async with self._database.transaction() as tx:
            return await read_record(tx, region, plan_hash)

    async def load_region(self, region: str) -> tuple[Snapshot, Matrix | None]:
        """A region as a plan would know it now, and the travel that its last plan used; Unavailable when Postgres is away."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            travel = await read_last_travel(tx, region)
        return await load_snapshot(self._database, region, now), travel

    async def run(self) -> None:
        """Serve the queue until cancelled; every submission gets its outcomes or an error."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._answer(self._next())

    def _next(self) -> list["Asked"]:
        """Those that go into the next transaction: all that wait, up to MOST."""
        count = total = 0
        for submissions, _ in self._waiting:
            total += len(submissions)
            if count and total > MOST:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _answer(self, batch: Sequence["Asked"]) -> None:
        """Commit one batch and answer each submitter; an error of ours is answered too, and then ends the task."""
        try:
            outcomes = await accept(
                self._database, [one for asked, _ in batch for one in asked], self._clock.now()
            )
        except Unavailable as error:
            refuse_all(batch, error)
            return
        except Exception:
            self._ended = True  # who comes now, or waits still, would wait for ever
            refuse_all([*batch, *self._waiting], Unavailable(RESTARTED))
            raise
        at = 0
        for submissions, answer in batch:
            count = sum(len(submission.records) for submission in submissions)
            if not answer.done():  # the submitter may have gone
                answer.set_result(outcomes[at : at + count])
            at += count


Asked = tuple[Sequence[Submission], asyncio.Future[list[Outcome]]]


def decode_before(submission: Submission) -> Submission:
    """The submission with its records decoded, so that this is not done while the transaction holds its locks."""
    if submission.decoded is not None:
        return submission
    return replace(submission, decoded=tuple(decode_submission(submission)))


def refuse_all(batch: Sequence[Asked], error: Unavailable) -> None:
    """Answer with an error whoever has no answer yet."""
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)
