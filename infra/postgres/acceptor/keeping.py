"""What the quarantine keeps of a record: bounded, whatever was sent, and in a form that Postgres can hold."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pydantic_core import from_json

from events.cloudevents import MAX_BYTES
from events.envelope import Head, Record
from events.event_names import is_id, is_source

BETWEEN: Final = "\x1f"  # separates names on their way into an array
HEAD_BYTES: Final = 4_096  # of a value that is not kept whole
MOST_KEY, MOST_HEADERS = 4_096, 65_536


@dataclass(frozen=True, slots=True)
class Part:
    """What is kept of a record: `raw` is its value, or when `cut` the beginning of it, with length and digest."""

    raw: bytes | None
    key: bytes | None
    headers: str  # JSON
    cut: bool = False
    length: int | None = None
    digest: bytes | None = None


def keep(record: Record) -> Part:
    """The whole record when it is of a size that could be accepted, else the beginning of it."""
    value, headers = record.value, headers_of(record)
    key = None if record.key is None else record.key[:MOST_KEY]
    if isinstance(value, Head):
        cut = value.cut
        return Part(
            bytes(value), key, bounded(headers), cut=True, length=cut.length, digest=cut.digest
        )
    if fits(record, headers):
        return Part(value, key, headers)
    whole = value or b""
    digest = hashlib.sha256(whole).digest()
    return Part(
        whole[:HEAD_BYTES], key, bounded(headers), cut=True, length=len(whole), digest=digest
    )


def fits(record: Record, headers: str) -> bool:
    """Whether a record is small enough to be kept as it came."""
    return (
        len(record.value or b"") <= MAX_BYTES
        and len(record.key or b"") <= MOST_KEY
        and len(headers) <= MOST_HEADERS
    )


def bounded(headers: str) -> str:
    """These headers, or none when they are too many."""
    return headers if len(headers) <= MOST_HEADERS else "{}"


def empty(part: Part) -> Part:
    """The same without what takes room: how long the value was, and its digest."""
    if part.cut:
        return replace(part, raw=None, key=None, headers="{}")
    value = part.raw or b""
    digest = hashlib.sha256(value).digest()
    return Part(None, None, "{}", cut=True, length=len(value), digest=digest)


def name_event(record: Record) -> tuple[str | None, str | None]:
    """Source and id as the sender gave them: that is how it finds its event again. None for what may name a person."""
    said: object = None
    if "ce_id" in record.headers:
        said = {name: printable(record.headers.get(f"ce_{name}", b"")) for name in ("source", "id")}
    elif record.value and not isinstance(record.value, Head) and len(record.value) <= MAX_BYTES:
        try:
            said = from_json(record.value)
        except ValueError:
            said = None
    if not isinstance(said, dict):
        return None, None
    source, name = said.get("source"), said.get("id")
    return (
        source if isinstance(source, str) and is_source(source) else None,
        name if isinstance(name, str) and is_id(name) else None,
    )


def topic_of(record: Record) -> str:
    """The topic, or the way in which it came."""
    return record.topic or record.system.topic


def headers_of(record: Record) -> str:
    """The headers as JSON."""
    return json.dumps(
        {printable(name): printable(value) for name, value in record.headers.items()},
        sort_keys=True,  # jsonb keeps another order, and the digest must be the same again
    )


def joined(names: Sequence[str]) -> str:
    """Names on their way into an array; none is the empty text."""
    return BETWEEN.join(printable(name).replace(BETWEEN, "?") for name in names)


def digest_of(record: Record) -> bytes | None:
    """What makes a record without an offset the same; None for one that has an offset."""
    if record.offset is not None:
        return None
    said = hashlib.sha256()
    for part in (record.system.topic.encode(), *map(str.encode, record.system.sources)):
        said.update(len(part).to_bytes(4) + part)
    said.update(repr(record.key).encode() + headers_of(record).encode())
    said.update(b"-" if record.value is None else b"+" + record.value)
    return said.digest()


def printable(text: str | bytes) -> str:
    """A header or a name as text that Postgres can keep: without NUL and half characters."""
    text = text.decode("latin-1") if isinstance(text, bytes) else text
    return text.encode("utf-8", "replace").decode().replace("\0", "?")
