import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from events.catalogue import CATALOGUE, ENTRIES, OUTWARD_TOPICS, Entry
from events.envelope import Sender
from events.schemas import build_schema
from services.__main__ import app
from services.commands.contracts import current, find_complaints, write
from tests.events.anything import payloads
from tests.events.modes import QUICK, an_event, in_structured_mode

CONTRACTS = Path(__file__).resolve().parents[2] / "docs/contracts"
DOCUMENT: Any = current()["asyncapi.json"]
every_type = pytest.mark.parametrize("entry", list(CATALOGUE.values()), ids=lambda e: e.name)


def test_the_contracts_are_what_the_code_says_and_no_change_breaks():
    assert find_complaints(CONTRACTS) == []


def references(part: Any) -> set[str]:
    """Everything that is referred to."""
    if isinstance(part, list):
        return {name for one in part for name in references(one)}
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
    return own | {name for one in part.values() for name in references(one)}


def test_every_reference_of_the_document_leads_somewhere():
    for reference in references(DOCUMENT):
        if reference.startswith("#/"):
            found: Any = DOCUMENT
            for step in reference[2:].split("/"):
                found = found[step]
        else:
            assert (CONTRACTS / reference).exists()


def test_the_document_has_the_form_of_asyncapi_3():
    allowed = {"asyncapi", "info", "servers", "defaultContentType", "channels", "operations", "components"}  # fmt: skip

    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert set(DOCUMENT) <= allowed
    assert {"title", "version"} <= set(DOCUMENT["info"])
    for name, channel in DOCUMENT["channels"].items():
        assert set(re.findall(r"\{(\w+)\}", channel["address"])) == set(channel.get("parameters", {})), name  # fmt: skip
        assert channel["bindings"]["kafka"]["partitions"] > 0
        assert channel["bindings"]["kafka"]["topicConfiguration"]["retention.ms"] > 0
        assert channel["messages"], name
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in ("send", "receive")
    assert DOCUMENT["servers"]["kafka"]["security"]
    keys = [*DOCUMENT["channels"], *DOCUMENT["operations"], *DOCUMENT["components"]["messages"]]
    assert all(re.fullmatch(r"[\w.-]+", key) for key in keys)


@every_type
def test_a_type_stands_in_the_channels_of_whoever_says_it_and_where_it_goes(entry: Entry):
    wanted = {f"in.{s.value}" for s in entry.senders if s is not Sender.SYSTEM}
    wanted |= {entry.outward} if entry.outward else set()

    found = {name for name, one in DOCUMENT["channels"].items() if entry.name in one["messages"]}

    assert found == wanted


def test_every_outward_topic_is_a_channel_that_is_sent():
    sent = {o["channel"]["$ref"] for o in DOCUMENT["operations"].values() if o["action"] == "send"}

    assert sent == {f"#/channels/{topic}" for topic in OUTWARD_TOPICS}


@every_type
def test_a_schema_is_a_schema(entry: Entry):
    jsonschema.Draft202012Validator.check_schema(build_schema(entry))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
@QUICK
@given(data=st.data())
def test_whatever_we_write_fits_the_schema_of_its_type_and_the_message(entry: Entry, data):
    event = an_event(data.draw(payloads(entry.payload)))
    whole = json.loads(in_structured_mode(event).value or b"")

    jsonschema.validate(whole["data"], build_schema(CATALOGUE[event.envelope.type]))  # type: ignore[arg-type]
    jsonschema.validate(whole, DOCUMENT["components"]["schemas"]["cloudevent"])


# --- the command ---


def test_the_command_writes_what_the_check_accepts(tmp_path):
    (tmp_path / "released").mkdir()

    first = CliRunner().invoke(app, ["asyncapi", "--check", "--folder", str(tmp_path)])
    written = write(tmp_path)
    second = CliRunner().invoke(app, ["asyncapi", "--check", "--folder", str(tmp_path)])

    assert (first.exit_code, second.exit_code) == (1, 0)
    assert len(written) == len(CATALOGUE) + 1
    assert write(tmp_path) == []


def test_the_check_names_a_file_that_is_not_what_the_code_says(tmp_path):
    (tmp_path / "released").mkdir()
    write(tmp_path)
    (tmp_path / "schemas/stop.pinned.v1.json").write_text("{}")
    (tmp_path / "schemas/gone.v1.json").write_text("{}")

    told = CliRunner().invoke(app, ["asyncapi", "--check", "--folder", str(tmp_path)])

    assert told.exit_code == 1
    assert {line.partition(":")[0] for line in told.output.splitlines()} == {
        "schemas/stop.pinned.v1.json",
        "schemas/gone.v1.json",
    }
    assert sorted(write(tmp_path)) == ["schemas/gone.v1.json", "schemas/stop.pinned.v1.json"]


def test_the_check_names_type_and_field_of_a_change_that_breaks_a_release(tmp_path):
    write(tmp_path)
    release = tmp_path / "released" / "9.9.9"
    release.mkdir(parents=True)
    schema: Any = json.loads((tmp_path / "schemas/stop.pinned.v1.json").read_text())
    schema["properties"]["because"] = {"type": "string"}
    (release / "stop.pinned.v1.json").write_text(json.dumps(schema))

    told = CliRunner().invoke(app, ["asyncapi", "--check", "--folder", str(tmp_path)])

    assert told.exit_code == 1
    assert "9.9.9: stop.pinned.v1: because: the field was removed" in told.output
