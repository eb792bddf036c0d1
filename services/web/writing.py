"""The only way in which pages and API write: persons into the vault, events through the one door.

Rights are checked here, before a submission is queued: group commit mixes users in one transaction.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol
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
READ_AT_ONCE = 32  # about half a millisecond
SENDERS = {"practice": Sender.PRACTICE, "planner": Sender.HAP}


class NotYours(Exception):
    """An event speaks for another organisation, or about somebody who is not the sender's patient."""


class Owns(Protocol):
    """Answers which of these persons were registered by the practice that asks."""

    async def __call__(self, persons: Sequence[UUID]) -> set[UUID]:
        """Those that were."""
        ...


class Writing:
    """Holds the pools that may write; nothing else of the web process can reach them."""

    def __init__(self, group: Group, identifier: Database, keys: Keys, clock: Clock) -> None:
        self._group = group
        self._identifier = identifier
        self._keys = keys
        self._clock = clock

    async def identify(self, persons: Sequence[Person]) -> list[UUID]:
        """One id per person, the same for every sender; in a transaction of its own."""
        async with self._identifier.transaction() as tx:
            return await identify(tx, self._keys, persons, self._clock.now())

    async def say(self, who: Who, payloads: Sequence[Payload]) -> list[Outcome]:
        """Events in the name of this person, which stand or fall together."""
        now = self._clock.now()
        events = [OwnEvent(str(new_id()), now, payload) for payload in payloads]
        return await self._group.submit(own_submission(find_system(who), who.region, events))

    async def offer_again(self, who: Who, numbers: Sequence[int]) -> Offered:
        """Records of the quarantine once more; that this person may see them was checked before."""
        return await self._group.offer_again(numbers, who.subject)

    async def pass_on(self, who: Who, values: Sequence[bytes], owns: Owns) -> list[Outcome]:
        """Events as a system of this person wrote them, each on its own; NotYours before anything is stored."""
        system = find_system(who)
        records = [Record(system, value, STRUCTURED) for value in values]
        decoded = await read_all(records)
        if any(
            isinstance(said, RejectedEvent) and said.reason is Refusal.SOURCE_NOT_ALLOWED
            for said in decoded
        ):
            # Under an alias perhaps: looked up only now, so that nobody else pays for it.
            system = replace(system, aliases=await self._group.read_aliases())
            records = [Record(system, value, STRUCTURED) for value in values]
            decoded = await read_all(records)
        if who.role == "practice":
            await check_own(who, decoded, owns)
        return await self._group.submit_each(
            [
                Submission((record,), decoded=(said,))
                for record, said in zip(records, decoded, strict=True)
            ]
        )


async def read_all(records: Sequence[Record]) -> list[Event | RejectedEvent]:
    """What the records say; others are served in between, so that a large batch delays nobody."""
    decoded = []
    for number, record in enumerate(records):
        if number % READ_AT_ONCE == READ_AT_ONCE - 1:
            await asyncio.sleep(0)
        decoded.append(decode_or_reject(record))
    return decoded


def find_system(who: Who) -> System:
    """What this person may say: the types of the role, in a source of its own, for one region."""
    sender = SENDERS.get(who.role)
    if sender is None:
        raise NotYours
    prefix = to_source(sender, str(who.organisation or who.region))
    return System("https", sender, (f"{prefix}:web", prefix), frozenset({who.region}))


async def check_own(who: Who, decoded: Sequence[Event | RejectedEvent], owns: Owns) -> None:
    """Raise NotYours when a practice speaks for another; what is no event at all goes on, to be set aside."""
    persons: set[UUID] = set()
    for event in decoded:
        if isinstance(event, RejectedEvent):
            continue
        speaks_for = getattr(event.payload, "practice_id", None)
        if speaks_for is None:
            persons.add(find_person(event))
        elif speaks_for != who.organisation:
            raise NotYours
    if persons and persons - await owns(sorted(persons)):
        raise NotYours


def find_person(event: Event) -> UUID:
    """Whom a fact is about; NotYours when it is about nobody."""
    person: UUID | None = getattr(event.payload, "person_id", None)
    if person is None:
        raise NotYours
    return person
