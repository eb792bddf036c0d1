"""The AsyncAPI document by the parser of its makers, with every schema that it refers to."""

import json
import shutil
from pathlib import Path

import pytest

from events.catalogue import CATALOGUE
from tests.standards.node import parse

CONTRACTS = Path(__file__).resolve().parents[2] / "docs/contracts"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_the_official_parser_finds_no_error_and_every_type():
    found = parse(CONTRACTS / "asyncapi.json")

    assert [one for one in found["diagnostics"] if one["severity"] == 0] == []
    assert set(found["messages"]) == set(CATALOGUE)


def test_the_official_parser_finds_what_is_wrong(tmp_path: Path):
    shutil.copytree(CONTRACTS / "schemas", tmp_path / "schemas")
    document = json.loads((CONTRACTS / "asyncapi.json").read_text())
    document["operations"]["receive.hap"]["channel"]["$ref"] = "#/channels/in.nobody"
    (tmp_path / "asyncapi.json").write_text(json.dumps(document))

    found = parse(tmp_path / "asyncapi.json")

    assert [one for one in found["diagnostics"] if one["severity"] == 0]
