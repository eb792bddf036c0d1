import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.catalogue import CATALOGUE, ENTRIES, Entry
from events.cloudevents import MAX_BYTES
from events.codec import decode, encode, read_ledger, to_canonical
from events.envelope import Event, Record, Sender, System
from events.errors import Refusal, RejectedEvent
from events.identifiers import NATIONAL
from events.location import LocationRegistered
from events.visits import VisitStarted
from tests.builders import REGION, a_raw, a_record, changed, system_for, systems
from tests.events.anything import ANY_PAYLOAD, payloads
from tests.events.modes import QUICK, THOROUGH, an_event, in_binary_mode, refusal_of
from tests.facts import a_campaign, a_location, a_patient, a_product, uid


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
@QUICK
@given(data=st.data())
def test_every_payload_comes_back_equal_from_structured_mode(entry: Entry, data):
    event = an_event(data.draw(payloads(entry.payload)))

    value, headers = encode(event.envelope, event.body)
    back = decode(Record(system_for(event.payload), value, dict(headers)))

    assert back == event


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
@QUICK
@given(data=st.data())
def test_every_payload_comes_back_equal_from_binary_mode(entry: Entry, data):
    event = an_event(data.draw(payloads(entry.payload)))

    back = decode(in_binary_mode(event))

    assert back == event


@QUICK
@given(payload=ANY_PAYLOAD)
def test_what_the_ledger_keeps_reads_back_equal(payload):
    event = an_event(payload)

    back = read_ledger(event.envelope.type, json.dumps(json.loads(event.body)))

    assert back == payload
    assert an_event(back).body == event.body


@QUICK
@given(payload=ANY_PAYLOAD)
def test_a_field_that_we_do_not_know_is_dropped(payload):
    record = a_record(payload, "e")
    whole = json.loads(record.value or b"")
    whole["data"] |= {"colour_of_door": "blue", "bsn": "999990019"}

    back = decode(replace(record, value=json.dumps(whole).encode()))

    assert back.payload == payload
    assert "blue" not in back.body
    assert "999990019" not in back.body


@THOROUGH
@given(
    value=st.binary(max_size=200) | st.none(),
    headers=st.dictionaries(
        st.sampled_from(["ce_type", "ce_id", "ce_source", "ce_specversion", "content-type", "x"]),
        st.binary(max_size=40) | st.just(b"patient.registered.v1"),
    ),
)
def test_random_bytes_raise_nothing_but_a_refusal(value, headers):
    with pytest.raises(RejectedEvent):
        decode(Record(systems()[Sender.PRACTICE], value, headers))


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
    st.sampled_from([10**400, -1, "08:00Z", "9999-12-31", "0001-01-01T00:00:00+14:00", "\ud800"]),
    st.sampled_from(["24:00", "2021-02-30", "1e999", "NaN", "secret-4711", "\u0000", "2021-02-15"]),
)


