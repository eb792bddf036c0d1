"""One thing that a sender says, and the Kafka record that carries it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from events.codec import encode, to_event
from events.envelope import Envelope, Sender
from events.identifiers import NATIONAL, Payload, to_source
from infra.identity import derived_id
from infra.kafka.producer import Outgoing

TOPICS: dict[Sender, str] = {
    Sender.PRACTICE: "in.practice.his.v1",
    Sender.HAP: "in.hap.core.v1",
    Sender.GGD: "in.ggd.core.v1",
    Sender.TEAM: "in.team.app.v1",
    Sender.OPERATOR: "in.operator.core.v1",
    Sender.INSTITUTION: "in.institution.portal.v1",
}

BATCH = 500  # records on the way at once


class Sink(Protocol):
    """Where records go; a Kafka producer, or a list in a test."""

    async def send_all(self, records: Sequence[Outgoing]) -> None:
        """Send in order and return when all are safe; raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """An event that is about to be sent, and who says it."""

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
        """When it was said."""
        return self.envelope.time

    def named(self, identity: UUID) -> "Said":
        """The same with another id."""
        return replace(self, envelope=replace(self.envelope, id=str(identity)))


def say(
    sender: Sender, region: str, payload: Payload, system: str, time: datetime | None = None
) -> Said:
    """What one system says, for a region or NATIONAL; its id follows from who says what and when, so saying it again is a duplicate."""
    source = to_source(sender, system)
    event = to_event("", source, time, region, payload)
    when = "" if time is None else time.isoformat()
    identity = derived_id("said", source, region, event.envelope.type, when, event.digest.hex())
    envelope = replace(event.envelope, id=str(identity))
    return Said(sender, envelope, payload, event.body)


def to_record(said: Said) -> Outgoing:
    """A structured CloudEvent on the topic of its sender, keyed by region."""
    value, headers = encode(said.envelope, said.body)
    return Outgoing(TOPICS[said.sender], said.envelope.region.encode(), value, headers)


async def send(sink: Sink, said: Sequence[Said]) -> None:
    """Send events in order, some hundreds at a time."""
    for start in range(0, len(said), BATCH):
        await sink.send_all([to_record(one) for one in said[start : start + BATCH]])


def entity_id(kind: str, region: str, key: str) -> UUID:
    """The identifier behind a key of a file: the key itself when it is a UUID, else derived from it.

    Campaigns belong to the whole country; everything else to its region. Case does not matter.
    """
    word = key.strip().casefold()
    try:
        return UUID(word)
    except ValueError:
        scope = NATIONAL if kind == "campaign" else region
        return derived_id("entity", kind, scope, word)
