import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.catalogue import ENTRIES, FORMER_ENTRIES, Entry, RegionFrom
from events.cloudevents import CONTEXT
from events.codec import build_event, decode
from events.envelope import Event, Record, System
from events.errors import Refusal, RejectedEvent
from events.identifiers import NATIONAL
from events.type_names import TypeNames
from services.intake.store import to_headers
from tests.builders import REGION, a_raw, a_record, system_of
from tests.events.anything import ANY_PAYLOAD, payloads
from tests.events.modes import (
    QUICK,
    THOROUGH,
    an_event,
    in_binary_mode,
    in_structured_mode,
    refusal_of,
    rewritten,
)
from tests.facts import NOW, a_patient

every_type = pytest.mark.parametrize(
    "entry", [*ENTRIES, *FORMER_ENTRIES], ids=lambda entry: entry.name
)
RESERVED = {*CONTEXT, "datacontenttype", "dataschema", "subject", "data", "data_base64"}
NAMES = st.from_regex(r"\A[a-z][a-z0-9]{0,19}\Z")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def in_this_version(entry: Entry, data: st.DataObject) -> tuple[Event, System]:
    """An event of exactly this version, by a system that may say it."""
    system = system_of(entry.senders)
    region = NATIONAL if entry.region_from is RegionFrom.NATIONAL else REGION
    payload = data.draw(payloads(entry.payload))
    return build_event("e-1", system.sources[0] + "x", NOW, region, payload), system


@every_type
@QUICK
@given(data=st.data())
def test_the_same_event_in_both_modes_is_the_same_event(entry: Entry, data):
    event, system = in_this_version(entry, data)

    structured = decode(in_structured_mode(event, system))
    binary = decode(in_binary_mode(event, system))

    assert structured == binary == event
    assert structured.envelope.type == entry.name


@every_type
@QUICK
@given(data=st.data())
def test_the_same_event_under_either_name_of_its_type_is_the_same_event(entry: Entry, data):
    event, system = in_this_version(entry, data)

    structured = decode(in_structured_mode(event, system, TypeNames.FULL))
    binary = decode(in_binary_mode(event, system, TypeNames.FULL))

    assert structured == binary == event
    assert structured.envelope.type == entry.name


@every_type
@QUICK
@given(
    data=st.data(),
    more=st.dictionaries(NAMES, JSON, max_size=4),
    inside=st.dictionaries(NAMES, JSON, max_size=4),
)
def test_whatever_a_later_version_adds_is_left_alone(entry: Entry, data, more, inside):  # fmt: skip
    event, system = in_this_version(entry, data)
    record = in_structured_mode(event, system)
    whole = json.loads(record.value or b"")
    added = {
        name: value for name, value in inside.items() if name not in entry.payload.model_fields
    }
    whole["data"] = added | whole["data"]
    whole |= {name: value for name, value in more.items() if name not in RESERVED}
    headers = {f"ce_{name}": b"x" for name in more if name not in RESERVED}
    binary = in_binary_mode(event, system)

    structured = decode(replace(record, value=json.dumps(whole).encode()))
    in_headers = decode(
        replace(
            binary,
            value=json.dumps(whole["data"]).encode(),
            headers={**binary.headers, **headers, "traceparent": b"\xff"},
        )
    )

    assert structured == in_headers == event


KINDS = st.sampled_from(
    [
        b"application/cloudevents+json",
        b"application/cloudevents+json; charset=utf-8",
        b"Application/CloudEvents+JSON;charset=UTF-8",
        b'application/cloudevents+json ; profile=x ; charset="utf-8"',
    ]
)


@QUICK
@given(payload=ANY_PAYLOAD, kind=KINDS, name=st.sampled_from(["content-type", "Content-Type"]))
def test_structured_mode_is_known_by_its_content_type_however_it_is_written(payload, kind, name):
    event = an_event(payload)
    record = in_structured_mode(event)

    back = decode(replace(record, headers={name: kind, "ce_id": b"another"}))

    assert back == event


@QUICK
@given(payload=ANY_PAYLOAD)
def test_a_whole_event_without_any_header_is_read(payload):
    event = an_event(payload)

    assert decode(replace(in_structured_mode(event), headers={})) == event


JSON_KINDS = [None, b"", b"application/json", b"Application/JSON; charset=UTF-8", b"text/json", b"application/fhir+json"]  # fmt: skip


@pytest.mark.parametrize("kind", JSON_KINDS)
def test_binary_mode_takes_json_by_any_of_its_names(kind):
    event = an_event(a_patient())
    record = in_binary_mode(event)
    headers = dict(record.headers) | ({} if kind is None else {"content-type": kind})
    if kind is None:
        del headers["content-type"]

    assert decode(replace(record, headers=headers)) == event


@pytest.mark.parametrize(
    "kind", [b"application/xml", b"text/plain; charset=utf-8", b"application/avro"]
)
def test_a_payload_that_says_it_is_no_json_is_refused_by_its_type(kind):  # fmt: skip
    binary = in_binary_mode(an_event(a_patient()))
    structured = rewritten(a_record(a_patient()), datacontenttype=kind.decode())

    in_header = refusal_of(replace(binary, headers={**binary.headers, "content-type": kind}))
    inside = refusal_of(structured)

    assert in_header.reason is inside.reason is Refusal.NOT_AN_EVENT
    assert in_header.fields == inside.fields == ("datacontenttype",)


