"""The CloudEvents SDK as a second reader and a second writer: what we send it reads, what it writes we read."""

import json

import pytest
from cloudevents.core.bindings import http, kafka
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given

from events.codec import decode, encode
from events.envelope import Event, Record
from events.type_names import TypeNames, to_full, to_outward
from tests.builders import system_for
from tests.events.anything import ANY_PAYLOAD
from tests.events.modes import THOROUGH, an_event
from tests.facts import a_patient

every_name = pytest.mark.parametrize("names", TypeNames)


def said_by_sdk(event: Event) -> CloudEvent:
    """The same event as a sender makes it with the SDK."""
    envelope = event.envelope
    return CloudEvent(
        attributes={
            "id": envelope.id,
            "source": envelope.source,
            "type": to_full(envelope.type),
            "time": envelope.time,
            "specversion": "1.0",
            "datacontenttype": "application/json",
            "partitionkey": envelope.region,
        },
        data=json.loads(event.body),
    )


def as_record(event: Event, message: kafka.KafkaMessage) -> Record:
    assert message.key == event.envelope.region
    return Record(system_for(event.payload), message.value, message.headers)


@every_name
@THOROUGH
@given(payload=ANY_PAYLOAD)
def test_what_we_send_is_read_by_the_sdk(names: TypeNames, payload):
    event = an_event(payload)
    value, headers = encode(event.envelope, event.body, names)

    read = kafka.from_structured_event(kafka.KafkaMessage(dict(headers), None, value))

    assert (read.get_id(), read.get_source()) == (event.envelope.id, event.envelope.source)
    assert read.get_type() == to_outward(event.envelope.type, names)
    assert read.get_time() == event.envelope.time
    assert read.get_extension("partitionkey") == event.envelope.region
    assert read.get_data() == json.loads(event.body)


@THOROUGH
@given(payload=ANY_PAYLOAD)
def test_what_the_sdk_writes_for_kafka_is_read_in_both_modes(payload):
    event = an_event(payload)
    said = said_by_sdk(event)

    binary = decode(as_record(event, kafka.to_binary_event(said)))
    structured = decode(as_record(event, kafka.to_structured_event(said)))

    assert binary == structured == event


def test_a_webhook_is_read_by_the_sdk_and_what_it_posts_is_read_by_us():
    event = an_event(a_patient())
    body, _ = encode(event.envelope, event.body)
    content = {"content-type": "application/cloudevents+json"}

    read = http.from_http_event(http.HTTPMessage(content, body))
    posted = http.to_structured_event(said_by_sdk(event))

    assert read.get_data() == json.loads(event.body)
    headers = {name.lower(): text.encode() for name, text in posted.headers.items()}
    assert decode(Record(system_for(event.payload), posted.body, headers)) == event
