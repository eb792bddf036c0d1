"""Accounts for every row of every file: read is accepted, unchanged and rejected together, or the file was refused."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.importing.columns import Header
from services.importing.layout import Context, Reference, Row, RowProblem, Table
from services.sending import SenderEvent, to_plain_key

NEARLY = "kolom {name} is niet gelezen: bedoelt u {near}?"
UNUSED = "niet gebruikte kolommen: {names}"
CHOSEN = "kolom {name} is alleen gelezen waar de gekozen kolom voor {column} leeg is"
UNANSWERED = "{column}: deze sleutel is van niets dat hier bekend is; wat de rij zegt wacht daarop"
DOUBLED = "{column}: deze sleutel staat ook in rij {row}, met andere gegevens; wat later staat telt"
UNCHECKED = (
    "{n} sleutels staan niet in deze bestanden; zonder de dienst is niet nagegaan of die ze kent"
)


@dataclass(slots=True)
class FileCount:
    """What came of one file."""

    name: str
    read: int = 0
    accepted: int = 0
    unchanged: int = 0  # every fact of the row was known
    rejected: int = 0
    is_refused: bool = False  # as a whole: no row of it was read


@dataclass(frozen=True, slots=True)
class TakenRow:
    """A row that is taken, and the events that it became."""

    file: int  # number of the file in the import
    row: int
    events: tuple[SenderEvent, ...]
    said_before: bool = True  # what the vault heard of the person too


@dataclass(frozen=True, slots=True)
class Known:
    """What the service has already, of what it was asked for."""

    events: frozenset[tuple[str, str]] = frozenset()  # source and id
    keys: Mapping[str, frozenset[str]] = field(default_factory=dict)  # kind of thing -> ids


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Result of an import. `sent` counts events by type; after a dry run, those that would be sent."""

    files: int
    rows: int
    rows_accepted: int  # with those that changed nothing
    sent: Mapping[str, int]
    problems: tuple[RowProblem, ...]
    dry_run: bool
    counts: tuple[FileCount, ...] = ()
    notes: tuple[RowProblem, ...] = ()  # to be known; nothing was left out

    @property
    def rows_unchanged(self) -> int:
        """Rows of which every fact was known."""
        return sum(count.unchanged for count in self.counts)

    @property
    def rows_rejected(self) -> int:
        """Rows that were left out."""
        return self.rows - self.rows_accepted


def list_header_problems(file: str, header: Header) -> list[RowProblem]:
    """Columns that are nearly known ones: what stands in them was meant to be read."""
    return [
        RowProblem(file, 1, (near,), NEARLY.format(name=name, near=near), left_out=False)
        for name, near in header.nearly.items()
    ]


def list_header_notes(file: str, header: Header, names: Sequence[str]) -> list[RowProblem]:
    """Columns that are read in part, or not at all; leaving out nothing that the table has a place for."""
    notes = [
        RowProblem(
            file, 1, (column,), CHOSEN.format(name=names[at].strip(), column=column), left_out=False
        )
        for at, column in header.spare.items()
    ]
    others = [name for name in header.unused if name not in header.nearly]
    if others:
        said = UNUSED.format(names=", ".join(others))
        notes.append(RowProblem(file, 1, (), said, left_out=False))
    return notes


def list_references(table: Table, row: Row, context: Context) -> Iterable[Reference]:
    """The keys in a row, and what each stands for; its own key too."""
    for column in table.columns:
        if column.key_of is None or not row.has(column.name):
            continue
        value = row.values[column.name]
        for key in value if isinstance(value, tuple) else (str(value),):
            named = key if column.key_of == "product" else str(context.id_of(column.key_of, key))
            yield Reference(column.key_of, named, row.file, row.number, column.name, row.line)


def list_doubled(
    table: Table, taken: Iterable[tuple[Row, tuple[SenderEvent, ...]]]
) -> list[RowProblem]:
    """Rows with the key of an earlier row and other facts: both were sent, and the later one is what counts."""
    first: dict[str, tuple[Row, tuple[SenderEvent, ...]]] = {}
    found = []
    for row, events in taken:
        if table.names_once is None or not row.has(table.names_once) or row.has("as_of"):
            continue
        key = to_plain_key(table.names_once, row.text(table.names_once))
        earlier, said = first.setdefault(key, (row, events))
        if [one.id for one in said] != [one.id for one in events]:
            message = DOUBLED.format(column=table.names_once, row=earlier.number)
            found.append(
                RowProblem(
                    row.file, row.number, (table.names_once,), message, row.line, left_out=False
                )
            )
    return found


def split_references(
    found: Iterable[tuple[Table, Reference]],
) -> tuple[dict[str, set[str]], list[Reference]]:
    """What the rows define, by kind, and the keys that they name."""
    defined: dict[str, set[str]] = {}
    named = []
    for table, one in found:
        if one.column == table.defines:
            defined.setdefault(one.kind, set()).add(one.id)
        else:
            named.append(one)
    return defined, named


def list_unanswered(
    references: Iterable[Reference], known: Mapping[str, Collection[str]]
) -> list[Reference]:
    """The keys that nothing answers to."""
    return [one for one in references if one.id not in known.get(one.kind, ())]


def tell_unanswered(one: Reference) -> RowProblem:
    """A key that nothing answers to, by its row and column."""
    said = UNANSWERED.format(column=one.column)
    return RowProblem(one.file, one.row, (one.column,), said, one.line, left_out=False)


def count_rows(counts: Sequence[FileCount], taken: Iterable[TakenRow], known: Known) -> None:
    """Counts what came of the rows: those of which every fact is known, or stood in a row before, change nothing."""
    seen = set(known.events)
    for one in taken:
        ids = {(event.envelope.source, event.id) for event in one.events}
        if ids <= seen and one.said_before:
            counts[one.file].unchanged += 1
        else:
            counts[one.file].accepted += 1
        seen |= ids
    for count in counts:
        count.rejected = count.read - count.accepted - count.unchanged


def count_types(names: Iterable[str]) -> dict[str, int]:
    """How often each type, in order."""
    return dict(sorted(Counter(names).items()))
