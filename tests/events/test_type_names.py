import json
import re

import pytest

from events.catalogue import CATALOGUE
from events.codec import decode
from events.errors import Refusal
from events.type_names import TypeNames, to_full, to_outward, to_stored
from tests.builders import a_record
from tests.events.modes import an_event, in_structured_mode, refusal_of, rewritten
from tests.facts import a_patient

OF_THE_PROFILE = re.compile(r"nl\.prikploeg\.[a-z_]+\.[a-z_]+\.v[1-9][0-9]*")


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_full_name_of_a_type_is_reverse_domain_notation_with_one_version(name: str):
    assert OF_THE_PROFILE.fullmatch(to_full(name))
    assert to_stored(to_full(name)) == to_stored(name) == name
    assert CATALOGUE.keys().isdisjoint(map(to_full, CATALOGUE))


@pytest.mark.parametrize("names", TypeNames)
def test_what_leaves_under_either_name_is_read_back_as_the_same_event(names: TypeNames):
    event = an_event(a_patient())

    record = in_structured_mode(event, names=names)

    assert json.loads(record.value or b"")["type"] == to_outward("patient.registered.v1", names)
    assert decode(record) == event


@pytest.mark.parametrize(
    "name",
    [
        "nl.prikploeg.",
        "nl.prikploeg.nl.prikploeg.patient.registered.v1",
        "NL.prikploeg.patient.registered.v1",
        "nl.prikploegpatient.registered.v1",
        "nl.other.patient.registered.v1",
        "patient.registered.v1.nl.prikploeg.",
        "nl.prikploeg.patient.registered.v9",
    ],
)
def test_only_the_two_names_of_a_type_are_known(name: str):
    refused = refusal_of(rewritten(a_record(a_patient()), type=name))

    assert (refused.reason, refused.fields) == (Refusal.UNKNOWN_TYPE, ("type",))
