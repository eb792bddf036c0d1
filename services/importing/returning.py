"""Gives rows that were not taken back in the file they came in: the same columns and order, and what is wrong beside them.

A cell that a spreadsheet would run as a formula is given back as text.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO, StringIO
from typing import Final

from xlsxwriter import Workbook

from services.importing.columns import plain
from services.importing.delimited import LINE_END, find_delimiter, split_records
from services.importing.encoding import decode, name_encoding
from services.importing.sheets import Value, is_packed, read_values

FAULT: Final = "fout"  # the column that is added; it is not read when the file comes back
FORMULA: Final = re.compile(r"[=@\t\r]|[+-](?![0-9 ])")
MOST_REMARKS: Final = 5_000  # cells with a remark of their own: Excel opens no more of them quickly


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: a text for the last column, and a text for each cell by its place."""

    text: str
    cells: Mapping[int, str]


def return_rows(raw: bytes, faults: Mapping[int, Fault], *, has_header: bool = True) -> bytes:
    """The rows with these numbers (the header being 1, blank rows counted), in the format of the file they came in.

    Without a header the first row is a row like the others, and the last column has no name either.
    """
    give = return_sheet if is_packed(raw) else return_text
    return give(raw, faults, has_header=has_header)


def return_text(raw: bytes, faults: Mapping[int, Fault], *, has_header: bool) -> bytes:
    """As CSV: the same encoding, delimiter and ends of lines."""
    text = decode(raw)
    records = split_records(text)
    _, delimiter = find_delimiter(LINE_END.split(text))
    made = StringIO()
    ends = "\r\n" if "\r\n" in text else "\n"
    writer = csv.writer(made, delimiter=delimiter, lineterminator=ends)
    head, width = strip_header(records[0].cells)
    if has_header:
        writer.writerow([*map(guard, head), FAULT])
    for number, record in enumerate(records, 1):
        if (fault := faults.get(number)) is not None:
            cells = [*record.cells, *[""] * width][: max(width, len(record.cells) - 1)]
            writer.writerow([*map(guard, cells), fault.text])
    encoding = name_encoding(raw)
    mark = "\ufeff" if encoding.startswith("utf-16") else ""
    return (mark + made.getvalue()).encode(encoding, errors="replace")


def strip_header(header: Sequence[Value]) -> tuple[list[Value], int]:
    """The names of the columns without ours, which stands last in a file that comes back; and how many there are."""
    names = list(header)
    while names and (not str(names[-1]).strip() or plain(str(names[-1])) == FAULT):
        names.pop()
    return names, len(names)


def guard(cell: Value) -> Value:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell


def return_sheet(raw: bytes, faults: Mapping[int, Fault], *, has_header: bool) -> bytes:
    """As a workbook: numbers and dates as they were typed, cells at fault marked and with a remark."""
    rows = read_values(raw)
    made = BytesIO()
    # In memory: a temporary file would hold names in plain text.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(made, options) as book:
        sheet = book.add_worksheet()
        strong = book.add_format({"bold": True})
        formats = [
            {kind: book.add_format({**look, **shown}) for kind, shown in NUMBERS.items()}
            for look in ({}, {"bg_color": "#FFD9D9"})
        ]
        head, width = strip_header(rows[0])
        for column, name in enumerate([*head, FAULT] if has_header else []):
            sheet.write_string(0, column, str(name), strong)
        remarks, at = 0, 0 if has_header else -1
        for number, row in enumerate(rows, 1):
            fault = faults.get(number)
            if fault is None:
                continue
            at += 1
            for column, value in enumerate(row[:width]):
                look = formats[column in fault.cells]
                write(sheet, at, column, value, look)
                if column in fault.cells and remarks < MOST_REMARKS:
                    sheet.write_comment(at, column, fault.cells[column])
                    remarks += 1
            sheet.write_string(at, width, fault.text)
    return made.getvalue()


NUMBERS: Final[Mapping[str, Mapping[str, str]]] = {
    "plain": {},
    "day": {"num_format": "dd-mm-yyyy"},
    "moment": {"num_format": "dd-mm-yyyy hh:mm:ss"},
    "time": {"num_format": "hh:mm"},
}


def write(sheet: object, row: int, column: int, value: Value, look: Mapping[str, object]) -> None:
    """One cell, of the kind that it was."""
    kind = "plain"
    if isinstance(value, datetime):
        kind = "moment"
    elif isinstance(value, date):
        kind = "day"
    elif isinstance(value, time):
        kind = "time"
    sheet.write(row, column, value, look[kind])  # type: ignore[attr-defined]
