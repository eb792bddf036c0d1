"""Matches the header of a file to the columns of a table: which are used, which are not, and which are nearly right."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Final

from services.importing.encoding import UnreadableFile, find_garbled
from services.importing.layout import Table

NEAR: Final = 2  # letters by which a name of more than five letters may differ; of fewer, one


@dataclass(frozen=True, slots=True)
class Header:
    """Which column stands where, and what is to be said of the others."""

    positions: dict[int, str]
    width: int  # cells up to the last that has a name
    spare: dict[int, str] = field(default_factory=dict)  # read where the chosen column is empty
    unused: tuple[str, ...] = ()  # names of columns that are not read
    nearly: dict[str, str] = field(
        default_factory=dict
    )  # such a name -> the column that may be meant


def plain(name: str) -> str:
    """A column's name without case, accents and punctuation."""
    word = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", word.casefold())


def list_known(table: Table) -> dict[str, str]:
    """Every name by which a column is known -> its name."""
    return {plain(n): c.name for c in table.columns for n in (c.name, *c.aliases)}


def match_header(table: Table, header: Sequence[str]) -> dict[int, str]:
    """Maps positions to column names, as far as the table knows them.

    Of several columns for one thing (Voorletters beside Voornaam) the one whose name comes first in the table is read.
    """
    known = list_known(table)
    order = list(known)
    found: dict[str, int] = {}
    for at, cell in enumerate(header):
        word = plain(cell)
        if word not in known:
            continue
        other = found.get(known[word])
        if other is None or order.index(word) < order.index(plain(header[other])):
            found[known[word]] = at
    return {at: name for name, at in found.items()}


def read_header(table: Table, header: Sequence[str]) -> Header:
    """Raises UnreadableFile when a required column is absent, one is there twice, or two run together."""
    if garbled := find_garbled(" ".join(header)):
        raise UnreadableFile(f"de namen van de kolommen: {garbled}")
    names = [cell.strip() for cell in header]
    words = [plain(name) for name in names]
    known = list_known(table)
    double = sorted(
        {names[k] for k, word in enumerate(words) if word in known and words.count(word) > 1}
    )
    if double:
        raise UnreadableFile(f"kolommen staan er twee keer in: {', '.join(double)}")
    positions = match_header(table, names)
    spare = {
        at: known[word] for at, word in enumerate(words) if word in known and at not in positions
    }
    others = [name for at, name in enumerate(names) if name and at not in {*positions, *spare}]
    nearly = {name: near for name in others if (near := find_near(table, name, positions))}
    missing = sorted(table.required - set(positions.values()))
    if missing:
        hints = [f"; {name}: bedoelt u {near}?" for name, near in nearly.items()]
        raise UnreadableFile(f"verplichte kolommen ontbreken: {', '.join(missing)}{''.join(hints)}")
    for name in others:
        if pair := find_joined(table, name):
            raise UnreadableFile(f"kolom {name}: dit lijken twee kolommen, {' en '.join(pair)}")
    width = max((at + 1 for at, name in enumerate(names) if name), default=0)
    return Header(positions, width, spare, tuple(others), nearly)


def find_near(table: Table, name: str, used: dict[int, str]) -> str | None:
    """The column that a name is nearly the name of; none of those that are there."""
    word, known = plain(name), list_known(table)
    if not word or word in known:
        return None
    there = set(used.values())
    near = [
        (steps, column)
        for other, column in known.items()
        if column not in there
        and (steps := count_steps(word, other)) <= (NEAR if len(other) > 5 else 1)
        and steps < len(other) - 1
    ]
    return min(near)[1] if near else None


def find_joined(table: Table, name: str) -> tuple[str, str] | None:
    """The two columns of which the names were written as one, with a letter between them at most."""
    word, known = plain(name), list_known(table)
    if word in known:
        return None
    for first, last in permutations(known, 2):
        length = len(first) + len(last)
        if length <= len(word) <= length + 1 and word.startswith(first) and word.endswith(last):
            return known[first], known[last]
    return None


def count_steps(one: str, other: str) -> int:
    """How many letters to add, drop, replace or exchange with the next, to get from one word to the other."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for k, wanted in enumerate(other, 1):
            steps = min(last[k] + 1, row[k - 1] + 1, last[k - 1] + (letter != wanted))
            if i > 1 and k > 1 and letter == other[k - 2] and one[i - 2] == wanted:
                steps = min(steps, before[k - 2] + 1)
            row.append(steps)
        before, last = last, row
    return last[-1]
