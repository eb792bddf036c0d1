"""Bytes to events and back: CloudEvents in binary and structured mode, without I/O.

Everything that is wrong with an event becomes a `RejectedEvent` that names fields and never values.
"""

import hashlib
import json
from datetime import datetime
from typing import Annotated

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
)
from pydantic_core import from_json, to_json

from events.catalogue import CATALOGUE, TYPE_OF, Entry, RegionFrom
from events.envelope import Envelope, Event, Record, System
from events.errors import Refusal, RejectedEvent
from events.identifiers import NATIONAL, Moment, Payload

MAX_BYTES = 262_144
CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
CONTEXT = (
    "specversion",
    "id",
    "source",
    "type",
    "time",
    "subject",
    "partitionkey",
    "datacontenttype",
    "dataschema",
)
Word = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]


class Attributes(BaseModel):
    """The context attributes of a CloudEvent that we read."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Annotated[str, Field(pattern=r"^1\.0$")]
    id: Word
    source: Word
    type: Word
    time: Moment | None = None
    partitionkey: Word | None = None


def decode(record: Record) -> Event:
    """A typed event; RejectedEvent with a reason that the sender can act on.

    Order of the checks: readable, a CloudEvent, a known type, a type and source that this system may
    send, a payload that fits, a region that it may speak for.
    """
    attributes, data = read_envelope(record)
    entry = CATALOGUE.get(attributes.type)
    if entry is None:
        raise RejectedEvent(Refusal.UNKNOWN_TYPE, ("type",))
    check_sender(entry, attributes, record.system)
    try:
        payload = entry.payload.model_validate_json(data)
    except ValidationError as error:
        raise RejectedEvent(Refusal.INVALID_PAYLOAD, fields_at_fault(error)) from None
    region = region_of(entry, attributes, record.system)
    return to_event(attributes.id, attributes.source, attributes.time, region, payload)


def to_event(
    event_id: str, source: str, time: datetime | None, region: str, payload: Payload
) -> Event:
    """An event of our own making, or one that was read: canonical body and digest are computed here."""
    kind = TYPE_OF[type(payload)]
    body = canonical(payload)
    digest = hashlib.sha256(f"{kind}\n{body}".encode()).digest()
    return Event(Envelope(event_id, source, kind, time, region), payload, body, digest)


def canonical(payload: Payload) -> str:
    """The payload as JSON with sorted keys and sorted sets, equal for equal payloads."""
    plain = payload.model_dump(mode="json")
    for name, value in payload:
        if isinstance(value, frozenset):
            plain[name] = sorted(plain[name])
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def encode(envelope: Envelope, body: str) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Value and headers of a record for other systems: structured mode, with the main attributes repeated."""
    attributes: dict[str, JsonValue] = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "datacontenttype": "application/json",
        "partitionkey": envelope.region,
    }
    if envelope.time is not None:
        attributes["time"] = envelope.time.isoformat()
    head = to_json(attributes)
    value = head[:-1] + b',"data":' + body.encode() + b"}"
    headers = [
        ("content-type", CONTENT_TYPE.encode()),
        ("ce_id", envelope.id.encode()),
        ("ce_type", envelope.type.encode()),
        ("ce_source", envelope.source.encode()),
    ]
    return value, headers


def read_envelope(record: Record) -> tuple[Attributes, bytes]:
    """Context attributes and the JSON bytes of the payload, from either content mode."""
    value = record.value or b""
    if len(value) > MAX_BYTES:
        raise RejectedEvent(Refusal.TOO_LARGE)
    content_type = record.headers.get("content-type", b"").decode("latin-1")
    if content_type.startswith("application/cloudevents+json") or "ce_type" not in record.headers:
        return read_structured(value)
    return read_binary(record, value)


def read_structured(value: bytes) -> tuple[Attributes, bytes]:
    """A whole CloudEvent in JSON."""
    try:
        whole = from_json(value, allow_inf_nan=False)
    except ValueError:
        raise RejectedEvent(Refusal.NOT_AN_EVENT) from None
    if not isinstance(whole, dict):
        raise RejectedEvent(Refusal.NOT_AN_EVENT)
    data = whole.get("data")
    if not isinstance(data, dict):
        raise RejectedEvent(Refusal.NOT_AN_EVENT, ("data",))
    return attributes_from({name: whole.get(name) for name in CONTEXT if name in whole}), to_json(
        data
    )


def read_binary(record: Record, value: bytes) -> tuple[Attributes, bytes]:
    """Attributes in `ce_` headers, the payload in the value."""
    try:
        found = {
            name: record.headers[f"ce_{name}"].decode()
            for name in CONTEXT
            if f"ce_{name}" in record.headers
        }
    except UnicodeDecodeError:
        raise RejectedEvent(Refusal.NOT_AN_EVENT, ("headers",)) from None
    return attributes_from(found), value


def attributes_from(found: object) -> Attributes:
    """Checked attributes, or the names of those that are missing or malformed."""
    try:
        return Attributes.model_validate(found)
    except ValidationError as error:
        raise RejectedEvent(Refusal.NOT_AN_EVENT, fields_at_fault(error)) from None


def check_sender(entry: Entry, attributes: Attributes, system: System) -> None:
    """The topic decides who speaks: its type and its source must be allowed there."""
    if system.sender not in entry.senders:
        raise RejectedEvent(Refusal.TYPE_NOT_ALLOWED, ("type",))
    if not any(attributes.source.startswith(prefix) for prefix in system.sources):
        raise RejectedEvent(Refusal.SOURCE_NOT_ALLOWED, ("source",))


def region_of(entry: Entry, attributes: Attributes, system: System) -> str:
    """The region that the sender speaks for; `NATIONAL` for facts of the whole country."""
    if entry.region_from is RegionFrom.NATIONAL:
        wanted: str | None = NATIONAL
    else:
        own = [region for region in system.regions if region != NATIONAL]
        wanted = attributes.partitionkey or (own[0] if len(own) == 1 else None)
    if wanted is None or (wanted == NATIONAL and entry.region_from is not RegionFrom.NATIONAL):
        raise RejectedEvent(Refusal.UNKNOWN_REGION, ("partitionkey",))
    if wanted not in system.regions:
        raise RejectedEvent(Refusal.REGION_NOT_ALLOWED, ("partitionkey",))
    return wanted


def fields_at_fault(error: ValidationError) -> tuple[str, ...]:
    """Paths of the fields that pydantic refused, sorted; never their values.

    A key of a mapping is chosen by the sender, so anything but our own field names is shown as `*`.
    """
    paths = {
        ".".join(shown(part) for part in line["loc"]) or "data"
        for line in error.errors(include_input=False)
    }
    return tuple(sorted(paths))


def shown(part: str | int) -> str:
    """One step of a path: a number, one of our own names, or `*`."""
    if isinstance(part, int):
        return str(part)
    return part if part in KNOWN_NAMES else "*"


def names_in(payload: type[BaseModel]) -> set[str]:
    """Field names of a payload and of the payloads within it."""
    names: set[str] = set()
    for schema in (
        payload.model_json_schema(),
        *payload.model_json_schema().get("$defs", {}).values(),
    ):
        names |= set(schema.get("properties", {}))
    return names


KNOWN_NAMES = frozenset().union(
    *(names_in(entry.payload) for entry in CATALOGUE.values())
) | frozenset(CONTEXT)


def read_ledger(kind: str, body: str) -> Payload:
    """The payload of an event that the ledger keeps; never refused, we wrote it."""
    return CATALOGUE[kind].payload.model_validate_json(body)
