"""Splits delimited text into records (RFC 4180), and says which are spoilt and where they begin.

The parser of the standard library reads on after a quote that never closes, through every later row, and says nothing.
Here such a row is at fault alone: reading goes on at the next line.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

UNCLOSED: Final = "een aanhalingsteken wordt niet gesloten"
STRAY: Final = "een aanhalingsteken staat midden in een cel"
AFTER: Final = "na een gesloten aanhalingsteken staat nog tekst"
DELIMITERS: Final = (";", "\t", ",", "|")
DECLARED = re.compile(r'^"?sep=(.)"?[;,\t| ]*$', re.IGNORECASE)
LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Record:
    """A record with the line on which it begins and its cells, or with the fault that spoils it."""

    line: int  # of the file, from 1
    cells: tuple[str, ...]
    fault: str | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing is in it."""
        return self.fault is None and not any(cell.strip() for cell in self.cells)


class Spoilt(Exception):
    """A quote that spoils its record."""


def split_records(text: str) -> list[Record]:
    """All records, the header first. A first line `sep=;` says the delimiter, as spreadsheets write it."""
    lines = LINE_END.split(text)
    if lines and not lines[-1]:
        lines.pop()
    start, delimiter = find_delimiter(lines)
    return list(iterate(lines, start, delimiter))


def find_delimiter(lines: Sequence[str]) -> tuple[int, str]:
    """At which line the header may begin, and what stands between two cells."""
    if lines and (declared := DECLARED.match(lines[0])):
        return 1, declared[1]
    head = next((line for line in lines if line.strip()), "")
    return 0, delimiter_of(head)


def delimiter_of(header: str) -> str:
    """Whichever of `;`, tab, `,` and `|` is most frequent in the header, outside quotes."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=bare.count)


def iterate(lines: list[str], start: int, delimiter: str) -> Iterator[Record]:
    """Records one by one; a spoilt one ends with its first line, whatever its quotes say."""
    at = start
    least = lines[start].count(delimiter) if start < len(lines) else 0
    while at < len(lines):
        try:
            cells, after = read_record(lines, at, delimiter, least)
        except Spoilt as error:
            yield Record(at + 1, tuple(lines[at].split(delimiter)), str(error))
            at += 1
        else:
            yield Record(at + 1, tuple(cells), None)
            at = after


def read_record(lines: list[str], at: int, delimiter: str, least: int) -> tuple[list[str], int]:
    """The cells of the record that begins at a line, and the line after it. Raises Spoilt."""
    cells: list[str] = []
    line, pos = lines[at], 0
    while True:
        blanks = len(line) - len(line[pos:].lstrip(" ")) if delimiter != " " else pos
        if line[blanks : blanks + 1] == '"':
            cell, at, pos = read_quoted(lines, at, blanks + 1, delimiter, least)
            line = lines[at]
        else:
            end = line.find(delimiter, pos)
            cell = line[pos:] if end < 0 else line[pos:end]
            pos = len(line) if end < 0 else end
            if '"' in cell:
                raise Spoilt(STRAY)
        cells.append(cell)
        if pos >= len(line):
            return cells, at + 1
        pos += 1  # beyond the delimiter


def read_quoted(
    lines: list[str], at: int, pos: int, delimiter: str, least: int
) -> tuple[str, int, int]:
    """A quoted cell from behind its quote: the text, and the line and place behind the closing quote. Raises Spoilt."""
    found: list[str] = []
    while True:
        line = lines[at]
        end = line.find('"', pos)
        if end < 0:
            found.append(line[pos:] + "\n")
            at, pos = at + 1, 0
            # A line that has every delimiter of a row is a row: two quotes that were left open would hide those between.
            if at >= len(lines) or (least and lines[at].count(delimiter) >= least):
                raise Spoilt(UNCLOSED)
        elif line[end + 1 : end + 2] == '"':
            found.append(line[pos : end + 1])
            pos = end + 2
        else:
            found.append(line[pos:end])
            rest = line[end + 1 :]
            ahead = len(rest) - len(rest.lstrip(" "))
            if rest[ahead:] and rest[ahead] != delimiter:
                raise Spoilt(AFTER)
            return "".join(found), at, end + 1 + ahead
