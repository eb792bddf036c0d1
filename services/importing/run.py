"""The import: files in, events out. Valid rows go on; invalid ones are reported by file, row and column."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import UUID

from pydantic import ValidationError

from events.at_fault import list_faulty_fields
from events.catalogue import TYPE_OF
from infra.person import Person
from services.importing.layout import (
    BadRow,
    Context,
    Place,
    Registration,
    Row,
    RowProblem,
    Table,
    Turned,
)
from services.importing.organisations import INSTITUTIONS, ORGANISATIONS
from services.importing.reading import UnreadableFile, choose_table, read_lines, read_rows
from services.importing.registrations import NOBODY, REGISTRATIONS
from services.importing.supply import CAMPAIGNS, PRODUCTS, SUPPLY
from services.importing.teams import CREW, ORDERS, ROSTERS, TEAMS
from services.sending import SenderEvent, Sink, send

TABLES: tuple[Table, ...] = (
    ORGANISATIONS, INSTITUTIONS, TEAMS, ROSTERS, CREW, ORDERS, PRODUCTS, CAMPAIGNS, SUPPLY, REGISTRATIONS,
)  # fmt: skip
BATCH = 1000  # persons in one request


class Identify(Protocol):
    """Registers persons with the vault. Returns the ids in order; None for a person that the vault refuses."""

    async def __call__(self, persons: Sequence[Person]) -> list[UUID | None]:
        """Registers at most `BATCH` persons."""
        ...


@dataclass(slots=True)
class Reading:
    """Content of files: events that can be sent at once, registrations that need an id first, and problems."""

    events: list[SenderEvent] = field(default_factory=list)
    registrations: list[Registration] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    rows: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Result of an import. `sent` counts events by type; after a dry run, those that would be sent."""

    files: int
    rows: int
    rows_accepted: int
    sent: Mapping[str, int]
    problems: tuple[RowProblem, ...]
    dry_run: bool


async def run(
    files: Sequence[Path],
    region: str,
    sink: Sink,
    persons: Identify,
    *,
    dry_run: bool = False,
    places: Mapping[int, Place] | None = None,
) -> ImportReport:
    """Sends the events of the files. The same file twice sends the same ids, so it changes nothing.

    A dry run reads and checks everything, asks nobody and sends nothing. `places` fills in the
    coordinates of rows that have a postcode only. Raises Unavailable when the vault or Kafka is away;
    starting again is safe.
    """
    if dry_run:
        return check(files, region, places)
    reading = read_files(files, Context(region, places or {}))
    events = [*reading.events, *await identify(reading, persons)]
    await send(sink, events)
    return report(files, reading, events, dry_run=False)


def check(
    files: Sequence[Path], region: str, places: Mapping[int, Place] | None = None
) -> ImportReport:
    """The report of a dry run; needs no server at all."""
    reading = read_files(files, Context(region, places or {}))
    events = [one for found in reading.registrations for one in found.to_events(NOBODY)]
    return report(files, reading, [*reading.events, *events], dry_run=True)


def report(
    files: Sequence[Path], reading: Reading, events: Sequence[SenderEvent], *, dry_run: bool
) -> ImportReport:
    """Makes the report of a reading."""
    bad = {(problem.file, problem.row) for problem in reading.problems if problem.row}
    return ImportReport(
        files=len(files),
        rows=reading.rows,
        rows_accepted=reading.rows - len(bad),
        sent=dict(sorted(Counter(TYPE_OF[type(one.payload)] for one in events).items())),
        problems=tuple(reading.problems),
        dry_run=dry_run,
    )


def read_files(files: Sequence[Path], context: Context) -> Reading:
    """Reads files in order; a file that cannot be read is one problem."""
    reading = Reading()
    for path in files:
        try:
            read_file(path, context, reading)
        except UnreadableFile as error:
            reading.problems.append(RowProblem(path.name, 0, (), str(error)))
    return reading


def read_file(path: Path, context: Context, reading: Reading) -> None:
    """Adds one file to a reading. Raises UnreadableFile."""
    header, lines = read_lines(path)
    table = choose_table(path, header, TABLES)
    if table is None:
        known = ", ".join(table.name for table in TABLES)
        raise UnreadableFile(f"onbekend soort bestand; noem het naar een van: {known}")
    for row in read_rows(path.name, table, header, lines):
        reading.rows += 1
        turned = turn(table, row, context) if isinstance(row, Row) else row
        if isinstance(turned, RowProblem):
            reading.problems.append(turned)
            continue
        for one in turned:
            if isinstance(one, SenderEvent):
                reading.events.append(one)
            else:
                reading.registrations.append(one)


def turn(table: Table, row: Row, context: Context) -> Turned | RowProblem:
    """The events of a row, or its problem."""
    try:
        return table.turn(row, context)
    except BadRow as error:
        return RowProblem(row.file, row.number, error.fields, error.message)
    except ValidationError as error:
        fields = columns_at_fault(table, error)
        what = ", ".join(f"{name} is niet geldig" for name in fields)
        return RowProblem(row.file, row.number, fields, what or "deze waarden gaan niet samen")


def columns_at_fault(table: Table, error: ValidationError) -> tuple[str, ...]:
    """Columns behind the payload fields that were refused."""
    about = {column.name: column.about for column in table.columns}
    paths = [path.split(".")[0] for path in list_faulty_fields(error)]
    names = [table.renamed.get(path, path) for path in paths]
    return tuple(dict.fromkeys(name for name in names if name in about))


async def identify(reading: Reading, persons: Identify) -> list[SenderEvent]:
    """Registers the persons of a reading. Returns their events; a refused person becomes a problem."""
    events: list[SenderEvent] = []
    for start in range(0, len(reading.registrations), BATCH):
        batch = reading.registrations[start : start + BATCH]
        ids = await persons([registration.person for registration in batch])
        for registration, person_id in zip(batch, ids, strict=True):
            if person_id is None:
                message = "deze persoon is niet opgenomen; controleer BSN, naam en geboortedatum"
                fields = ("bsn", "family_name", "birth_date", "postcode")
                problem = RowProblem(registration.file, registration.row, fields, message)
                reading.problems.append(problem)
            else:
                events += registration.to_events(person_id)
    return events
