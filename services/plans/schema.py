"""The JSON Schemas of problem and plan files: written from the types, and compared with them."""

import json
from collections.abc import Mapping
from pathlib import Path

from services.plans.form import PLAN_FILE, PROBLEM_FILE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, object]


def current() -> dict[str, Schema]:
    """What the code says: file name, and content."""
    return {
        "problem.json": _of("Problem", PROBLEM_FILE.json_schema()),
        "plan.json": _of("Plan", PLAN_FILE.json_schema()),
    }


def _of(name: str, around: Mapping[str, object]) -> Schema:
    """The schema of a type that a list of one stands around."""
    definitions = around["$defs"]
    assert isinstance(definitions, dict)
    return {"$schema": DIALECT, "$ref": f"#/$defs/{name}", "$defs": definitions}


def write(folder: Path) -> list[str]:
    """Write what the code says; names of the files that changed."""
    changed = differing(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in changed:
        (folder / name).write_text(to_text(current()[name]), encoding="utf-8")
    return changed


def differing(folder: Path) -> list[str]:
    """Names of the files that are missing or other than the code."""
    return [
        name
        for name, content in current().items()
        if not (folder / name).exists()
        or (folder / name).read_text(encoding="utf-8") != to_text(content)
    ]


def to_text(content: Schema) -> str:
    """A file that shows its differences line by line."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
