"""The same event as a record in either content mode of CloudEvents, and how thorough a property is tried."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck

from events.catalogue import CATALOGUE, TYPE_OF, RegionFrom
from events.codec import decode, encode, to_event
from events.envelope import Event, Record, System
from events.errors import RejectedEvent
from events.identifiers import NATIONAL, Payload
from events.type_names import TypeNames, to_outward
from tests.builders import REGION, system_for
from tests.effort import examples

QUICK = examples(short=8, long=15, suppress_health_check=list(HealthCheck))
THOROUGH = examples(short=60, long=200, suppress_health_check=list(HealthCheck))


def an_event(payload: Payload) -> Event:
    """An event of this payload by whoever may say it."""
    entry = CATALOGUE[TYPE_OF[type(payload)]]
    region = NATIONAL if entry.region_from is RegionFrom.NATIONAL else REGION
    system = system_for(payload)
    at = datetime(2021, 2, 15, 8, 30, tzinfo=UTC)
    return to_event("e-1", system.sources[0] + "x", at, region, payload)


def in_structured_mode(
    event: Event, system: System | None = None, names: TypeNames = TypeNames.SHORT
) -> Record:
    """The whole event in the value."""
    value, headers = encode(event.envelope, event.body, names)
    return Record(system or system_for(event.payload), value, dict(headers))


def in_binary_mode(
    event: Event, system: System | None = None, names: TypeNames = TypeNames.SHORT
) -> Record:
    """Attributes in the headers, the payload in the value."""
    said = event.envelope
    headers = {
        "ce_specversion": b"1.0",
        "ce_id": said.id.encode(),
        "ce_source": said.source.encode(),
        "ce_type": to_outward(said.type, names).encode(),
        "ce_partitionkey": said.region.encode(),
        "content-type": b"application/json",
    }
    if said.time is not None:
        headers["ce_time"] = said.time.isoformat().encode()
    return Record(system or system_for(event.payload), event.body.encode(), headers)


def refusal_of(record: Record) -> RejectedEvent:
    """Why this record is refused."""
    with pytest.raises(RejectedEvent) as refused:
        decode(record)
    return refused.value


def rewritten(record: Record, **attributes: object) -> Record:
    """A structured record with other members; headers are left as they are."""
    whole = json.loads(record.value or b"") | attributes
    return Record(record.system, json.dumps(whole).encode(), record.headers)
