"""The envelope of an event (CloudEvents 1.0), the record that carries it and the system that sent it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from events.errors import Refusal
from events.identifiers import Payload

# The topic of whoever speaks over HTTPS, on a page or through the API: a session says who acts, never the event.
HTTPS: Final = "https"
OWN: Final = "system"  # the topic of our own processes, which is no topic of Kafka
ACTOR, ACTOR_ORG = "actor", "actororg"


class Sender(StrEnum):
    """The kind of party that speaks on a topic."""

    PRACTICE = "practice"
    INSTITUTION = "institution"
    HAP = "hap"
    GGD = "ggd"
    TEAM = "team"
    OPERATOR = "operator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class System:
    """A connected system: its topic, its kind, and the sources and regions it may speak for."""

    topic: str
    sender: Sender
    sources: tuple[str, ...]  # prefixes
    regions: frozenset[str]  # may hold NATIONAL
    # Other spellings of sources, of all systems; rights are those of the source that is meant.
    aliases: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Cut:
    """Why a record is not here whole, and what is known of its value as it came; None: nobody read it to its end."""

    reason: Refusal
    field: str
    length: int | None = None  # bytes
    digest: bytes | None = None  # SHA-256


class Head(bytes):
    """The first bytes of a value that is not kept whole; `cut` says why."""

    cut: Cut

    def __new__(cls, value: bytes, cut: Cut) -> Self:
        """The first bytes, which may be none."""
        made = super().__new__(cls, value)
        made.cut = cut
        return made


@dataclass(frozen=True, slots=True)
class Record:
    """An event as received: bytes, headers and key, and the system whose topic or session delivered it."""

    system: System
    value: bytes | None
    headers: Mapping[str, bytes] = field(default_factory=dict)
    key: bytes | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """The context attributes that we keep: sender, id, type, time and region, and who acted for whom.

    `actor` is a pseudonymous subject, no name; None: no person made this, or the system did not say.
    """

    id: str
    source: str
    type: str
    time: datetime | None
    region: str
    actor: str | None = None
    actororg: UUID | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A valid event: envelope, typed payload, and the digest that tells a resend from a reused id."""

    envelope: Envelope
    payload: Payload
    body: str  # the payload as canonical JSON, what the ledger keeps
    digest: bytes
