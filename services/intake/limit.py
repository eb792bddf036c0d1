"""Stops a topic of which nearly every record is rejected: it stands still, all others go on, nothing is lost.

A sender that sends nothing but bad records has changed its software or lost its rights; a million lines in the
quarantine help nobody. So the topic is read no further, keeps its offset, and Kafka keeps the records (14 days).
The stop is kept in Postgres: a restart and every other intake process obey it, until a person resumes the topic.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from infra.errors import Unavailable
from infra.postgres.systems import stop_topic
from services.accept.submission import Outcome, Status
from services.intake.assignment import list_assigned

if TYPE_CHECKING:
    from infra.clock import Clock
    from infra.postgres.database import Database
    from services.intake.offsets import Partition

# 1,000 records are a few seconds of a busy sender; 95 in 100 leave out a sender with one bad kind of record among good ones.
LAST: Final = 1_000  # records of a topic that are looked at
SHARE: Final = 0.95  # rejected among these
RETRY_SECONDS: Final = 0.25
logger = logging.getLogger(__name__)


class OfTopic(Protocol):
    """Anything that came on a topic."""

    @property
    def topic(self) -> str:
        """Its name."""
        ...


T = TypeVar("T", bound=OfTopic)


@dataclass(slots=True)
class Window:
    """How many of the last records of a topic were rejected, batch by batch."""

    batches: deque[tuple[int, int]] = field(default_factory=deque)
    records: int = 0
    refused: int = 0

    def add(self, records: int, refused: int) -> bool:
        """Count a batch; True when nearly all of the last 1,000 records or more were rejected."""
        self.batches.append((records, refused))
        self.records += records
        self.refused += refused
        while self.records - self.batches[0][0] >= LAST:
            gone = self.batches.popleft()
            self.records -= gone[0]
            self.refused -= gone[1]
        return self.records >= LAST and self.refused >= SHARE * self.records


@dataclass(slots=True)
class Limit:
    """The topics that are stopped, and a window over the last records of each other one."""

    stopped: set[str] = field(default_factory=set)
    windows: defaultdict[str, Window] = field(default_factory=lambda: defaultdict(Window))

    def drop_stopped(self, messages: Iterable[T]) -> list[T]:
        """Those that are not of a stopped topic: some were fetched before the stop, and their offsets must not move."""
        return [message for message in messages if message.topic not in self.stopped]

    def since(self, known: frozenset[str]) -> frozenset[str]:
        """Topics stopped since `known` was taken: whoever reads the table at that moment may not see them yet."""
        return frozenset(self.stopped) - known

    async def judge(
        self,
        database: "Database",
        clock: "Clock",
        topics: Sequence[str],
        outcomes: Sequence[Outcome],
    ) -> None:
        """Stop the topics that these stored records, given by topic and outcome, show to be bad; the stop is stored."""
        counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for topic, outcome in zip(topics, outcomes, strict=True):
            count = counts[topic]
            count[0] += 1
            count[1] += outcome.status is Status.REJECTED
        for topic, (records, refused) in counts.items():
            window = self.windows[topic]
            if window.add(records, refused):
                await keep_stop(database, clock, topic, window)
                self.stopped.add(topic)
                del self.windows[topic]

    async def obey(self, app: Any, stored: "dict[Partition, int]", stopped: frozenset[str]) -> None:
        """Pause the partitions of stopped topics; go on with resumed ones from the stored offset."""
        places, consumer = list_assigned(app), app.consumer
        for topic in self.stopped - stopped:
            logger.warning("%s was resumed", topic)
            if again := [tp for tp in places if tp.topic == topic]:
                for tp in again:
                    await consumer.seek(tp, stored.get((tp.topic, tp.partition), 0))
                consumer.resume_partitions(again)
        self.stopped = set(stopped)
        if paused := [tp for tp in places if tp.topic in stopped]:
            consumer.pause_partitions(paused)


async def keep_stop(database: "Database", clock: "Clock", topic: str, window: Window) -> None:
    """Log the stop as an error and store it; waits as long as Postgres is away."""
    logger.error(
        "%s is read no further: %d of its last %d records were refused; mend it, then: prikploeg intake-resume %s",
        topic,
        window.refused,
        window.records,
        topic,
    )
    while True:
        try:
            async with database.transaction() as tx:
                await stop_topic(tx, topic, window.refused, window.records, clock.now())
        except Unavailable as error:
            logger.warning("waiting: %s", error)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return
