from dataclasses import replace

import pytest

from events.codec import decode
from events.envelope import Record, Sender, System
from events.errors import Refusal
from events.sources import (
    MalformedSource,
    check_form,
    is_of_organisation,
    may_speak_as,
    organisation_in,
    speaker_of,
)
from tests.builders import REGION, a_record, changed
from tests.events.modes import refusal_of
from tests.facts import a_patient, given_elsewhere, uid

OIN = "urn:nld:oin:00000001823288444000"
KVK = "urn:nld:kvknr:09220932"
KNOWN = "urn:nld:prikploeg:practice:test"


@pytest.mark.parametrize("source", [OIN, f"{OIN}:systeem:his", KVK, f"{KVK}.his"])
def test_an_organisation_may_be_named_by_its_number_and_the_system_behind_it(source: str):
    check_form(source)

    assert is_of_organisation(source)


@pytest.mark.parametrize(
    "source",
    ["urn:nld:oin:123", f"{OIN}1", f"{OIN}x", "urn:nld:oin:", "urn:nld:kvknr:1234567", f"{KVK}9", f"{KVK}/a"],
)  # fmt: skip
def test_a_number_that_no_organisation_has_is_refused_without_being_repeated(source: str):
    with pytest.raises(MalformedSource) as refused:
        check_form(source)

    assert source not in str(refused.value) or source == "urn:nld:oin:"
    assert not is_of_organisation(source)


def test_sources_of_another_kind_have_no_form_to_keep():
    check_form(KNOWN)

    assert not is_of_organisation(KNOWN)


@pytest.mark.parametrize(
    ("source", "prefix", "may"),
    [
        (OIN, OIN, True),
        (f"{OIN}:his", OIN, True),
        (f"{KVK}.his", KVK, True),
        (f"{OIN}1", OIN, False),
        (f"{KVK}12", KVK, False),
        (f"{OIN}:his", f"{OIN}:h", True),
        (f"{KNOWN}2", KNOWN, True),
        ("urn:other", KNOWN, False),
    ],
)
def test_nobody_speaks_as_an_organisation_with_a_longer_number(source: str, prefix: str, may: bool):
    assert may_speak_as(source, ("urn:none:", prefix)) is may


def under(source: str, *sources: str, aliases: dict[str, str] | None = None) -> Record:
    """A registration under this source, by a system that may use these."""
    record = changed(a_record(a_patient(), "e-1"), source=source)
    system = System("t", Sender.PRACTICE, sources, frozenset({REGION}), aliases or {})
    return replace(record, system=system)


def test_a_new_system_speaks_under_the_urn_of_its_organisation():
    event = decode(under(f"{OIN}:his", OIN))

    assert event.envelope.source == f"{OIN}:his"


def test_an_alias_is_read_as_the_source_that_is_known():
    known = decode(under(KNOWN, KNOWN))

    assert decode(under(OIN, KNOWN, aliases={OIN: KNOWN})) == known


def test_an_alias_gives_no_right_that_the_known_source_does_not_have():
    refused = refusal_of(under(OIN, "urn:nld:prikploeg:hap:", aliases={OIN: KNOWN}))

    assert (refused.reason, refused.fields) == (Refusal.SOURCE_NOT_ALLOWED, ("source",))


def test_only_the_whole_urn_is_the_alias():
    refused = refusal_of(under(f"{OIN}:another", KNOWN, aliases={OIN: KNOWN}))

    assert refused.reason is Refusal.SOURCE_NOT_ALLOWED


OWN = f"urn:nld:prikploeg:practice:{uid('practice')}"
OTHERS = f"urn:nld:prikploeg:practice:{uid('other practice')}"


@pytest.mark.parametrize("source", [OWN, f"{OWN}:web", f"{OWN}.his", f"{OWN}x"])
def test_the_practice_that_speaks_is_the_one_in_the_source(source: str):
    assert organisation_in(source) == uid("practice")
    assert speaker_of(source, a_patient(practice_id=uid("other practice"))) == uid("practice")
    assert speaker_of(source, given_elsewhere()) == uid("practice")


def test_a_source_without_a_practice_speaks_for_the_one_that_the_fact_names():
    assert organisation_in(KNOWN) is None
    assert organisation_in(f"{KNOWN}-00000000-0000-0000-0000-00000000") is None
    assert speaker_of(KNOWN, a_patient()) == uid("practice")
    assert speaker_of(KNOWN, given_elsewhere()) is None


@pytest.mark.parametrize(
    ("source", "prefixes", "may"),
    [
        (OWN, (OWN,), True),
        (OTHERS, (OTHERS,), False),
        (f"{OTHERS}:his", ("urn:nld:prikploeg:practice:",), False),
        (f"{OTHERS}x", (OTHERS,), False),
        (KNOWN, ("urn:nld:prikploeg:practice:",), True),
        (KNOWN, (KNOWN,), True),
        (KNOWN, (KNOWN, OWN), True),
        (KNOWN, (KNOWN, OTHERS), False),
    ],
)
def test_a_fact_that_names_a_practice_which_its_source_may_not_speak_for_is_refused_by_field(
    source: str, prefixes: tuple[str, ...], may: bool
):
    record = under(source, *prefixes)

    if may:
        assert decode(record).payload == a_patient()
    else:
        said = refusal_of(record)
        assert (said.reason, said.fields) == (Refusal.SOURCE_NOT_ALLOWED, ("practice_id",))
