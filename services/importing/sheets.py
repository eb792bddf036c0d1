"""Reads the first sheet of an Excel workbook (.xlsx) into records, as a file of text has them.

Numbers, dates and formulas become what somebody would have typed: a date its day, a formula its last value. A workbook
is an archive that a stranger made: what it unpacks to, and how far its cells lie apart, is measured before it is read.
"""

import re
import zipfile
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Final

from python_calamine import CalamineError, CalamineSheet, load_workbook

from services.importing.delimited import Record
from services.importing.encoding import UnreadableFile

PACKED: Final = b"PK\x03\x04"
OLD: Final = b"\xd0\xcf\x11\xe0"  # of Excel 97 to 2003, and of a workbook behind a password
MOST_UNPACKED: Final = 256 * 1_048_576  # 100,000 rows of 20 columns take about 100 MB
MOST_PARTS: Final = 2_000
PIECE: Final = 1_048_576
# A cell in a column after CZ, or in a row after 109,999: reading takes memory for the whole rectangle up to it.
FAR_CELL: Final = re.compile(
    rb"""\br\s*=\s*["'](?:(?:[A-Z]{3,}|[D-Z][A-Z])[0-9]+|[A-Z]*(?:1[1-9][0-9]{4}|[2-9][0-9]{5}|[0-9]{7,}))["']"""
)
LONGEST_REFERENCE: Final = 64  # bytes of one that a piece may cut in two
NOT_READ: Final = (
    "dit Excel-bestand kan niet worden gelezen; bewaar het opnieuw als .xlsx of als CSV"
)
TOO_WIDE: Final = "dit Excel-bestand heeft cellen buiten de eerste 104 kolommen of 110.000 rijen; bewaar alleen de lijst zelf"
Value = int | float | str | bool | time | date | datetime | timedelta


def is_packed(raw: bytes) -> bool:
    """Whether this is a workbook, not a text. Raises UnreadableFile for one that cannot be read."""
    if raw.startswith(OLD):
        raise UnreadableFile(
            "dit is een oud Excel-bestand (.xls) of er zit een wachtwoord op; bewaar het als .xlsx of als CSV"
        )
    return raw.startswith(PACKED)


def read_sheet(raw: bytes) -> list[Record]:
    """The rows of the first sheet as texts, in the place where they stand. Raises UnreadableFile."""
    rows = [tuple(map(to_cell, row)) for row in read_values(raw)]
    return [Record(number, row) for number, row in enumerate(rows, 1)]


def read_values(raw: bytes) -> list[list[Value]]:
    """The first sheet as it was typed, from its first row and column on. Raises UnreadableFile."""
    check_size(raw)
    try:
        book = load_workbook(BytesIO(raw))
        sheet: CalamineSheet = book.get_sheet_by_index(0)
        rows: list[list[Value]] = sheet.to_python(skip_empty_area=False)
    except (CalamineError, ValueError, OSError, IndexError):
        raise UnreadableFile(NOT_READ) from None
    while rows and not any(map(is_filled, rows[-1])):
        rows.pop()
    return rows


def check_size(raw: bytes) -> None:
    """UnreadableFile for an archive that unpacks to more than a list can be, counted and not believed."""
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            if len(archive.infolist()) > MOST_PARTS:
                raise UnreadableFile(NOT_READ)
            for part in archive.infolist():
                left -= measure(archive, part, left)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError):
        raise UnreadableFile(NOT_READ) from None


def measure(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """How many bytes a part unpacks to. UnreadableFile for more than are left, and for cells that lie far out."""
    total, rest = 0, b""
    is_sheet = "worksheets/" in part.filename
    with archive.open(part) as opened:
        while piece := opened.read(PIECE):
            total += len(piece)
            if total > left:
                raise UnreadableFile(
                    "dit Excel-bestand is uitgepakt groter dan 256 MB; deel het op"
                )
            if is_sheet:
                if FAR_CELL.search(rest + piece):
                    raise UnreadableFile(TOO_WIDE)
                rest = piece[-LONGEST_REFERENCE:]
    return total


def is_filled(value: Value) -> bool:
    """Whether something stands in a cell."""
    return value != ""


def to_cell(value: Value) -> str:
    """What somebody would have typed."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
