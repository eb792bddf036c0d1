"""What of a record goes on when it is too large: the beginning of its value, with its length and digest."""

import hashlib
from typing import Any, Final

from aiokafka.record.default_records import _DefaultRecordPy

from events.cloudevents import MAX_BYTES
from events.envelope import Cut, Head
from events.errors import Refusal

HEAD_BYTES: Final = 4_096  # enough to see what it was
MOST_KEY, MOST_HEADERS = 4_096, 65_536  # bytes; attributes of a CloudEvent are some hundred in all


def shorten(record: Any) -> Any:
    """The record; of one that is too large the beginning of its value, with its length and digest."""
    value, key, headers = record.value or b"", record.key or b"", record.headers
    if len(value) > MAX_BYTES:
        part = "value"
    elif len(key) > MOST_KEY:
        part = "key"
    elif sum(len(name) + len(said or b"") for name, said in headers) > MOST_HEADERS:
        part = "headers"
    else:
        return record
    cut = Cut(Refusal.TOO_LARGE, part, len(value), hashlib.sha256(value).digest())
    head = Head(value[:HEAD_BYTES], cut)
    kept = [] if part == "headers" else list(headers)
    return _DefaultRecordPy(
        record.offset, record.timestamp, record.timestamp_type, key[:MOST_KEY] or None, head, kept
    )
