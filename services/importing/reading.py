"""Reads the bytes of a file into rows of one table, tolerant of what spreadsheets and HIS exports make of CSV."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from services.importing.layout import Row, RowProblem, Table

Line = tuple[int, list[str]]
MAX_BYTES = 64 * 1024 * 1024


class UnreadableFile(Exception):
    """A file of which no row can be read; the message says why, in Dutch."""


def read_lines(path: Path) -> tuple[list[str], list[Line]]:
    """Reads header and numbered lines. Raises UnreadableFile."""
    text = decode(load(path))
    delimiter = delimiter_of(text.partition("\n")[0])
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        raise UnreadableFile("dit bestand is geen leesbare CSV") from None
    if not lines or not any(cell.strip() for cell in lines[0]):
        raise UnreadableFile("de eerste regel moet de namen van de kolommen bevatten")
    body = [(n, line) for n, line in enumerate(lines[1:], start=2) if any(c.strip() for c in line)]
    return lines[0], body


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


def decode(raw: bytes) -> str:
    """Decodes UTF-8 with or without byte order mark, else Windows-1252, which older exports use."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def delimiter_of(header: str) -> str:
    """Whichever of `;`, tab and `,` is most frequent in the header, outside quotes."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max((";", "\t", ","), key=bare.count)


def plain(name: str) -> str:
    """A column's name without case, accents and punctuation."""
    word = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", word.casefold())


def match_header(table: Table, header: Sequence[str]) -> dict[int, str]:
    """Maps positions to column names; columns that the table does not know are skipped."""
    known = {plain(n): c.name for c in table.columns for n in (c.name, *c.aliases)}
    return {i: known[plain(cell)] for i, cell in enumerate(header) if plain(cell) in known}


def choose_table(path: Path, header: Sequence[str], tables: Sequence[Table]) -> Table | None:
    """Chooses the table that the file is named after, else the one whose required columns are all present."""
    for table in tables:
        if path.stem.casefold().startswith(table.name):
            return table
    fitting = [t for t in tables if t.required <= set(match_header(t, header).values())]
    return max(fitting, key=lambda t: len(t.required), default=None)


def check_header(table: Table, header: Sequence[str]) -> dict[int, str]:
    """Position -> column name. Raises UnreadableFile when a required column is absent or one is there twice."""
    positions = match_header(table, header)
    found = list(positions.values())
    missing = sorted(table.required - set(found))
    if missing:
        raise UnreadableFile(f"verplichte kolommen ontbreken: {', '.join(missing)}")
    double = sorted({name for name in found if found.count(name) > 1})
    if double:
        raise UnreadableFile(f"kolommen staan er twee keer in: {', '.join(double)}")
    return positions


def read_rows(
    file: str, table: Table, header: Sequence[str], lines: Sequence[Line]
) -> Iterator[Row | RowProblem]:
    """Parses every line into a row, or into the problem with its cells. Raises UnreadableFile."""
    positions = check_header(table, header)
    for number, line in lines:
        cells = {positions[i]: cell.strip() for i, cell in enumerate(line) if i in positions}
        yield read_row(file, table, number, cells, too_long=len(line) > len(header))


def read_row(
    file: str, table: Table, number: int, cells: dict[str, str], *, too_long: bool
) -> Row | RowProblem:
    """Parses one row, or returns one problem that names every column at fault."""
    values: dict[str, object] = {}
    faults: dict[str, str] = {}
    for column in table.columns:
        cell = cells.get(column.name, "")
        if not cell:
            if column.required:
                faults[column.name] = "ontbreekt"
            continue
        try:
            values[column.name] = column.read(cell)
        except ValueError:
            faults[column.name] = f"moet {column.about} zijn"
    if too_long:
        return RowProblem(file, number, (), "deze rij heeft meer cellen dan er kolommen zijn")
    if faults:
        message = "; ".join(f"{name} {why}" for name, why in faults.items())
        return RowProblem(file, number, tuple(faults), message)
    return Row(file, number, values)
