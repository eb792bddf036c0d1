"""Offering quarantined records to the door again: an accepted one is closed, a rejected one stays open."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from events.errors import RejectedEvent
from infra.crypto import QuarantineKeys
from infra.postgres.acceptor import quarantine
from infra.postgres.systems import read_systems
from services.accept.accept import accept
from services.accept.submission import Outcome, Status, Submission

if TYPE_CHECKING:
    from infra.postgres.database import Database

AT_ONCE: Final = 500  # records in one transaction
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Offered:
    """How many of the records were accepted (or known already), rejected again, no longer open, or closed to our key."""

    accepted: int = 0
    refused: int = 0
    gone: int = 0
    closed: int = 0

    def __add__(self, other: "Offered") -> "Offered":
        """Both together."""
        return Offered(
            self.accepted + other.accepted,
            self.refused + other.refused,
            self.gone + other.gone,
            self.closed + other.closed,
        )


async def offer_again(
    database: "Database",
    keys: QuarantineKeys | None,
    numbers: Sequence[int],
    offered_by: str,
    now: datetime,
) -> Offered:
    """Offer these records in the name of their systems as they are connected now, each by itself.

    What `keys` do not open stays, and is counted. Safe to repeat: what was accepted is a duplicate the next time.
    Raises Unavailable.
    """
    async with database.transaction() as tx:
        kept, closed = await quarantine.read_open(tx, numbers, await read_systems(tx), keys)
    submissions = [Submission((one.record,)) for one in kept]
    if not kept:
        return Offered(gone=len(numbers) - closed, closed=closed)
    outcomes = await accept(database, submissions, now)
    answers = [
        (one.number, to_refusal(outcome)) for one, outcome in zip(kept, outcomes, strict=True)
    ]
    async with database.transaction() as tx:
        await quarantine.note_offered(tx, answers, offered_by, now)
    refused = sum(error is not None for _, error in answers)
    done = Offered(len(kept) - refused, refused, len(numbers) - len(kept) - closed, closed)
    logger.info(
        "records %d to %d of the quarantine were offered again by %s: %d accepted, %d refused",
        kept[0].number,
        kept[-1].number,
        offered_by,
        done.accepted,
        done.refused,
    )
    return done


async def offer_all(
    database: "Database",
    keys: QuarantineKeys | None,
    topic: str | None,
    reason: str | None,
    *,
    offered_by: str,
    now: datetime,
) -> Offered:
    """Offer every open record of a topic and a reason (None: any), the oldest first, each once."""
    done, after = Offered(), 0
    while True:
        async with database.transaction() as tx:
            numbers = await quarantine.find_open(tx, topic, reason, after, AT_ONCE)
        if not numbers:
            return done
        done += await offer_again(database, keys, numbers, offered_by, now)
        after = numbers[-1]


async def list_open(database: "Database", topic: str | None, reason: str | None) -> list[str]:
    """A line for each group of open records; for one topic and reason a line for each of the first AT_ONCE records."""
    async with database.transaction() as tx:
        if topic is None or reason is None:
            return [
                f"{count}\t{found_topic}\t{found_reason}"
                for found_topic, found_reason, count in await quarantine.count_open(
                    tx, topic, reason
                )
            ]
        return [
            f"{number}\t{at.isoformat()}\t{', '.join(fields) or '-'}"
            for number, at, fields in await quarantine.list_lines(tx, topic, reason, AT_ONCE)
        ]


def to_refusal(outcome: Outcome) -> RejectedEvent | None:
    """Why it was rejected again; None when the ledger has it."""
    if outcome.status is not Status.REJECTED:
        return None
    assert outcome.reason is not None
    return RejectedEvent(outcome.reason, outcome.fields)
