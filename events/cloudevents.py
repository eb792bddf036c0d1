"""Reads CloudEvents 1.0 from Kafka records: context attributes and payload, in either content mode.

Follows the Kafka binding and the JSON format; where they leave room, reads as tolerantly as is safe.
"""

import base64
import binascii
from functools import lru_cache
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
)
from pydantic_core import from_json

from events.envelope import ACTOR, ACTOR_ORG, Head, Record
from events.errors import Refusal, RejectedEvent
from events.event_names import EventId, EventSource
from events.identifiers import EventWord, Moment
from events.type_names import to_stored

# Four times what CloudEvents asks everybody to pass on (64 kB); an event is a fact, not a document.
MAX_BYTES = 262_144
STRUCTURED = "application/cloudevents+json"
OF_CLOUDEVENTS = "application/cloudevents"
CONTENT_TYPE = f"{STRUCTURED}; charset=UTF-8"
CONTEXT = (
    "specversion",
    "id",
    "source",
    "type",
    "time",
    "partitionkey",
    ACTOR,
    ACTOR_ORG,
)
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})
StoredName = Annotated[EventWord, AfterValidator(to_stored)]  # said under either name of the type
Data = bytes | dict[str, JsonValue]  # JSON as bytes, or as it was read with the whole event


class Attributes(BaseModel):
    """The context attributes that we read; others and extensions are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Annotated[str, Field(pattern=r"^1\.0$")]
    id: EventId
    source: EventSource
    type: StoredName
    time: Moment | None = None
    partitionkey: EventWord | None = None
    actor: JsonValue = None  # as received: who acted is read apart (`events.actors`)
    actororg: JsonValue = None


def read(record: Record) -> tuple[Attributes, Data]:
    """Read attributes and payload of a record; RejectedEvent names what is missing or malformed.

    A record with neither content type nor `ce_` headers is read as a structured event.
    """
    value = record.value
    if isinstance(value, Head):
        raise RejectedEvent(value.cut.reason, (value.cut.field,))
    if value is None:
        raise RejectedEvent(Refusal.NOT_AN_EVENT, ("value",))  # a tombstone carries no event
    if len(value) > MAX_BYTES:
        raise RejectedEvent(Refusal.TOO_LARGE, ("value",))
    kind, charset = parse_media_type(find_content_type(record))
    if charset not in CHARSETS:
        raise RejectedEvent(Refusal.NOT_AN_EVENT, ("content-type",))
    if kind == STRUCTURED:
        return read_structured(value)
    if kind.startswith(OF_CLOUDEVENTS):  # a batch, or a format that is not JSON
        raise RejectedEvent(Refusal.NOT_AN_EVENT, ("content-type",))
    if any(name.startswith("ce_") for name in record.headers):
        return read_binary(record, kind, value)
    return read_structured(value)


def read_structured(value: bytes) -> tuple[Attributes, Data]:
    """Read structured mode: the value is the whole event in JSON."""
    try:
        whole = from_json(value, allow_inf_nan=False)
    except ValueError:
        raise RejectedEvent(Refusal.NOT_AN_EVENT, ("value",)) from None
    if not isinstance(whole, dict):
        raise RejectedEvent(Refusal.NOT_AN_EVENT, ("value",))
    attributes = check_attributes(whole)
    kind = whole.get("datacontenttype")
    if kind is not None and not (isinstance(kind, str) and is_json(parse_media_type(kind)[0])):
        raise RejectedEvent(Refusal.NOT_AN_EVENT, ("datacontenttype",))
    return attributes, read_data(whole)


def read_data(whole: dict[str, JsonValue]) -> Data:
    """The payload of a structured event: an object, or base64 of JSON from senders that only handle bytes."""
    if "data_base64" in whole:
        coded = whole["data_base64"]
        if "data" in whole or not isinstance(coded, str):
            raise RejectedEvent(Refusal.NOT_AN_EVENT, ("data_base64",))
        try:
            return base64.b64decode(coded, validate=True)
        except (ValueError, binascii.Error):
            raise RejectedEvent(Refusal.NOT_AN_EVENT, ("data_base64",)) from None
    data = whole.get("data")
    if not isinstance(data, dict):
        raise RejectedEvent(Refusal.NOT_AN_EVENT, ("data",))
    return data


def read_binary(record: Record, kind: str, value: bytes) -> tuple[Attributes, Data]:
    """Read binary mode: attributes in `ce_` headers, payload in the value."""
    if not is_json(kind):
        raise RejectedEvent(Refusal.NOT_AN_EVENT, ("datacontenttype",))
    found: dict[str, JsonValue] = {}
    unreadable = []
    for name in CONTEXT:
        if (raw := record.headers.get(f"ce_{name}")) is not None:
            try:
                found[name] = raw.decode()
            except UnicodeDecodeError:
                unreadable.append(name)
    if unreadable:
        raise RejectedEvent(Refusal.NOT_AN_EVENT, tuple(sorted(unreadable)))
    return check_attributes(found), value


def check_attributes(found: dict[str, JsonValue]) -> Attributes:
    """Validate attributes; RejectedEvent names those that are missing or malformed."""
    try:
        return Attributes.model_validate(found)
    except ValidationError as error:
        lines = error.errors(include_input=False, include_url=False, include_context=False)
        names = {str(line["loc"][0]) for line in lines}
        raise RejectedEvent(Refusal.NOT_AN_EVENT, tuple(sorted(names))) from None


def find_content_type(record: Record) -> str:
    """The content type of a record, empty when it has none; the header name is matched in any case."""
    raw = record.headers.get("content-type")
    if raw is None:
        raw = next(
            (value for name, value in record.headers.items() if name.lower() == "content-type"), b""
        )
    return raw.decode("latin-1")


@lru_cache(maxsize=256)
def parse_media_type(text: str) -> tuple[str, str]:
    """Media type and charset in lower case; without a charset JSON is UTF-8 (RFC 8259)."""
    kind, _, parameters = text.partition(";")
    charset = "utf-8"
    for parameter in parameters.split(";") if parameters else ():
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return kind.strip().lower(), charset


def is_json(kind: str) -> bool:
    """Whether this media type is JSON; an absent one counts as JSON."""
    return kind in ("", "application/json", "text/json") or kind.endswith("+json")
