"""Says in words what the rows of a list come to: what is wrong with each cell, and what a row changes."""

import re
from dataclasses import dataclass
from typing import Final

from services.importing.choosing import NAMES
from services.importing.layout import RowProblem
from services.importing.returning import Fault, return_rows
from services.web.comparing import What
from services.web.list_jobs import Report
from services.web.wording import Wording

# Our names of columns in texts of the import, but for those that are Dutch words as well.
NAMED: Final = re.compile(
    rf"\b({'|'.join(sorted(set(NAMES) - {'bsn', 'postcode'}, key=len, reverse=True))})\b"
)


@dataclass(frozen=True, slots=True)
class FaultLine:
    """What is wrong with one cell, or with a row."""

    row: int
    column: str  # as the list calls it; empty for a whole row
    text: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """What a row comes to, and the columns in which it differs from what is known."""

    row: int
    columns: tuple[str, ...]


def to_sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def name_column(name: str, report: Report, wording: Wording) -> str:
    """A column as the list calls it, else as we do."""
    return report.parsed.names.get(name) or wording(f"list.column.{name}")


def say(problem: RowProblem, report: Report, wording: Wording) -> dict[str, str]:
    """What is wrong by column of ours; of a row as a whole under the empty name."""
    cells = dict(problem.cells) or {"": problem.message}
    return {
        name: NAMED.sub(lambda found: name_column(found[1], report, wording), text)
        for name, text in cells.items()
    }


def list_faults(report: Report, wording: Wording) -> list[FaultLine]:
    """A line for each cell at fault, in the order of the list."""
    return [
        FaultLine(one.row, name_column(name, report, wording) if name else "", to_sentence(text))
        for one in report.problems
        for name, text in say(one, report, wording).items()
    ]


def list_changes(report: Report, wanted: What, wording: Wording) -> list[ChangeLine]:
    """A line for each row of a kind, in the order of the list."""
    return [
        ChangeLine(number, tuple(name_column(name, report, wording) for name in one.changes))
        for number, one in sorted(report.rows.items())
        if one.what == wanted
    ]


def return_wrong(raw: bytes, report: Report, wording: Wording) -> bytes:
    """The rows that were not taken, in the file they came in."""
    faults: dict[int, Fault] = {}
    for one in report.problems:
        said = say(one, report, wording)
        text = "; ".join(
            f"{name_column(name, report, wording)}: {why}" if name else why
            for name, why in said.items()
        )
        cells = {
            report.parsed.places[name]: why
            for name, why in said.items()
            if name in report.parsed.places
        }
        before = faults.get(one.row)
        if before is not None:
            text, cells = f"{before.text}; {text}", {**before.cells, **cells}
        faults[one.row] = Fault(text, cells)
    return return_rows(raw, faults, has_header=bool(report.parsed.names))
