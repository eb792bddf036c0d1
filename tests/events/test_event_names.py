"""What names an event names no person: neither its id nor its source, in either mode, through the door."""

import re

import pytest

from events.codec import decode, to_event
from events.envelope import Record
from events.errors import Refusal
from events.event_names import is_id
from infra.identity import derived_id
from tests.builders import REGION, a_record, changed
from tests.events.modes import in_binary_mode, refusal_of
from tests.facts import NOW, a_patient

DIGEST = "0c1e999990019d2b" * 8
NAMES = (
    "A. Jansen",
    "Jansen,A",
    "Rietzoom@his",
    "Noëlle",
    "O'Hara",
    "a\nb",
    "jansen%20a",
    "a/b#c",
    "",
)
NUMBERS = (
    "999990019",
    "his-999990019",
    "bsn999990019",
    "999990019-2021-02-15",
    "1999.99.001:9999.90.019",
    "urn:x:999990019",
    "999990019-5f0c3a52-7c1e-4d5b-9a37-0f6f3b1f9a01",
)
FINE = (
    "1",
    "e1",
    "crisis-1",
    "20210215-0001",
    "1613379600123",
    "12345678",
    "00000001823288444000",
    "patient.registered:7~b",
    "5f0c3a52-7c1e-4d5b-9a37-abc123456789",
    "5F0C3A52-7C1E-4D5B-9A37-ABC123456789",
    DIGEST,
    "01F8MECHZX3TBDSZ123456789A",
)


def why(record: Record) -> tuple[Refusal, tuple[str, ...]]:
    refused = refusal_of(record)
    return refused.reason, refused.fields


@pytest.mark.parametrize("name", [*NAMES, *NUMBERS, "a" * 129])
def test_an_id_that_may_hold_a_name_or_a_bsn_is_refused_by_field(name: str):
    record = changed(a_record(a_patient()), id=name)

    assert why(record) == (Refusal.NOT_AN_EVENT, ("id",))
    assert not is_id(name)


@pytest.mark.parametrize("name", [name for name in (*NAMES, *NUMBERS) if name not in ("", "a\nb")])
def test_a_source_with_a_name_or_a_bsn_behind_its_prefix_is_refused_by_field(name: str):
    record = changed(a_record(a_patient()), source=f"urn:nld:prikploeg:practice:{name}")

    assert why(record) == (Refusal.NOT_AN_EVENT, ("source",))


def test_headers_of_binary_mode_are_held_to_the_same_form():
    event = to_event("999990019", "A. Jansen", NOW, REGION, a_patient())
    record = in_binary_mode(event)

    assert why(record) == (Refusal.NOT_AN_EVENT, ("id", "source"))


@pytest.mark.parametrize("name", FINE)
def test_numbers_codes_and_what_was_drawn_or_computed_pass(name: str):
    assert decode(changed(a_record(a_patient()), id=name)).envelope.id == name


def test_no_identifier_of_ours_is_refused_for_digits_that_stand_in_a_row_by_chance():
    made = [str(derived_id("test", str(n))) for n in range(5_000)]

    assert [name for name in made if re.search(r"(?<!\d)\d{9}(?!\d)", name)], "no hard case"
    assert [name for name in made if not is_id(name)] == []
