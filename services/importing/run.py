"""The import: files in, events out. Valid rows go on; invalid ones are reported by file, row and column."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Protocol
from uuid import UUID

from pydantic import ValidationError

from events.at_fault import list_faulty_fields
from events.catalogue import TYPE_OF
from infra.identifying import list_disputed
from infra.person import Description
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
WHO = ("bsn", "birth_date")
REFUSED = ("bsn", "family_name", "birth_date", "postcode")
NOT_TAKEN = "deze persoon is niet opgenomen; controleer BSN, naam en geboortedatum"
TWO_PEOPLE = (
    "dit BSN staat in dit bestand bij twee verschillende personen; controleer BSN en geboortedatum"
)
QUESTIONED = "controleer BSN en geboortedatum; tot de praktijk de vraag beantwoordt, wordt deze persoon niet ingepland"


class Identify(Protocol):
    """Registers persons with the vault. Returns the ids in order; None for a person that the vault refuses."""

    async def __call__(self, persons: Sequence[Description]) -> list[UUID | None]:
        """Registers at most `BATCH` persons."""
        ...


class AskOpen(Protocol):
    """Tells about which of these persons a question is open."""

    async def __call__(self, persons: Sequence[UUID]) -> set[UUID]:
        """Those with an open question."""
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
    asked: AskOpen | None = None,
    dry_run: bool = False,
    places: Mapping[int, Place] | None = None,
    today: date | None = None,
) -> ImportReport:
    """Sends the events of the files. The same file twice sends the same ids, so it changes nothing.

    A dry run reads and checks everything, asks nobody and sends nothing. `places` fills in the
    coordinates of rows that have a postcode only. Raises Unavailable when the vault or Kafka is away;
    starting again is safe.
    """
    if dry_run:
        return check(files, region, places, today)
    reading = read_files(files, Context(region, places or {}, today))
    events = [*reading.events, *await identify(reading, persons, asked)]
    await send(sink, events)
    return report(files, reading, events, dry_run=False)


def check(
    files: Sequence[Path],
    region: str,
    places: Mapping[int, Place] | None = None,
    today: date | None = None,
) -> ImportReport:
    """The report of a dry run; needs no server at all."""
    reading = read_files(files, Context(region, places or {}, today))
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
    registrations: list[Registration] = []
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
                registrations.append(one)
    certain, problems = leave_out_disputed(registrations)
    reading.registrations += certain
    reading.problems += problems
    reading.problems.sort(key=lambda problem: (problem.file != path.name, problem.row))


def leave_out_disputed(
    registrations: Sequence[Registration],
) -> tuple[list[Registration], list[RowProblem]]:
    """Leaves out rows of one file that give one BSN to people with another name or birth date: every one is told."""
    disputed = list_disputed([one.described for one in registrations])
    certain, problems = [], []
    for one in registrations:
        if one.described.person.bsn in disputed:
            problems.append(RowProblem(one.file, one.row, WHO, TWO_PEOPLE))
        else:
            certain.append(one)
    return certain, problems


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


async def identify(
    reading: Reading, persons: Identify, asked: AskOpen | None = None
) -> list[SenderEvent]:
    """Registers the persons of a reading. Returns their events; a refused person becomes a problem.

    So does a person about whom a question is open (`asked` knows): they are registered, and wait for its answer.
    """
    events: list[SenderEvent] = []
    for batch in list_batches(reading.registrations):
        ids = await persons([registration.described for registration in batch])
        known = [one for one in ids if one is not None]
        questioned = await asked(known) if asked is not None and known else set()
        for registration, person_id in zip(batch, ids, strict=True):
            if person_id is None:
                problem = RowProblem(registration.file, registration.row, REFUSED, NOT_TAKEN)
                reading.problems.append(problem)
                continue
            events += registration.to_events(person_id)
            if person_id in questioned:
                reading.problems.append(
                    RowProblem(registration.file, registration.row, WHO, QUESTIONED)
                )
    return events


def list_batches(registrations: Sequence[Registration]) -> Iterator[Sequence[Registration]]:
    """Batches for the vault. A file begins a new one: a later file may mend what an earlier one said."""
    for _, of_file in groupby(registrations, key=lambda one: one.file):
        rows = list(of_file)
        for start in range(0, len(rows), BATCH):
            yield rows[start : start + BATCH]
