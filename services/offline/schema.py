"""JSON Schemas of problem and plan files, generated from the types and compared with them."""

import ast
import inspect
import io
import tokenize
from collections.abc import Mapping
from pathlib import Path

from scheduling import plan, problem
from services.planner.record import PLAN_FILE, PROBLEM_FILE
from services.schema_files import Schema, find_differing, write_files

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def current() -> dict[str, Schema]:
    """The schemas of today's types, by file name."""
    return {
        "problem.json": _take_out("Problem", PROBLEM_FILE.json_schema()),
        "plan.json": _take_out("Plan", PLAN_FILE.json_schema()),
    }


def _take_out(name: str, around: Mapping[str, object]) -> Schema:
    """The schema of one type, taken from the schema of the tuple around it."""
    definitions = around["$defs"]
    assert isinstance(definitions, dict)
    for title, definition in definitions.items():
        _explain(title, definition)
    return {"$schema": DIALECT, "$ref": f"#/$defs/{name}", "$defs": definitions}


def _explain(title: str, definition: dict[str, dict[str, dict[str, str]]]) -> None:
    """Adds the comments of the fields, which say units and what absence means, as descriptions."""
    said = comments_of(title)
    for field, content in definition.get("properties", {}).items():
        content.pop("title", None)
        if field in said:
            content["description"] = said[field]


def comments_of(title: str) -> dict[str, str]:
    """Comments beside each field of a class of problem or plan, from its source."""
    row = getattr(problem, title, None) or getattr(plan, title)
    source = inspect.getsource(row)
    lines = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    (tree,) = ast.parse(source).body
    assert isinstance(tree, ast.ClassDef)
    said = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            last = node.end_lineno or node.lineno
            beside = [lines[k] for k in range(node.lineno, last + 1) if k in lines]
            if beside:
                said[node.target.id] = " ".join(beside)
    return said


def write(folder: Path) -> list[str]:
    """Write what the code says; names of the files that changed. Others in the folder are not ours."""
    return write_files(folder, current())


def differing(folder: Path) -> list[str]:
    """Names of files that are missing or differ from today's types."""
    return find_differing(folder, current())
