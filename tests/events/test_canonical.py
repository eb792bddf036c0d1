"""The fast writer says to the letter what the first one said: digests of old events stay equal."""

import json
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from events.canonical import find_younger_fields, may_hold_floats, to_canonical
from events.catalogue import ENTRIES
from events.identifiers import Payload, Point
from events.practice import PatientRegistered
from events.supply import CampaignOpened
from tests.events.anything import ANY_PAYLOAD
from tests.facts import a_location, a_patient, a_proposal


def as_first_written(payload: Payload) -> str:
    """The function of release 0.1, kept word for word, but for younger fields that say nothing."""
    known = find_younger_fields(type(payload))
    silent = {name for name, default in known if getattr(payload, name) == default}
    plain = payload.model_dump(mode="json", exclude=silent)
    for name, value in payload:
        if isinstance(value, frozenset):
            plain[name] = sorted(plain[name])
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Anything(Payload):
    """Every kind of value that a payload may hold one day, without a number with a point."""

    text: str
    number: int
    words: frozenset[str]
    maybe: frozenset[str] | None
    table: dict[str, int | bool | str | None]
    at: datetime
    on: date | None


class Open(Payload):
    """Values that are not described."""

    data: dict[str, JsonValue]


TEXTS = st.text(st.characters(codec="utf-8"))
ANYTHING = st.builds(
    Anything,
    text=TEXTS,
    number=st.integers(-(2**80), 2**80),
    words=st.frozensets(TEXTS),
    maybe=st.none() | st.frozensets(TEXTS),
    table=st.dictionaries(TEXTS, st.none() | st.booleans() | st.integers() | TEXTS),
    at=st.datetimes(timezones=st.just(UTC)),
    on=st.none() | st.dates(),
)


@given(ANY_PAYLOAD)
def test_every_payload_of_the_catalogue_is_written_as_it_always_was(payload: Payload):
    text = to_canonical(payload)

    assert text == as_first_written(payload)


@given(ANYTHING)
def test_every_kind_of_value_is_written_as_it_always_was(payload: Payload):
    text = to_canonical(payload)

    assert text == as_first_written(payload)


def test_every_character_is_written_as_it_always_was():
    everything = "".join(chr(n) for n in range(0x11000) if not 0xD800 <= n <= 0xDFFF)
    payload = Anything(
        text=everything,
        number=1,
        words=frozenset(everything),
        maybe=None,
        table={char: char for char in everything},
        at=datetime(2021, 2, 15, 5, 0, 0, 1, UTC),
        on=date(1, 1, 1),
    )

    text = to_canonical(payload)

    assert text == as_first_written(payload)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_with_a_point_are_written_as_they_always_were(number: float):
    one, other = a_proposal(seconds=number), Open(data={"deep": [number, {"deeper": number}]})

    texts = to_canonical(one), to_canonical(other)

    assert texts == (as_first_written(one), as_first_written(other))


def test_the_fast_writer_writes_what_has_no_number_with_a_point():
    assert not may_hold_floats(PatientRegistered)
    assert not may_hold_floats(CampaignOpened)
    assert may_hold_floats(Point)
    assert may_hold_floats(type(a_location()))
    assert may_hold_floats(Open)
    assert sum(may_hold_floats(entry.payload) for entry in ENTRIES) < 8


def test_a_registration_is_written_like_this():
    assert to_canonical(a_patient()).startswith('{"birth_year":1932,"campaign_id":"')
