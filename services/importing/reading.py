"""Reads the bytes of a file into rows of one table, tolerant of what spreadsheets and HIS exports make of CSV."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from events.details import to_line
from services.importing.columns import Header, match_header
from services.importing.delimited import Record, split_records
from services.importing.encoding import UnreadableFile, decode, find_garbled
from services.importing.layout import Column, Row, RowProblem, Table
from services.importing.sheets import is_packed, read_sheet

MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Lines:
    """A file as records: its header, and the rows that are not blank with their number, the header being 1."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, Record], ...]


def read_lines(path: Path) -> Lines:
    """Reads header and numbered rows. Raises UnreadableFile."""
    return to_lines(load(path))


def to_records(raw: bytes) -> list[Record]:
    """The rows of a file, or of a text that was pasted, its header first. Raises UnreadableFile."""
    return read_sheet(raw) if is_packed(raw) else split_records(decode(raw))


def to_lines(raw: bytes) -> Lines:
    """Header and numbered rows in the bytes of a file. Raises UnreadableFile."""
    records = to_records(raw)
    if not records or records[0].is_blank:
        raise UnreadableFile("de eerste regel moet de namen van de kolommen bevatten")
    head = records[0]
    if head.fault is not None:
        raise UnreadableFile(f"regel {head.line}, de namen van de kolommen: {head.fault}")
    numbered = enumerate(records[1:], start=2)
    return Lines(head.cells, tuple((n, one) for n, one in numbered if not one.is_blank))


def load(path: Path) -> bytes:
    """The bytes of a file. Raises UnreadableFile."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableFile("dit bestand is groter dan 64 MB; deel het op")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"dit bestand kan niet worden gelezen ({type(error).__name__})"
        ) from None


def choose_table(path: Path, header: Sequence[str], tables: Sequence[Table]) -> Table | None:
    """Chooses the table that the file is named after, else the one whose required columns are all present."""
    for table in tables:
        if path.stem.casefold().startswith(table.name):
            return table
    fitting = [t for t in tables if t.required <= set(match_header(t, header).values())]
    return max(fitting, key=lambda t: len(t.required), default=None)


def read_rows(
    file: str, table: Table, header: Header, rows: Sequence[tuple[int, Record]]
) -> Iterator[Row | RowProblem]:
    """Parses every row, or tells the problem with its cells."""
    for number, record in rows:
        fault = record.fault or find_misfit(record, header)
        if fault is not None:
            yield RowProblem(file, number, (), fault, record.line)
            continue
        cells = {header.positions[at]: record.cells[at] for at in header.positions}
        for at, name in header.spare.items():
            if not cells[name].strip():
                cells[name] = record.cells[at]
        yield read_row(file, table, (number, record.line), cells)


def find_misfit(record: Record, header: Header) -> str | None:
    """Why the cells of a row do not stand under the columns, in Dutch; None when they do.

    Separators behind the last column are no cells as long as nothing stands between them.
    """
    count = len(record.cells)
    if count < header.width:
        return f"deze rij heeft minder cellen ({count}) dan er kolommen zijn ({header.width})"
    if any(cell.strip() for cell in record.cells[header.width :]):
        return f"deze rij heeft meer cellen ({count}) dan er kolommen zijn ({header.width})"
    return None


def read_row(
    file: str, table: Table, where: tuple[int, int], cells: dict[str, str]
) -> Row | RowProblem:
    """Parses one row, or returns one problem that names every column at fault."""
    values: dict[str, object] = {}
    faults: dict[str, str] = {}
    for column in table.columns:
        cell = cells.get(column.name, "")
        fault = read_cell(column, cell, values)
        if fault is not None:
            faults[column.name] = fault
    number, line = where
    if faults:
        message = "; ".join(f"{name} {why}" for name, why in faults.items())
        return RowProblem(file, number, tuple(faults), message, line, cells=faults)
    return Row(file, number, values, line)


def read_cell(column: Column, cell: str, values: dict[str, object]) -> str | None:
    """Adds the value of a cell that is filled; the fault in Dutch when it has one."""
    if garbled := find_garbled(cell):
        return f"is niet leesbaar: {garbled}"
    try:
        plain = to_line(unquote(cell))
        if plain:
            values[column.name] = column.read(plain)
        elif column.required:
            return "ontbreekt"
    except ValueError:
        return f"moet {column.about} zijn"
    return None


def unquote(cell: str) -> str:
    """The cell without the sign by which a file that we gave back keeps a spreadsheet from reading it as a formula."""
    return cell[1:] if re.match(r"'[=+@-]", cell) else cell
