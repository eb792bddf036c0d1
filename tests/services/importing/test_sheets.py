"""Workbooks: read as they were typed, measured before they are read, and refused in words."""

import io
import zipfile
from datetime import date

import openpyxl
import pytest

from services.importing.encoding import UnreadableFile
from services.importing.reading import to_lines
from services.importing.sheets import MOST_UNPACKED, read_sheet


def a_book(*rows: list[object]) -> bytes:
    book, made = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(made)
    return made.getvalue()


def with_sheet(text: bytes, more: dict[str, bytes] | None = None) -> bytes:
    """A workbook whose first sheet is this."""
    made, good = io.BytesIO(), zipfile.ZipFile(io.BytesIO(a_book(["a"])))
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in good.namelist():
            is_sheet = name.endswith("sheet1.xml")
            archive.writestr(name, text if is_sheet else good.read(name))
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return made.getvalue()


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


def test_cells_become_what_somebody_would_have_typed():
    raw = a_book(["BSN", "Dag", "Ja"], [928279832, date(1938, 3, 14), True], [12.5, None, "x"])

    assert [record.cells for record in read_sheet(raw)] == [
        ("BSN", "Dag", "Ja"),
        ("928279832", "1938-03-14", "ja"),
        ("12.5", "", "x"),
    ]


def test_rows_keep_their_number_and_blank_rows_at_the_end_do_not_count():
    lines = to_lines(a_book(["naam"], [None], ["Wit"], [None], [""]))

    assert [(number, record.cells) for number, record in lines.rows] == [(3, ("Wit",))]


def test_an_archive_that_unpacks_to_too_much_is_refused_while_it_is_counted():
    bomb = with_sheet(SHEET % b"", {"xl/media/image1.bin": b"\0" * (MOST_UNPACKED + 1)})

    assert len(bomb) < 1_000_000
    with pytest.raises(UnreadableFile, match="256 MB"):
        read_sheet(bomb)


@pytest.mark.parametrize("cell", ["XFD1", "A1048576", "DA2", "B110000"])
def test_cells_that_lie_far_apart_are_refused_before_memory_is_taken_for_all_between(cell: str):
    row = f'<row r="1"><c r="{cell}"><v>1</v></c></row>'.encode()

    with pytest.raises(UnreadableFile, match="104 kolommen"):
        read_sheet(with_sheet(SHEET % row))


def test_a_far_cell_is_seen_where_two_pieces_meet():
    cell = b'<c r="XFD1"><v>1</v></c>'
    for shift in range(-12, 3):
        filler = b" " * (1_048_576 - len(SHEET) + len("%s</sheetData></worksheet>") + shift)
        with pytest.raises(UnreadableFile, match="104 kolommen"):
            read_sheet(with_sheet(SHEET % (filler + b'<row r="1">' + cell + b"</row>")))


def test_an_external_entity_is_not_fetched(tmp_path):
    (tmp_path / "secret").write_text("Kwikstaart")
    entity = f'<!DOCTYPE w [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>'.encode()
    cell = b'<row r="1"><c r="A1" t="inlineStr"><is><t>x&e;</t></is></c></row>'

    try:
        found = [record.cells for record in read_sheet(with_sheet(entity + SHEET % cell))]
    except UnreadableFile:
        found = []

    assert "Kwikstaart" not in str(found)


@pytest.mark.parametrize(
    "raw", [b"PK\x03\x04", b"PK\x03\x04" + b"x" * 100, b"\xd0\xcf\x11\xe0" + b"x" * 100]
)
def test_what_is_no_workbook_is_refused_in_words(raw: bytes):
    with pytest.raises(UnreadableFile, match="Excel"):
        to_lines(raw)
