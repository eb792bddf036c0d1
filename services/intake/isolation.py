"""Finds the record that a batch fails on, whatever the cause, and sets it aside; an outage is no record's fault.

`accept` halves a batch whose data Postgres refuses. Everything else that goes wrong in it (an error of ours, a statement
that takes too long, a limit of the server that one record meets) would be tried again for ever and hold up all topics.
So a failure is counted against the batch when, right after it, Postgres takes a write of the same kind and gives the
locks that the batch asks for: then the world is there, and it is these records. They are stored half by half, and one
that fails alone again and again goes to the quarantine with the name of its error. Without that proof it is an outage:
nothing is counted, and the batch waits.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from events.envelope import Cut, Head
from events.errors import Refusal, RejectedEvent
from infra.clock import Clock
from infra.errors import Contended, Paused, TooSlow, Unavailable
from infra.postgres.database import Database
from infra.postgres.heartbeats import try_to_write
from infra.postgres.systems import Gap, take_in_hand
from services.accept.accept import accept
from services.accept.isolating import isolate
from services.accept.submission import Outcome, Submission
from services.intake.offsets import Partition

RETRY_SECONDS: Final = 0.25
# An error that comes back three times comes back for ever; a connection may be cut by others some times in a row.
OFTEN: Final = 3
OFTEN_WHEN_CUT: Final = 12
logger = logging.getLogger(__name__)


class ProcessEnded(Exception):
    """The intake ended each time that it had this record in hand."""


@dataclass(slots=True)
class Trouble:
    """What keeps the batch in hand from being stored, for whoever watches; None when nothing does."""

    since: float | None = None  # seconds of the clock that only goes forward
    why: str | None = None
    topics: tuple[str, ...] = ()
    waiting: bool = False  # for Postgres
    busy_since: float | None = None

    def begin(self, now: float) -> None:
        """One try begins."""
        self.busy_since = now
        if self.since is None:
            self.since = now

    def fail(self, error: Exception, submissions: Sequence["Submission"]) -> None:
        """It failed for this reason."""
        self.waiting, self.busy_since, self.why = True, None, name_cause(error)
        self.topics = tuple(sorted({one.records[0].system.topic for one in submissions}))

    def end(self) -> None:
        """The batch is stored."""
        self.since = self.why = self.busy_since = None
        self.waiting, self.topics = False, ()


@dataclass(frozen=True, slots=True)
class Storing:
    """How batches are stored: until they are, or their bad record is set aside."""

    database: Database
    clock: Clock
    trouble: Trouble

    async def store(
        self,
        submissions: Sequence[Submission],
        nexts: Mapping[Partition, int],
        gaps: Sequence[Gap],
        most: int | None = None,
    ) -> list[Outcome]:
        """The outcomes, once all is committed. The offsets move with the last part; `most` failures, then halves."""
        failures = 0
        while True:
            self.trouble.begin(self.clock.monotonic())
            try:
                outcomes = await accept(
                    self.database, submissions, self.clock.now(), offsets=nexts, gaps=gaps
                )
            except Exception as error:  # whatever the cause
                self.trouble.fail(error, submissions)
                logger.warning("waiting: %s", tell(error))
                failures += await self.is_no_outage(error, submissions)
                if failures >= (most or limit_of(error)):
                    return await self.part(submissions, nexts, gaps, error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.trouble.end()
                return outcomes

    async def store_with_care(
        self, submission: Submission, nexts: Mapping[Partition, int], gaps: Sequence[Gap]
    ) -> list[Outcome]:
        """As `store`, of one record that may take the process down: noted before, and set aside unread the fourth time."""
        (record,) = submission.records
        place = (record.topic or "", record.partition or 0, record.offset or 0)
        tries = 0
        while not tries:
            try:
                async with self.database.transaction() as tx:
                    tries = await take_in_hand(tx, *place)
            except Unavailable as error:
                self.trouble.fail(error, [submission])
                await asyncio.sleep(RETRY_SECONDS)
        if tries > OFTEN:
            return await self.isolate(submission, nexts, gaps, ProcessEnded())
        return await self.store([submission], nexts, gaps)

    async def is_no_outage(self, error: Exception, submissions: Sequence[Submission]) -> bool:
        """Whether Postgres works now, for a write like this one."""
        if isinstance(error, (Paused, Contended)):
            return False
        regions = {
            region
            for one in submissions
            for record in one.records
            for region in record.system.regions
        }
        try:
            async with self.database.transaction() as tx:
                await try_to_write(tx, sorted(regions))
        except Exception as other:
            logger.warning("no trial either: %s", tell(other))
            return False
        return True

    async def part(
        self,
        submissions: Sequence[Submission],
        nexts: Mapping[Partition, int],
        gaps: Sequence[Gap],
        error: Exception,
    ) -> list[Outcome]:
        """Store each half by itself; of a single submission set its records aside."""
        if len(submissions) == 1:
            return await self.isolate(submissions[0], nexts, gaps, error)
        half = len(submissions) // 2
        often = 1 if half > 1 else None
        first = await self.store(submissions[:half], {}, (), often)
        return first + await self.store(submissions[half:], nexts, gaps, often)

    async def isolate(
        self,
        submission: Submission,
        nexts: Mapping[Partition, int],
        gaps: Sequence[Gap],
        error: Exception,
    ) -> list[Outcome]:
        """To the quarantine, with the cause by name; without its value when even that can not be kept."""
        cause = RejectedEvent(Refusal.NOT_STORED, (name_cause(error),))
        records = list(submission.records)
        logger.error("%d record(s) set aside: they fail each time, %s", len(records), tell(error))
        failures = 0
        while True:
            try:
                outcomes = await isolate(
                    self.database, records, cause, self.clock.now(), nexts, gaps
                )
            except Exception as other:
                logger.warning("not set aside: %s", tell(other))
                failures += await self.is_no_outage(other, [submission])
                if failures >= OFTEN:
                    cut = Head(b"", Cut(Refusal.NOT_STORED, cause.fields[0]))
                    records = [replace(one, value=cut, headers={}, key=None) for one in records]
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.trouble.end()
                return outcomes


def limit_of(error: Exception) -> int:
    """How often this may come in a row before it is taken for the records' own."""
    is_cut = isinstance(error, Unavailable) and not isinstance(error, TooSlow)
    return OFTEN_WHEN_CUT if is_cut else OFTEN


def name_cause(error: Exception) -> str:
    """The name of the error: never its text, which may hold values."""
    cause = error.__cause__ if isinstance(error, Unavailable) and error.__cause__ else error
    return type(cause).__name__


def tell(error: Exception) -> str:
    """The error for the log: its text where that is ours, else its name."""
    return str(error) if isinstance(error, Unavailable) else name_cause(error)
