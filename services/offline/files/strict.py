"""Reads problem and plan files, all or nothing; faults are named by row and field, never by value."""

import json
from datetime import date
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from scheduling.plan import Plan
from scheduling.problem import Problem
from services.offline.files.scan import LARGEST_WEIGHT, place, scanned
from services.offline.files.text import UnreadableFile
from services.planner.record import PLAN_FILE, PROBLEM_FILE

Row = TypeVar("Row")
SAID = {
    "missing": "is missing",
    "unexpected_keyword_argument": "unknown field",
    "dataclass_type": "should be an object",
    "tuple_type": "should be a list",
    "frozen_set_type": "should be a list",
    "string_type": "should be a text",
}


def read_problem(text: str, name: str) -> Problem:
    """Reads a problem; UnreadableFile names every field at fault."""
    scanned(text, name)
    problem = _typed(PROBLEM_FILE, text, name)
    try:
        date.fromisoformat(problem.horizon_start)
    except ValueError:
        fault = "horizon_start: should be a day such as 2021-02-15"
        raise UnreadableFile(name, [fault]) from None
    return problem


def read_plan(text: str, name: str) -> Plan:
    """Reads a plan from its file, or from the output of `plan solve --json`."""
    found = scanned(text, name, largest=LARGEST_WEIGHT)
    plan = found.get("plan", found)
    _drop_retired(plan)
    return _typed(PLAN_FILE, json.dumps(plan), name)


def _drop_retired(plan: object) -> None:
    """Drops fields that plan files of 0.1.0 have and later ones do not, so that those files stay readable."""
    if isinstance(plan, dict):
        plan.pop("second_opinion", None)
        for visit in _rows(_rows(_rows([plan], "routes"), "stops"), "visit"):
            if isinstance(visit, dict):
                visit.pop("urgent", None)


def _rows(rows: list[object], field: str) -> list[object]:
    """Values of a field over all rows. Values of the wrong type are skipped here and refused later, with their place."""
    found = [row.get(field) for row in rows if isinstance(row, dict)]
    return [item for one in found for item in (one if isinstance(one, list) else [one])]


def _typed(form: TypeAdapter[tuple[Row]], text: str, name: str) -> Row:
    try:
        (row,) = form.validate_json(f"[{text}]")
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [f"{place(row['loc'][1:])}: {_said(row['type'], row['msg'])}" for row in details]
        raise UnreadableFile(name, faults) from None
    return row


def _said(kind: str, message: str) -> str:
    return SAID.get(kind) or message.removeprefix("Input ").replace("valid integer", "whole number")
