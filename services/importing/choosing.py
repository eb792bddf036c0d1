"""Which column of a list is which: what we guess from its header, and what its practice made of that. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.importing.columns import Header, find_near, list_known, match_header, plain
from services.importing.delimited import Record
from services.importing.encoding import UnreadableFile
from services.importing.layout import RowProblem
from services.importing.own_patients import OWN_PATIENTS, Fixed, Patient, to_patient
from services.importing.reading import Lines, read_rows, to_lines
from services.importing.returning import FAULT

MOST_ROWS: Final = 100_000
SHOWN: Final = 3  # rows that are shown beside the columns
NAMES: Final = tuple(column.name for column in OWN_PATIENTS.columns)
TOO_MANY: Final = "dit bestand heeft meer dan 100.000 regels; deel het op"


@dataclass(frozen=True, slots=True)
class Choices:
    """How a list is to be read: which column stands where, and what holds for all rows."""

    columns: Mapping[int, str]
    has_header: bool = True
    campaign: str = ""
    location: str = ""
    indication: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        columns = {str(at): name for at, name in self.columns.items()}
        return {
            "columns": columns,
            "has_header": self.has_header,
            "campaign": self.campaign,
            "location": self.location,
            "indication": self.indication,
        }

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Choices":
        """From how it is kept."""
        columns = {int(at): name for at, name in found["columns"].items()}
        return cls(**{**found, "columns": columns})

    @property
    def missing(self) -> list[str]:
        """Columns of ours without which no row can be taken."""
        return [
            one.name
            for one in OWN_PATIENTS.columns
            if one.required and one.name not in self.columns.values()
        ]

    @property
    def double(self) -> list[str]:
        """Columns of ours that were chosen for more columns than two: nobody could say which counts."""
        chosen = list(self.columns.values())
        return sorted({name for name in chosen if chosen.count(name) > 2})


@dataclass(frozen=True, slots=True)
class Parsed:
    """The rows of a list: patients, and what is wrong with the others."""

    patients: list[Patient] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    names: Mapping[str, str] = field(default_factory=dict)  # column of ours -> as the list calls it
    places: Mapping[str, int] = field(default_factory=dict)  # column of ours -> where it stands


def open_list(raw: bytes) -> Lines:
    """The rows of a list. Raises UnreadableFile, also for more rows than we take."""
    lines = to_lines(raw)
    if len(lines.rows) > MOST_ROWS:
        raise UnreadableFile(TOO_MANY)
    if not lines.rows and guess(lines).has_header:
        raise UnreadableFile("onder de namen van de kolommen staan geen regels")
    return lines


def guess(lines: Lines) -> Choices:
    """The columns by their names, those that are nearly right too; without any the first row is a patient already."""
    found = match_header(OWN_PATIENTS, lines.header)
    known = list_known(OWN_PATIENTS)
    for at, name in enumerate(lines.header):
        if at in found or plain(name) == FAULT:
            continue
        near = known.get(plain(name)) or find_near(OWN_PATIENTS, name, found)
        if near:
            found[at] = near
    return Choices(found, has_header=bool(found))


def to_header(lines: Lines, choices: Choices) -> Header:
    """Where each column of ours is read; of two for one thing the other fills what the first leaves empty."""
    order = list(list_known(OWN_PATIENTS))

    def rank(at: int) -> tuple[int, int]:
        word = plain(lines.header[at]) if at < len(lines.header) else ""
        return (order.index(word) if word in order else len(order), at)

    positions: dict[int, str] = {}
    spare: dict[int, str] = {}
    for at in sorted(choices.columns, key=rank):
        name = choices.columns[at]
        (spare if name in positions.values() else positions)[at] = name
    width = max((at + 1 for at, name in enumerate(lines.header) if name.strip()), default=0)
    return Header(positions, width, spare)


def list_rows(lines: Lines, choices: Choices) -> Sequence[tuple[int, Record]]:
    """The rows about patients: the first too, where it holds no names of columns."""
    return lines.rows if choices.has_header else ((1, Record(1, lines.header)), *lines.rows)


def parse(raw: bytes, choices: Choices, fixed: Fixed) -> Parsed:
    """Every row of a list as a patient, or as what is wrong with it. Raises UnreadableFile."""
    lines = open_list(raw)
    header = to_header(lines, choices)
    parsed = Parsed(
        names={name: lines.header[at].strip() for at, name in header.positions.items()}
        if choices.has_header
        else {},
        places={name: at for at, name in header.positions.items()},
    )
    for one in read_rows("", OWN_PATIENTS, header, list_rows(lines, choices)):
        found = one if isinstance(one, RowProblem) else to_patient(one, fixed)
        (parsed.problems if isinstance(found, RowProblem) else parsed.patients).append(found)  # type: ignore[arg-type]
    return parsed
