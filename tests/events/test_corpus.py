"""Events as releases wrote them, recorded with their own code: they must be read for ever."""

import json
from pathlib import Path

import pytest

from events.catalogue import CATALOGUE
from events.codec import decode, read_ledger
from events.envelope import Record
from tests.builders import systems
from tests.events.modes import in_binary_mode

CORPUS = Path(__file__).parent / "corpus"
RECORDED = [
    (release.stem, json.loads(line))
    for release in sorted(CORPUS.glob("*.jsonl"))
    for line in release.read_text().splitlines()
]


def record_of(recorded: dict[str, str]) -> Record:
    entry = CATALOGUE[recorded["type"]]
    system = next(system for sender, system in systems().items() if sender in entry.senders)
    return Record(system, recorded["value"].encode())


def test_every_type_of_a_release_was_recorded():
    released = Path(__file__).resolve().parents[2] / "docs/contracts/released"

    for release in released.iterdir():
        known = {file.stem for file in release.glob("*.json")}
        assert {one["type"] for name, one in RECORDED if name == release.name} == known


@pytest.mark.parametrize(
    ("release", "recorded"), RECORDED, ids=[f"{r}-{one['type']}" for r, one in RECORDED]
)
def test_an_event_of_a_release_is_read_and_known_again_as_the_same(release: str, recorded):
    event = decode(record_of(recorded))

    assert release
    assert event.envelope.type == recorded["type"]
    assert event.digest.hex() == recorded["digest"]
    assert recorded["value"].endswith(f',"data":{event.body}}}')
    assert read_ledger(event.envelope.type, event.body) == event.payload
    assert decode(in_binary_mode(event, record_of(recorded).system)) == event
