"""Events as a sender publishes them on its inbound topic: used by whoever plays a sender (import, simulator).

Our own processes do not take this way: they offer to the door (`services.accept.submission.own_submission`).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from events.codec import encode, to_event
from events.envelope import Envelope, Sender
from events.identifiers import NATIONAL, Payload, to_source
from infra.identity import derived_id
from infra.kafka.producer import Outgoing

TOPICS: Final[dict[Sender, str]] = {
    Sender.PRACTICE: "in.practice.his.v1",
    Sender.HAP: "in.hap.core.v1",
    Sender.GGD: "in.ggd.core.v1",
    Sender.TEAM: "in.team.app.v1",
    Sender.OPERATOR: "in.operator.core.v1",
    Sender.INSTITUTION: "in.institution.portal.v1",
}

# Hyphens, dashes and the minus sign: a word processor writes one for another.
DASHES: Final = {ord(dash): "-" for dash in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"}
BATCH: Final = 500  # records in flight at once: what a failed send makes the sender repeat


class Sink(Protocol):
    """Where records go: a Kafka producer, or a list in a test."""

    async def send_all(self, records: Sequence[Outgoing]) -> None:
        """Send in order and return when all are acknowledged; Unavailable when the broker is away."""
        ...


@dataclass(frozen=True, slots=True)
class SenderEvent:
    """An event that a sender is about to publish."""

    sender: Sender
    envelope: Envelope
    payload: Payload
    body: str  # the payload as canonical JSON

    @property
    def id(self) -> str:
        """The id of the event."""
        return self.envelope.id

    @property
    def time(self) -> datetime | None:
        """The `time` of the event."""
        return self.envelope.time

    def named(self, identity: UUID) -> "SenderEvent":
        """The same event with another id."""
        return replace(self, envelope=replace(self.envelope, id=str(identity)))


def make_event(
    sender: Sender, region: str, payload: Payload, system: str, time: datetime | None = None
) -> SenderEvent:
    """An event of one system of a sender, for a region or NATIONAL.

    Its id follows from source, region, type, time and content, so that a file that is imported twice changes nothing.
    """
    source = to_source(sender, system)
    event = to_event("", source, time, region, payload)
    when = "" if time is None else time.isoformat()
    # "said" is part of every id that was ever given: another word would make known events new.
    identity = derived_id("said", source, region, event.envelope.type, when, event.digest.hex())
    envelope = replace(event.envelope, id=str(identity))
    return SenderEvent(sender, envelope, payload, event.body)


def to_record(event: SenderEvent) -> Outgoing:
    """A structured CloudEvent on the topic of its sender, keyed by region so that a region keeps its order."""
    value, headers = encode(event.envelope, event.body)
    return Outgoing(TOPICS[event.sender], event.envelope.region.encode(), value, headers)


async def send(sink: Sink, events: Sequence[SenderEvent]) -> None:
    """Publish events in order; the next batch leaves when the one before is acknowledged."""
    for start in range(0, len(events), BATCH):
        await sink.send_all([to_record(event) for event in events[start : start + BATCH]])


def entity_id(kind: str, region: str, key: str) -> UUID:
    """The identifier behind a key of a CSV file: the key itself when it is a UUID, else derived from it.

    A campaign belongs to the whole country, everything else to its region, so that two regions may use the same
    key. Spellings of one key are the same (`to_plain_key`).
    """
    return id_of_word(kind, region, to_plain_key(kind, key))


def former_ids(kind: str, region: str, key: str) -> frozenset[UUID]:
    """The identifiers that version 0.1.0, to which other spellings were other keys, may have given to the same thing."""
    plain = to_plain_key(kind, key)
    words = {key.strip().casefold(), unicodedata.normalize("NFD", key.strip()).casefold()}
    if kind == "organisation" and re.fullmatch(r"0[0-9]{7}", plain, re.ASCII):
        words.add(plain[1:])
    return frozenset(id_of_word(kind, region, word) for word in words - {plain})


def id_of_word(kind: str, region: str, word: str) -> UUID:
    """The identifier behind one spelling of a key."""
    try:
        return UUID(word)
    except ValueError:
        scope = NATIONAL if kind == "campaign" else region
        return derived_id("entity", kind, scope, word)


def to_plain_key(kind: str, key: str) -> str:
    """One spelling of a key: what looks the same on the screen of its sender is the same.

    Case, composed or separate accents (NFC), blanks outside and doubled, and which dash it is do not count; an
    organisation known by its AGB code gets back the leading zero that a spreadsheet drops.
    """
    word = unicodedata.normalize("NFC", " ".join(key.replace("\u200b", "").split())).casefold()
    word = unicodedata.normalize("NFC", word).translate(DASHES)
    if kind == "organisation" and re.fullmatch(r"[0-9]{7}", word, re.ASCII):
        return word.zfill(8)
    return word