def places_in(whole: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of everything in a JSON value."""
    found = [path] if path else []
    pairs = (
        whole.items()
        if isinstance(whole, dict)
        else enumerate(whole)
        if isinstance(whole, list)
        else ()
    )
    for name, part in pairs:
        found += places_in(part, (*path, name))
    return found


def put(whole: object, path: tuple[str | int, ...], value: object) -> None:
    for step in path[:-1]:
        whole = whole[step]  # type: ignore[index]
    whole[path[-1]] = value  # type: ignore[index]


@THOROUGH
@given(payload=ANY_PAYLOAD, data=st.data(), odd=ODD)
def test_a_valid_event_with_something_odd_in_it_is_read_or_refused_by_field(payload, data, odd):
    record = a_record(payload, "e")
    whole = json.loads(record.value or b"")
    put(whole, data.draw(st.sampled_from(places_in(whole))), odd)
    spoiled = replace(record, value=json.dumps(whole).encode(), headers={})

    fields: tuple[str, ...] = ()
    try:
        decode(spoiled)
    except RejectedEvent as refused:
        fields = refused.fields

    assert all("secret" not in name and "4711" not in name for name in fields)


@THOROUGH
@given(payload=ANY_PAYLOAD, where=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_valid_event_with_one_other_byte_is_read_or_refused(payload, where, byte):
    record = a_record(payload, "e")
    value = bytearray(record.value or b"")
    value[where % len(value)] = byte

    try:
        back = decode(replace(record, value=bytes(value)))
    except RejectedEvent:
        return

    assert isinstance(back, Event)


def test_a_refusal_names_fields_and_never_a_value():
    secret = {"jansen 1931-04-03": 5, "999990019": 7}
    record = a_record(a_campaign())
    whole = json.loads(record.value or b"")
    whole["data"] |= {"priorities": secret, "products": ["Jansen 999990019"], "doses": "jansen"}

    refused = refusal_of(replace(record, value=json.dumps(whole).encode()))

    assert refused.reason is Refusal.INVALID_PAYLOAD
    assert set(refused.fields) == {"doses", "priorities.*.*", "products", "products.0"}
    assert "999990019" not in repr(refused)
    assert refused.__cause__ is None


def test_a_type_that_nobody_knows_is_refused():
    refused = refusal_of(changed(a_record(a_patient()), type="patient.renamed.v1"))

    assert refused.reason is Refusal.UNKNOWN_TYPE


def test_a_type_of_another_sender_is_refused():
    from_practice = replace(a_record(a_product()), system=systems()[Sender.PRACTICE])

    assert refusal_of(from_practice).reason is Refusal.TYPE_NOT_ALLOWED


def test_a_source_that_the_topic_does_not_allow_is_refused():
    other = changed(a_record(a_patient()), source="urn:nld:prikploeg:ggd:x")

    assert refusal_of(other).reason is Refusal.SOURCE_NOT_ALLOWED


def test_a_region_that_the_system_may_not_speak_for_is_refused():
    other = changed(a_record(a_patient()), partitionkey="GG9999")

    assert refusal_of(other).reason is Refusal.REGION_NOT_ALLOWED


def test_the_country_is_no_region_for_a_fact_of_one_region():
    national = changed(a_record(a_patient()), partitionkey=NATIONAL)

    assert refusal_of(national).reason is Refusal.UNKNOWN_REGION


def test_without_a_region_the_only_one_of_the_sender_counts():
    nowhere = changed(a_record(a_patient()), partitionkey=None)

    assert decode(nowhere).envelope.region == REGION


def test_without_a_region_a_sender_of_two_is_refused():
    two = System("t", Sender.PRACTICE, ("urn:",), frozenset({REGION, "GG0111"}))

    refused = refusal_of(replace(changed(a_record(a_patient()), partitionkey=None), system=two))

    assert refused.reason is Refusal.UNKNOWN_REGION


def test_a_national_fact_stands_in_the_country_whatever_its_key_says():
    keyed = changed(a_record(a_campaign()), partitionkey=REGION)

    assert decode(keyed).envelope.region == NATIONAL


def test_a_moment_without_a_zone_is_refused():
    started = VisitStarted(
        visit_id=uid("v"), team_id=uid("t"), started_at=datetime(2021, 2, 15, tzinfo=UTC)
    )
    record = a_record(started)
    naive = (record.value or b"").replace(b'00:00Z","team', b'00:00","team')

    refused = refusal_of(replace(record, value=naive))

    assert refused.fields == ("started_at",)


def test_an_event_time_without_a_zone_is_refused():
    refused = refusal_of(changed(a_record(a_patient()), time="2021-02-15T08:00:00"))

    assert (refused.reason, refused.fields) == (Refusal.NOT_AN_EVENT, ("time",))


def test_opening_hours_with_a_zone_beside_hours_without_are_refused():
    record = a_record(a_location())
    whole = json.loads(record.value or b"")
    whole["data"]["opening"] = [{"weekday": 0, "begins": "08:00", "ends": "17:00Z"}]

    refused = refusal_of(replace(record, value=json.dumps(whole).encode()))

    assert refused.fields == ("opening.0.ends",)


def test_a_record_of_the_greatest_size_is_read_and_one_byte_more_is_refused():
    value = a_record(a_patient()).value or b""
    greatest = value + b" " * (MAX_BYTES - len(value))

    assert decode(a_raw(greatest)).payload == a_patient()
    assert refusal_of(a_raw(greatest + b" ")).reason is Refusal.TOO_LARGE


def test_a_record_without_a_value_is_no_event():
    assert refusal_of(a_raw(None)).reason is Refusal.NOT_AN_EVENT


def test_data_that_is_no_object_is_no_event():
    refused = refusal_of(changed(a_record(a_patient()), data=[1, 2]))

    assert (refused.reason, refused.fields) == (Refusal.NOT_AN_EVENT, ("data",))


@QUICK
@given(payload=payloads(LocationRegistered), order=st.randoms(use_true_random=False))
def test_equal_payloads_have_equal_canonical_json(payload, order):
    plain = payload.model_dump(mode="json")
    names, closed = list(plain), list(plain["closed_on"])
    order.shuffle(names)
    order.shuffle(closed)
    shuffled = {name: plain[name] for name in names} | {"closed_on": closed}

    again = LocationRegistered.model_validate_json(json.dumps(shuffled))

    assert again == payload
    assert to_canonical(again) == to_canonical(payload)


def test_the_same_moment_in_another_zone_is_the_same_event():
    noon = datetime(2021, 2, 15, 12, tzinfo=UTC)
    there = noon.astimezone(timezone(timedelta(hours=5)))

    one, other = (
        an_event(VisitStarted(visit_id=uid("v"), team_id=uid("t"), started_at=at))
        for at in (noon, there)
    )

    assert one.digest == other.digest


def test_another_type_with_the_same_body_has_another_digest():
    registered = an_event(a_campaign())
    changed_one = registered.payload.model_dump()

    other = an_event(CATALOGUE["campaign.changed.v1"].payload(**changed_one))

    assert other.body == registered.body
    assert other.digest != registered.digest
