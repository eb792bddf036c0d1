"""The only way in which pages and API write: persons into the vault, events through `accept`.

Rights are checked here, before a submission is queued, because group commit mixes users in one transaction.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from events.envelope import Event, Record, Sender, System
from events.errors import Refusal, RejectedEvent
from events.identifiers import Payload, to_source
from infra.clock import Clock
from infra.crypto import Keys
from infra.identity import new_id
from infra.person import Person
from infra.postgres.database import Database, Who
from infra.postgres.vault import identify
from services.accept.group import Group
from services.accept.offering import Offered
from services.accept.sorting import decode_or_reject
from services.accept.submission import Outcome, OwnEvent, Submission, own_submission

STRUCTURED = {"content-type": b"application/cloudevents+json"}
READ_AT_ONCE = 32  # events decoded between two turns of the loop: about half a millisecond
SENDERS = {"practice": Sender.PRACTICE, "planner": Sender.HAP}


class NotYours(Exception):
    """An event speaks for another organisation."""


class Writing:
    """Holds the pools that may write; nothing else in the web process can reach them."""

    def __init__(self, group: Group, identifier: Database, keys: Keys, clock: Clock) -> None:
        self._group = group
        self._identifier = identifier
        self._keys = keys
        self._clock = clock

    async def identify(self, persons: Sequence[Person]) -> list[UUID]:
        """Store persons and give one id each, the same for every sender; in a transaction of its own."""
        async with self._identifier.transaction() as tx:
            return await identify(tx, self._keys, persons, self._clock.now())

    async def submit(self, who: Who, payloads: Sequence[Payload]) -> list[Outcome]:
        """Submit events in the name of this person; all are accepted or none."""
        now = self._clock.now()
        events = [OwnEvent(str(new_id()), now, payload) for payload in payloads]
        return await self._group.submit(own_submission(find_system(who), who.region, events))

    async def offer_again(self, who: Who, numbers: Sequence[int]) -> Offered:
        """Offer quarantined records again; the caller checked that this person may see them."""
        return await self._group.offer_again(numbers, who.subject)

    async def pass_on(self, who: Who, values: Sequence[bytes]) -> list[Outcome]:
        """Submit events as a system of this person wrote them, each by itself; NotYours before anything is stored.

        A practice may say something about anybody: it counts once that practice has registered the person.
        """
        system = find_system(who)
        records = [Record(system, value, STRUCTURED) for value in values]
        decoded = await read_all(records)
        if any(
            isinstance(said, RejectedEvent) and said.reason is Refusal.SOURCE_NOT_ALLOWED
            for said in decoded
        ):
            # Perhaps under an alias. Looked up only now, so that other senders do not pay for the query.
            system = replace(system, aliases=await self._group.read_aliases())
            records = [Record(system, value, STRUCTURED) for value in values]
            decoded = await read_all(records)
        if who.role == "practice":
            check_own(decoded)
        return await self._group.submit_each(
            [
                Submission((record,), decoded=(said,))
                for record, said in zip(records, decoded, strict=True)
            ]
        )


async def read_all(records: Sequence[Record]) -> list[Event | RejectedEvent]:
    """Decode records, yielding in between so that a large batch does not delay other requests."""
    decoded = []
    for number, record in enumerate(records):
        if number % READ_AT_ONCE == READ_AT_ONCE - 1:
            await asyncio.sleep(0)
        decoded.append(decode_or_reject(record))
    return decoded


def find_system(who: Who) -> System:
    """Find the system that a person speaks as: the types of the role, a source of its own, one region."""
    sender = SENDERS.get(who.role)
    if sender is None:
        raise NotYours
    prefix = to_source(sender, str(who.organisation or who.region))
    return System("https", sender, (f"{prefix}:web", prefix), frozenset({who.region}))


def check_own(decoded: Sequence[Event | RejectedEvent]) -> None:
    """Raise NotYours when a practice speaks for another. What is no event at all passes, to be quarantined."""
    for event in decoded:
        if not isinstance(event, RejectedEvent) or event.reason is not Refusal.SOURCE_NOT_ALLOWED:
            continue
        if "practice_id" in event.fields:
            raise NotYours
