"""A batch of Kafka messages into the ledger: retried until it is stored, never dropped, never skipped."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from events.envelope import Event, Record, System
from events.errors import Refusal, RejectedEvent
from infra.clock import Clock
from infra.kafka.committed import PASSED
from infra.postgres.database import Database
from infra.postgres.systems import Gap, move_offsets
from services.accept.sorting import decode_or_reject
from services.accept.submission import Status, Submission
from services.intake.isolation import Storing, Trouble, name_cause
from services.intake.limit import Limit
from services.intake.offsets import Follow, Partition, Skipped, find_next_offsets

MOST_WITH_CARE = 2_000  # as many as one poll brings
READ_AT_ONCE = 32  # records between two turns of the event loop: about half a millisecond
logger = logging.getLogger(__name__)
FirstFrom = Callable[[Partition, int], Awaitable[int | None]]


class Message(Protocol):
    """What we read of a Kafka message."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: object


async def know_nothing(partition: Partition, offset: int) -> int | None:
    """The answer without a broker to ask: then every jump is a loss."""
    del partition, offset
    return None


class Lost(Exception):
    """Records were skipped that the broker still has: the process must read again from the stored offset."""


@dataclass(frozen=True, slots=True)
class Read:
    """Messages and, one for each, its record decoded as a submission."""

    messages: Sequence[Message]
    submissions: list[Submission]


@dataclass(slots=True)
class Intake:
    """What one intake process knows: systems by topic, offsets as stored, and its counters."""

    database: Database
    clock: Clock
    systems: dict[str, System]
    stored: dict[Partition, int]
    earliest: dict[Partition, int] = field(default_factory=dict)
    limit: Limit = field(default_factory=Limit)
    first_from: FirstFrom = (
        know_nothing  # asks for the first offset that the broker has from there on
    )
    follow: Follow = PASSED.follow
    events_in: int = 0
    accepted: int = 0
    rejected: int = 0
    trouble: Trouble = field(default_factory=Trouble)
    careful: int = 0  # so many records are read one by one: lives before this one stored nothing
    spare: bool = False  # other processes have all the partitions
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # of whoever moves offsets

    async def store(self, messages: Sequence[Message]) -> None:
        """Decode a batch and store it: `read`, then `keep`."""
        await self.keep(await self.read(messages))

    async def read(self, messages: Sequence[Message]) -> Read:
        """Decode messages, with turns for the rest of the process: one batch is read while the one before is stored."""
        submissions = []
        for number, message in enumerate(messages):
            if number % READ_AT_ONCE == 0:
                await asyncio.sleep(0)
            record = self.to_record(message)
            decoded = None if self.careful else (read_or_isolate(record),)
            submissions.append(Submission((record,), decoded=decoded))
        return Read(messages, submissions)

    async def keep(self, read: Read) -> None:
        """Store what was read and its offsets in one transaction; returns only when that is committed.

        Lost when records were skipped that still exist. Waits as long as Postgres is away.
        """
        messages, submissions = read.messages, read.submissions
        if self.limit.stopped:
            messages = self.limit.drop_stopped(messages)
            submissions = [one for one in submissions if self.is_read(one)]
        if not messages:
            return
        if self.careful and len(messages) > 1:
            for message, submission in zip(messages, submissions, strict=True):
                await self.keep(Read([message], [submission]))
            return
        async with self.turn:
            places = [(m.topic, m.partition, m.offset) for m in messages]
            nexts, jumps = find_next_offsets(self.stored, places, self.follow)
            gaps = [await self.to_gap(jump) for jump in jumps]
            storing = Storing(self.database, self.clock, self.trouble)
            if self.careful:
                outcomes = await storing.store_with_care(submissions[0], nexts, gaps)
                self.careful -= 1
            else:
                outcomes = await storing.store(submissions, nexts, gaps)
            self.move(nexts)
        self.events_in += len(submissions)
        self.accepted += sum(outcome.status is Status.ACCEPTED for outcome in outcomes)
        self.rejected += sum(outcome.status is Status.REJECTED for outcome in outcomes)
        await self.limit.judge(self.database, self.clock, [m.topic for m in messages], outcomes)

    async def pass_over(self) -> None:
        """Move the offsets of partitions where only markers of transactions, or what was taken back, follow."""
        async with self.turn:
            nexts = {
                partition: end
                for partition, offset in self.stored.items()
                if (end := self.follow(partition, offset)) > offset
            }
            if nexts:
                async with self.database.transaction() as tx:
                    await move_offsets(tx, nexts)
                self.move(nexts)

    def move(self, nexts: Mapping[Partition, int]) -> None:
        """These offsets are stored."""
        self.stored |= nexts
        for partition, offset in nexts.items():
            PASSED.forget(partition, offset)

    def is_read(self, submission: Submission) -> bool:
        """False for a record of a topic that was stopped."""
        return submission.records[0].topic not in self.limit.stopped

    async def to_gap(self, jump: Skipped) -> Gap:
        """The alarm for offsets without a record; Lost when the broker has records there.

        The broker is asked again, by another client than the one that skipped them: what it does not have cannot
        be read by starting anew.
        """
        if self.earliest.get(jump.partition, 0) <= jump.expected:
            first = await self.first_from(jump.partition, jump.expected)
            if first is None or first < jump.found:
                raise Lost(
                    f"{jump.partition[0]} {jump.partition[1]}: {jump.expected} to {jump.found}"
                )
        logger.error(
            "records gone before they were read: %s partition %d, offsets %d to %d",
            *jump.partition,
            jump.expected,
            jump.found,
        )
        return Gap(*jump.partition, jump.expected, jump.found)

    def to_record(self, message: Message) -> Record:
        """The record with the system that its topic belongs to."""
        return Record(
            system=self.systems[message.topic],
            value=message.value,
            headers=to_headers(message.headers),
            key=message.key,
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
        )


def read_or_isolate(record: Record) -> Event | RejectedEvent:
    """What a record says; whatever else goes wrong in reading it is of this record alone, and comes back each time."""
    try:
        return decode_or_reject(record)
    except Exception as error:
        # The name alone: a traceback may show values.
        logger.error("a record of %s could not be decoded: %s", record.topic, name_cause(error))  # noqa: TRY400
        return RejectedEvent(Refusal.NOT_STORED, (name_cause(error),))


def to_headers(headers: object) -> dict[str, bytes]:
    """Headers as a mapping, from the pairs or the mapping that the client gives.

    A header that stands twice with different values keeps them all, joined by NUL: no attribute may hold that, so the
    record is rejected and does not pass with one value of the two.
    """
    pairs = headers.items() if isinstance(headers, dict) else (headers or ())
    found: dict[str, bytes] = {}
    for name, value in pairs:  # type: ignore[attr-defined]
        if value is not None and found.setdefault(str(name), bytes(value)) != value:
            found[str(name)] += b"\0" + bytes(value)
    return found