UNREAD = [
    b"application/cloudevents-batch+json",
    b"application/cloudevents-batch+json; charset=utf-8",
    b"application/cloudevents+avro",
    b"application/cloudevents+protobuf",
    b"application/cloudevents+json; charset=utf-16",
    b"application/json; charset=iso-8859-1",
]


@pytest.mark.parametrize("kind", UNREAD)
def test_a_batch_another_format_or_another_charset_is_refused_by_the_header(kind):
    record = a_record(a_patient())

    refused = refusal_of(replace(record, headers={**record.headers, "content-type": kind}))

    assert (refused.reason, refused.fields) == (Refusal.NOT_AN_EVENT, ("content-type",))


@pytest.mark.parametrize(
    "record",
    [a_raw(None), replace(in_binary_mode(an_event(a_patient())), value=None)],
    ids=["structured", "binary"],
)
def test_a_tombstone_is_refused_for_having_no_value(record):  # fmt: skip
    refused = refusal_of(record)

    assert (refused.reason, refused.fields) == (Refusal.NOT_AN_EVENT, ("value",))


def test_json_in_base64_is_read_as_json():
    record = a_record(a_patient())
    whole = json.loads(record.value or b"")
    coded = base64.b64encode(json.dumps(whole.pop("data")).encode()).decode()

    back = decode(replace(record, value=json.dumps(whole | {"data_base64": coded}).encode()))

    assert back.payload == a_patient()


BASE64: list[tuple[dict[str, Any], Refusal, str]] = [
    ({"data": {}, "data_base64": "e30="}, Refusal.NOT_AN_EVENT, "data_base64"),
    ({"data_base64": "not base64!"}, Refusal.NOT_AN_EVENT, "data_base64"),
    ({"data_base64": "é"}, Refusal.NOT_AN_EVENT, "data_base64"),
    ({"data_base64": 5}, Refusal.NOT_AN_EVENT, "data_base64"),
    ({"data_base64": base64.b64encode(b"\xff\xfe{").decode()}, Refusal.INVALID_PAYLOAD, "data"),
    ({"data": None}, Refusal.NOT_AN_EVENT, "data"),
    ({"data": "{}"}, Refusal.NOT_AN_EVENT, "data"),
    ({}, Refusal.NOT_AN_EVENT, "data"),
]


@pytest.mark.parametrize(("members", "reason", "name"), BASE64)
def test_data_that_can_not_be_read_is_refused_by_its_member(members, reason, name):
    record = a_record(a_patient())
    whole = json.loads(record.value or b"")
    del whole["data"]

    refused = refusal_of(replace(record, value=json.dumps(whole | members).encode()))

    assert (refused.reason, refused.fields) == (reason, (name,))


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type"])
def test_an_attribute_that_is_missing_is_named_in_both_modes(missing):
    binary = in_binary_mode(an_event(a_patient()))
    without = {name: value for name, value in binary.headers.items() if name != f"ce_{missing}"}
    record = a_record(a_patient())
    whole = json.loads(record.value or b"")
    del whole[missing]

    for one in (
        replace(binary, headers=without),
        replace(record, value=json.dumps(whole).encode()),
    ):
        refused = refusal_of(one)
        assert (refused.reason, refused.fields) == (Refusal.NOT_AN_EVENT, (missing,))


def test_another_version_of_cloudevents_is_refused_by_its_attribute():
    refused = refusal_of(rewritten(a_record(a_patient()), specversion="0.3"))

    assert refused.fields == ("specversion",)


def test_an_attribute_that_is_no_text_is_named():
    binary = in_binary_mode(an_event(a_patient()))
    headers = {**binary.headers, "ce_id": b"\xff", "ce_source": b"\xc3\x28"}

    assert refusal_of(replace(binary, headers=headers)).fields == ("id", "source")


def test_a_header_said_twice_with_different_values_is_refused_by_its_name():
    binary = in_binary_mode(an_event(a_patient()))
    pairs = [*binary.headers.items(), ("ce_id", b"another"), ("ce_type", binary.headers["ce_type"])]

    headers = to_headers(pairs)
    refused = refusal_of(replace(binary, headers=headers))

    assert (refused.reason, refused.fields) == (Refusal.NOT_AN_EVENT, ("id",))


def test_a_content_type_said_twice_with_different_values_is_refused():
    record = a_record(a_patient())

    headers = to_headers([*record.headers.items(), ("content-type", b"application/json")])

    assert refusal_of(replace(record, headers=headers)).reason is Refusal.NOT_AN_EVENT


@THOROUGH
@given(
    payload=ANY_PAYLOAD,
    headers=st.dictionaries(
        st.text(max_size=12) | st.sampled_from(["ce_type", "ce_time", "content-type"]),
        st.binary(max_size=30),
    ),
)
def test_any_headers_give_an_event_or_a_refusal_that_names_something(payload, headers):  # fmt: skip
    record = in_binary_mode(an_event(payload))

    try:
        back = decode(replace(record, headers={**record.headers, **headers}))
    except RejectedEvent as refused:
        fields = refused.fields
    else:
        fields = (back.envelope.type,)

    assert fields


def test_a_record_of_only_headers_that_are_not_ours_is_read_as_a_whole_event():
    record = a_record(a_patient())

    assert decode(Record(record.system, record.value, {"x": b"y"})).payload == a_patient()
