"""The description of the API: 0 errors by the Dutch API Design Rules, and a schema for everything."""

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from services.web.api import build
from services.web.api.description import list_operations
from tests.standards.node import lint

pytestmark = pytest.mark.slow  # Spectral is a program of its own


@cache
def document() -> dict[str, Any]:
    """The description as it is served."""
    made: dict[str, Any] = build.build(None).state.described  # type: ignore[arg-type]
    return made


def schemas_in(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [one["schema"] for one in content.values()]


def test_every_body_and_every_answer_has_a_schema():
    for path, method, operation in list_operations(document()):
        if method == "post" and "requestBody" in operation:  # undoing an edit has nothing to say
            assert all(schemas_in(operation["requestBody"]["content"])), path
        for status, answer in operation["responses"].items():
            if status != "204":
                assert all(schemas_in(answer["content"])), (path, method, status)
            assert answer["headers"]["API-Version"]


def test_every_operation_but_the_description_asks_who_you_are():
    for path, _, operation in list_operations(document()):
        assert bool(operation["security"]) is (path != "/openapi.json")
        assert ("401" in operation["responses"]) is (path != "/openapi.json")


def test_every_schema_that_is_referred_to_exists():
    text = json.dumps(document())
    referred = {part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}

    assert referred <= set(document()["components"]["schemas"])


# --- by Spectral ---


def spoilt() -> dict[str, dict[str, Any]]:
    """Documents that break one rule each, by the name of the rule."""
    made: dict[str, dict[str, Any]] = {}

    def change(rule: str) -> dict[str, Any]:
        made[rule] = deepcopy(document())
        return made[rule]

    change("nlgov:semver")["info"]["version"] = "1.0"
    del change("info-contact")["info"]["contact"]
    del change("nlgov:info-contact-fields-exist")["info"]["contact"]["email"]
    del change("oas3-api-servers")["servers"]
    change("nlgov:include-major-version-in-uri")["servers"][0]["url"] = "https://x.nl/api"
    paths = change("nlgov:paths-no-trailing-slash")["paths"]
    paths["/plan/"] = paths.pop("/plan")
    del change("nlgov:missing-header")["paths"]["/plan"]["get"]["responses"]["200"]["headers"]
    plan = change("nlgov:missing-version-header")["paths"]["/plan"]["get"]
    plan["responses"]["200"]["headers"] = {"X": plan["responses"]["200"]["headers"]["API-Version"]}
    wrong = change("nlgov:use-problem-schema")["paths"]["/plan"]["get"]["responses"]["403"]
    wrong["content"] = {"application/json": wrong["content"].pop("application/problem+json")}
    problem = change("nlgov:problem-schema-members")["components"]["schemas"]["Problem"]
    del problem["properties"]["detail"]
    problem["required"].remove("detail")
    del change("nlgov:problem-invalid-input")["paths"]["/plan"]["get"]["responses"]["400"]
    bad = change("nlgov:problem-schema-members-bad-request")["components"]["schemas"][
        "InvalidInput"
    ]
    del bad["properties"]["errors"]
    bad["required"].remove("errors")
    change("nlgov:paths-kebab-case")["paths"]["/plan_of_day"] = {}
    change("nlgov:http-methods")["paths"]["/plan"]["fetch"] = {}
    return made


def written(folder: Path, documents: dict[str, dict[str, Any]]) -> list[Path]:
    files = [folder / f"{name.replace(':', '.')}.json" for name in documents]
    for file, one in zip(files, documents.values(), strict=True):
        file.write_text(json.dumps(one))
    return files


@pytest.mark.timeout(600)
def test_the_dutch_rules_find_no_error_in_ours_and_each_finds_what_it_is_for(tmp_path: Path):
    documents = {"ours": document(), **spoilt()}

    found = lint(*written(tmp_path, documents))

    codes: dict[str, set[str]] = {name.replace(":", "."): set() for name in documents}
    for one in found:
        codes[Path(one["source"]).stem].add(one["code"])
    ours = [one for one in found if Path(one["source"]).stem == "ours"]
    assert [one for one in ours if one["severity"] == 0] == []
    assert {one["code"] for one in ours} <= {"nlgov:servers-use-https"}  # below any address
    for rule in documents.keys() - {"ours"}:
        assert rule in codes[rule.replace(":", ".")], rule
