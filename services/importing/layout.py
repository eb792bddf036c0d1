"""The layout of import files: tables of columns, rows of cells, and the problems that a row can have."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Protocol
from uuid import UUID

from typing_extensions import override

from infra.person import Description
from services.sending import SenderEvent, entity_id, former_ids


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its aliases, and how a cell is parsed."""

    name: str
    read: Callable[[str], object]
    about: str  # Dutch; what a cell must be, ends the sentence "moet ... zijn"
    aliases: tuple[str, ...] = ()
    required: bool = False
    key_of: str | None = None  # the kind of thing that the key in the cell stands for


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A problem with a row: the file, the row as a spreadsheet counts it, the columns, and the reason in Dutch.

    Row 1 is the header; row 0 is the file as a whole. Never holds the value of a cell.
    """

    file: str
    row: int
    fields: tuple[str, ...]
    message: str
    line: int = 0  # of the file; 0: the same as the row
    left_out: bool = True  # False: the row was taken, and something about it needs a look
    cells: Mapping[str, str] = field(
        default_factory=dict
    )  # what is wrong with each, where it is one by one

    @override
    def __str__(self) -> str:
        """One line for people to read."""
        row = f", rij {self.row}" if self.row else ""
        line = f" (regel {self.line})" if self.line not in (0, self.row) else ""
        return f"{self.file}{row}{line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said of a row that is taken."""

    fields: tuple[str, ...]
    message: str
    is_note: bool = False  # nothing was left out


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A key in a row that stands for something of another table."""

    kind: str
    id: str
    file: str
    row: int
    column: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Registration:
    """A row about a person: who is described, and the events that follow once the vault has given an id."""

    file: str
    row: int
    described: Description
    to_events: Callable[[UUID], list[SenderEvent]]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A postcode-4 area on the map, filled in when a row gives only a postcode."""

    lat: float
    lon: float
    municipality: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file with its parsed cells; an empty cell is absent."""

    file: str
    number: int
    values: Mapping[str, object]
    line: int = 0

    def fields(self, *names: str, **renamed: str) -> dict[str, object]:
        """Values by payload field: columns of the same name, and those given as `field="column"`; absent cells are omitted."""
        wanted = {name: name for name in names} | renamed
        return {f: self.values[c] for f, c in wanted.items() if c in self.values}

    def has(self, column: str) -> bool:
        """Whether the cell is filled."""
        return column in self.values

    def text(self, column: str) -> str:
        """A cell of text; empty when absent."""
        return str(self.values.get(column, ""))

    def day(self, column: str) -> date:
        """A required cell with a date."""
        value = self.values[column]
        assert isinstance(value, date)
        return value


@dataclass(frozen=True)
class Context:
    """The region that rows are read for, and the centres of its postcode areas."""

    region: str
    places: Mapping[int, Place] = field(default_factory=dict)
    today: date | None = None  # of the machine; None: no age is judged by it
    kept: Mapping[UUID, UUID] = field(default_factory=dict)  # today's id -> the one it has here
    former: dict[tuple[str, UUID], frozenset[UUID]] = field(
        default_factory=dict
    )  # filled while rows are read: kind and today's id of a key -> ids that 0.1.0 may have given

    def id_of(self, kind: str, key: str) -> UUID:
        """The identifier behind a key: the one by which the service knows the thing, if from an earlier version."""
        found = entity_id(kind, self.region, key)
        if former := former_ids(kind, self.region, key) - {found}:
            self.former[kind, found] = self.former.get((kind, found), frozenset()) | former
        return self.kept.get(found, found)

    @cached_property
    def municipalities(self) -> frozenset[str]:
        """The codes of today's municipalities; empty when no postcode areas are known."""
        return frozenset(place.municipality for place in self.places.values())


Turned = Sequence[SenderEvent | Registration | Remark]


class Turn(Protocol):
    """Turns a row into events. Raises pydantic's ValidationError or BadRow."""

    def __call__(self, row: Row, context: Context, /) -> Turned:
        """The events of the row, or a registration."""
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of file."""

    name: str
    about: str  # Dutch, for the documentation
    columns: tuple[Column, ...]
    turn: Turn
    renamed: Mapping[str, str] = field(default_factory=dict)  # payload field -> column
    defines: str | None = None  # the column with the key of what a row is about: others may name it
    names_once: str | None = (
        None  # the column with a key that one row of a file has, unless `as_of` tells them apart
    )

    @property
    def required(self) -> frozenset[str]:
        """Names of the columns that must be there and filled."""
        return frozenset(column.name for column in self.columns if column.required)


class BadRow(Exception):
    """A row whose cells are valid one by one but contradict each other."""

    def __init__(self, fields: tuple[str, ...], message: str) -> None:
        super().__init__(fields)
        self.fields = fields
        self.message = message
