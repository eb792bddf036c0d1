"""Decodes CloudEvents (binary and structured mode) to typed events and encodes them again; no I/O.

Whatever is wrong with an event becomes a `RejectedEvent`, which names fields and never values.
"""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from pydantic import JsonValue, ValidationError
from pydantic_core import from_json, to_json

from events.actors import read_actor
from events.at_fault import list_faulty_fields_in, list_paths
from events.canonical import to_canonical
from events.catalogue import CATALOGUE, TYPE_OF, Entry, RegionFrom
from events.cloudevents import CONTENT_TYPE, Attributes, Data, read
from events.corrections import Correction
from events.details import LOST, find_lost
from events.envelope import ACTOR, ACTOR_ORG, Envelope, Event, Record, Sender, System
from events.errors import Refusal, RejectedEvent
from events.identifiers import NATIONAL, Payload
from events.organisations import DecisionRecorded
from events.sources import may_speak_as, may_speak_for
from events.type_names import TypeNames, to_outward
from events.upcasting import to_newest, to_written

P = TypeVar("P", bound=Payload)


def decode(record: Record) -> Event:
    """Decode a record into a typed event; RejectedEvent with a reason that the sender can act on.

    An alias of a source is read as that source: the same id under either is the same event (decision 0015).
    Order of the checks: readable, a CloudEvent, a known type, a type and source that this system may
    send, a payload that fits, a practice and a region that it may speak for.
    """
    attributes, data = read(record)
    entry = CATALOGUE.get(attributes.type)
    if entry is None:
        raise RejectedEvent(Refusal.UNKNOWN_TYPE, ("type",))
    source = record.system.aliases.get(attributes.source, attributes.source)
    check_sender(entry, source, record.system)
    said = read_payload(entry.payload, data)
    check_speaker(said, source, record.system)
    if isinstance(said, Correction):
        meant = record.system.aliases.get(said.of_source, said.of_source)
        said = said.model_copy(update={"of_source": meant})
    if record.system.sender is Sender.PRACTICE:
        check_practice(said, record.system)
    region = find_region(entry, attributes, record.system)
    event = build_event(attributes.id, source, attributes.time, region, said)
    check_texts(event.body)
    actor, organisation = read_actor(record, attributes)
    if actor is None and organisation is None:
        return event
    envelope = replace(event.envelope, actor=actor, actororg=organisation)
    return replace(event, envelope=envelope)


def read_payload(kind: type[P], data: Data) -> P:
    """Validate a payload; RejectedEvent with the names of the fields at fault."""
    try:
        if isinstance(data, bytes):
            return kind.model_validate_json(data)
        return kind.model_validate(data)
    except ValidationError as error:
        fields = list_faulty_fields_in(kind, data, error)
        raise RejectedEvent(Refusal.INVALID_PAYLOAD, fields) from None


def to_event(
    event_id: str, source: str, time: datetime | None, region: str, payload: Payload
) -> Event:
    """An event that the system makes itself, in the version that this release writes."""
    return build_event(event_id, source, time, region, to_written(payload))


def build_event(
    event_id: str, source: str, time: datetime | None, region: str, said: Payload
) -> Event:
    """An event whose type, body and digest are those of the version sent, and whose payload is the newest version."""
    kind = TYPE_OF[type(said)]
    body = to_canonical(said)
    digest = hashlib.sha256(f"{kind}\n{body}".encode()).digest()
    return Event(Envelope(event_id, source, kind, time, region), to_newest(said), body, digest)


def encode(
    envelope: Envelope, body: str, names: TypeNames = TypeNames.SHORT
) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Value and headers of a record for other systems: structured mode, with the main attributes repeated.

    `names`: under which of its two names the type leaves.
    """
    kind = to_outward(envelope.type, names)
    attributes: dict[str, JsonValue] = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": kind,
        "datacontenttype": "application/json",
        "partitionkey": envelope.region,
    }
    if envelope.time is not None:
        attributes["time"] = envelope.time.isoformat()
    if envelope.actor is not None:
        attributes[ACTOR] = envelope.actor
    if envelope.actororg is not None:
        attributes[ACTOR_ORG] = str(envelope.actororg)
    head = to_json(attributes)
    value = head[:-1] + b',"data":' + body.encode() + b"}"
    headers = [
        ("content-type", CONTENT_TYPE.encode()),
        ("ce_id", envelope.id.encode()),
        ("ce_type", kind.encode()),
        ("ce_source", envelope.source.encode()),
    ]
    return value, headers


def check_sender(entry: Entry, source: str, system: System) -> None:
    """RejectedEvent when this system may not send the type or use the source. The topic, not the event, says who the system is."""
    if system.sender not in entry.senders:
        raise RejectedEvent(Refusal.TYPE_NOT_ALLOWED, ("type",))
    if not may_speak_as(source, system.sources):
        raise RejectedEvent(Refusal.SOURCE_NOT_ALLOWED, ("source",))


def check_texts(body: str) -> None:
    """RejectedEvent when a text lost letters on its way to us: nobody can mend it here, and pages would show it for years."""
    if LOST in body:
        raise RejectedEvent(Refusal.INVALID_PAYLOAD, list_paths(find_lost(from_json(body))))


def check_practice(said: Payload, system: System) -> None:
    """RejectedEvent when a practice corrects what another said, or decides about something else than a patient's series."""
    if isinstance(said, Correction) and not may_speak_as(said.of_source, system.sources):
        raise RejectedEvent(Refusal.SOURCE_NOT_ALLOWED, ("of_source",))
    if isinstance(said, DecisionRecorded):
        needed = {"person_id": said.person_id, "practice_id": said.practice_id}
        if missing := tuple(name for name, value in needed.items() if value is None):
            raise RejectedEvent(Refusal.INVALID_PAYLOAD, missing)


def check_speaker(said: Payload, source: str, system: System) -> None:
    """RejectedEvent when a practice's fact names a practice that its source may not speak for."""
    practice = getattr(said, "practice_id", None) if system.sender is Sender.PRACTICE else None
    if practice is not None and not may_speak_for(practice, source, system.sources):
        raise RejectedEvent(Refusal.SOURCE_NOT_ALLOWED, ("practice_id",))


def find_region(entry: Entry, attributes: Attributes, system: System) -> str:
    """The region that the event is for; `NATIONAL` for facts of the whole country."""
    if entry.region_from is RegionFrom.NATIONAL:
        wanted: str | None = NATIONAL
    else:
        wanted = attributes.partitionkey or find_only_region(system)
    if wanted is None or (wanted == NATIONAL and entry.region_from is not RegionFrom.NATIONAL):
        raise RejectedEvent(Refusal.UNKNOWN_REGION, ("partitionkey",))
    if wanted not in system.regions:
        raise RejectedEvent(Refusal.REGION_NOT_ALLOWED, ("partitionkey",))
    return wanted


def find_only_region(system: System) -> str | None:
    """The one region that a system speaks for, beside the country; None when there are several."""
    own = [region for region in system.regions if region != NATIONAL]
    return own[0] if len(own) == 1 else None


def read_ledger(kind: str, body: str) -> Payload:
    """The payload of a ledger line, in the newest version of its type. Never rejected: it was validated on its way in."""
    return to_newest(CATALOGUE[kind].payload.model_validate_json(body))
