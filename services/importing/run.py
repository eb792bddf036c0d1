"""The import: files in, events out. Valid rows go on; invalid ones are reported by file, row and column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError

from events.at_fault import list_faulty_fields
from events.catalogue import TYPE_OF
from infra.identifying import list_disputed
from services.importing.accounting import (
    UNCHECKED,
    FileCount,
    ImportReport,
    Known,
    TakenRow,
    count_rows,
    count_types,
    list_doubled,
    list_header_notes,
    list_header_problems,
    list_references,
    list_unanswered,
    split_references,
    tell_unanswered,
)
from services.importing.asking import AskKnown, AskOpen, Identify, Registered
from services.importing.columns import read_header
from services.importing.encoding import UnreadableFile
from services.importing.layout import (
    BadRow,
    Context,
    Place,
    Reference,
    Registration,
    Remark,
    Row,
    RowProblem,
    Table,
    Turned,
)
from services.importing.organisations import INSTITUTIONS, ORGANISATIONS
from services.importing.reading import choose_table, read_lines, read_rows
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
TWICE = "{column}: onder deze sleutel is hier iets tweemaal bekend, ook in een schrijfwijze van een eerdere versie; trek een van beide in"
QUESTIONED = "controleer BSN en geboortedatum; tot de praktijk de vraag beantwoordt, wordt deze persoon niet ingepland"


@dataclass(slots=True)
class Reading:
    """Content of files: events that can be sent at once, registrations that need an id first, and problems."""

    events: list[SenderEvent] = field(default_factory=list)
    registrations: list[Registration] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    notes: list[RowProblem] = field(default_factory=list)
    counts: list[FileCount] = field(default_factory=list)
    taken: list[TakenRow] = field(default_factory=list)
    references: list[tuple[Table, Reference]] = field(default_factory=list)
    files: dict[int, int] = field(
        default_factory=dict
    )  # id of a registration -> number of its file

    @property
    def rows(self) -> int:
        """Rows in all files that could be read."""
        return sum(count.read for count in self.counts)


async def run(
    files: Sequence[Path],
    region: str,
    sink: Sink,
    persons: Identify,
    *,
    asked: AskOpen | None = None,
    known: AskKnown | None = None,
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
    reading = await read_as_known(files, Context(region, places or {}, today), known)
    events = [*reading.events, *await identify(reading, persons, asked)]
    before = await compare(reading, events, known)
    await send(sink, events)
    return report(reading, events, before, dry_run=False)


def check(
    files: Sequence[Path],
    region: str,
    places: Mapping[int, Place] | None = None,
    today: date | None = None,
) -> ImportReport:
    """The report of a dry run; needs no server at all."""
    reading = read_files(files, Context(region, places or {}, today))
    events = [
        one
        for found in reading.registrations
        for one in take(reading, found, Registered(NOBODY, said_before=False))
    ]
    note_unchecked(reading)
    return report(reading, [*reading.events, *events], Known(), dry_run=True)


async def check_beside(
    files: Sequence[Path],
    region: str,
    known: AskKnown,
    places: Mapping[int, Place] | None = None,
    today: date | None = None,
) -> ImportReport:
    """The report of a dry run beside a service, which is asked for keys and facts, and told nothing of any person.

    Of a row about a person it is not said whether it is known: who that is, only the vault can tell, and it would store it.
    """
    context = Context(region, places or {}, today)
    reading = await read_as_known(files, context, known)
    of_persons = [
        one
        for found in reading.registrations
        for one in take(reading, found, Registered(NOBODY, said_before=False))
    ]
    before = await compare(reading, reading.events, known, patient=False)
    return report(reading, [*reading.events, *of_persons], before, dry_run=True)


async def read_as_known(files: Sequence[Path], context: Context, known: AskKnown | None) -> Reading:
    """Reads files with the ids by which things are known here already."""
    reading = read_files(files, context)
    kept, twice = await find_kept(context, known)
    if kept:
        reading = read_files(files, replace(context, kept=kept))
    reading.problems += tell_twice(reading, twice)
    return reading


async def compare(
    reading: Reading,
    events: Sequence[SenderEvent],
    known: AskKnown | None,
    *,
    patient: bool = True,
) -> Known:
    """What the service had before; a key that nothing answers to, there or in these files, is told with its row."""
    defined, named = split_references(reading.references)
    elsewhere = list_unanswered(named, defined)
    if known is None:
        note_unchecked(reading)
        return Known()
    keys: dict[str, list[str]] = {}
    for one in sorted({(one.kind, one.id) for one in elsewhere}):
        keys.setdefault(one[0], []).append(one[1])
    found = await known([(one.envelope.source, one.id) for one in events], keys, patient=patient)
    reading.problems += map(tell_unanswered, list_unanswered(elsewhere, found.keys))
    return found


async def find_kept(
    context: Context, known: AskKnown | None
) -> tuple[dict[UUID, UUID], set[tuple[str, str]]]:
    """Of keys that version 0.1.0 took for others: the ids by which things are known here; and what is known by both.

    What is known by both was said again since: today's id goes on, for the newest facts are there.
    """
    if known is None or not context.former:
        return {}, set()
    keys: dict[str, list[str]] = {}
    for (kind, today), former in context.former.items():
        keys.setdefault(kind, []).extend(map(str, (today, *sorted(former))))
    found = (await known([], keys, patient=False)).keys
    kept, twice = {}, set()
    for (kind, today), former in context.former.items():
        here = found.get(kind, frozenset())
        before = [one for one in sorted(former) if str(one) in here]
        if before and str(today) in here:
            twice.add((kind, str(today)))
        elif before:
            kept[today] = before[0]
            twice |= {(kind, str(before[0]))} if before[1:] else set()
    return kept, twice


def tell_twice(reading: Reading, twice: set[tuple[str, str]]) -> list[RowProblem]:
    """Rows with a key by which the service knows two things, by row and column."""
    return [
        RowProblem(
            one.file,
            one.row,
            (one.column,),
            TWICE.format(column=one.column),
            one.line,
            left_out=False,
        )
        for _, one in reading.references
        if (one.kind, one.id) in twice
    ]


def note_unchecked(reading: Reading) -> None:
    """Tells how many keys only the service could answer to."""
    defined, named = split_references(reading.references)
    for count in reading.counts:
        mine = [one for one in list_unanswered(named, defined) if one.file == count.name]
        if keys := {(one.kind, one.id) for one in mine}:
            said = UNCHECKED.format(n=len(keys))
            reading.notes.append(RowProblem(count.name, 0, (), said, left_out=False))


def report(
    reading: Reading, events: Sequence[SenderEvent], known: Known, *, dry_run: bool
) -> ImportReport:
    """Makes the report of a reading."""
    count_rows(reading.counts, reading.taken, known)
    return ImportReport(
        files=len(reading.counts),
        rows=reading.rows,
        rows_accepted=sum(count.accepted + count.unchanged for count in reading.counts),
        sent=count_types(TYPE_OF[type(one.payload)] for one in events),
        problems=tuple(reading.problems),
        dry_run=dry_run,
        counts=tuple(reading.counts),
        notes=tuple(reading.notes),
    )


def read_files(files: Sequence[Path], context: Context) -> Reading:
    """Reads files in order; a file that cannot be read is one problem."""
    reading = Reading()
    for path in files:
        reading.counts.append(FileCount(path.name))
        try:
            read_file(path, context, reading)
        except UnreadableFile as error:
            reading.counts[-1].is_refused = True
            reading.problems.append(RowProblem(path.name, 0, (), str(error)))
    return reading


def read_file(path: Path, context: Context, reading: Reading) -> None:
    """Adds one file to a reading. Raises UnreadableFile before it adds anything."""
    lines = read_lines(path)
    table = choose_table(path, lines.header, TABLES)
    if table is None:
        known = ", ".join(table.name for table in TABLES)
        raise UnreadableFile(f"onbekend soort bestand; noem het naar een van: {known}")
    header = read_header(table, lines.header)
    problems = list_header_problems(path.name, header)
    reading.notes += list_header_notes(path.name, header, lines.header)
    registrations: list[Registration] = []
    said: list[tuple[Row, tuple[SenderEvent, ...]]] = []
    for row in read_rows(path.name, table, header, lines.rows):
        reading.counts[-1].read += 1
        turned = turn(table, row, context) if isinstance(row, Row) else row
        if isinstance(turned, RowProblem):
            problems.append(turned)
        elif isinstance(row, Row):
            said.append((row, tuple(one for one in turned if isinstance(one, SenderEvent))))
            registrations += take_row(reading, row, turned)
            problems += list_remarks(reading, row, turned)
            reading.references += ((table, one) for one in list_references(table, row, context))
    problems += list_doubled(table, said)
    certain, disputed = leave_out_disputed(registrations)
    left_out = {one.row for one in disputed}
    problems = [one for one in problems if one.row not in left_out] + disputed
    reading.files |= dict.fromkeys(map(id, certain), len(reading.counts) - 1)
    reading.registrations += certain
    reading.problems += sorted(problems, key=lambda problem: problem.row)


def take_row(reading: Reading, row: Row, turned: Turned) -> list[Registration]:
    """Notes the events of a row that needs no person; the registrations of one that does."""
    events = tuple(one for one in turned if isinstance(one, SenderEvent))
    reading.events += events
    if events:
        reading.taken.append(TakenRow(len(reading.counts) - 1, row.number, events))
    return [one for one in turned if isinstance(one, Registration)]


def list_remarks(reading: Reading, row: Row, turned: Turned) -> list[RowProblem]:
    """What is to be said of a row that is taken; what leaves nothing out is a note."""
    said = [
        (one, RowProblem(row.file, row.number, one.fields, one.message, row.line, left_out=False))
        for one in turned
        if isinstance(one, Remark)
    ]
    reading.notes += [problem for one, problem in said if one.is_note]
    return [problem for one, problem in said if not one.is_note]


def leave_out_disputed(
    registrations: Sequence[Registration],
) -> tuple[list[Registration], list[RowProblem]]:
    """Leaves out rows of one file that give one BSN to people with another name or birth date: every one is told."""
    disputed = list_disputed([one.described for one in registrations])
    certain, problems = [], []
    for one in registrations:
        if one.described.person.bsn in disputed:
            problems.append(RowProblem(one.file, one.row, WHO, TWO_PEOPLE, one.line))
        else:
            certain.append(one)
    return certain, problems


def turn(table: Table, row: Row, context: Context) -> Turned | RowProblem:
    """The events of a row, or its problem."""
    try:
        return table.turn(row, context)
    except BadRow as error:
        return RowProblem(row.file, row.number, error.fields, error.message, row.line)
    except ValidationError as error:
        fields = columns_at_fault(table, error)
        what = ", ".join(f"{name} is niet geldig" for name in fields)
        return RowProblem(
            row.file, row.number, fields, what or "deze waarden gaan niet samen", row.line
        )


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
        answers = await persons([registration.described for registration in batch])
        known = [one.id for one in answers if one is not None]
        questioned = await asked(known) if asked is not None and known else set()
        for registration, person in zip(batch, answers, strict=True):
            told = RowProblem(
                registration.file, registration.row, REFUSED, NOT_TAKEN, registration.line
            )
            if person is None:
                reading.problems.append(told)
                continue
            events += take(reading, registration, person)
            if person.id in questioned:
                reading.problems.append(
                    replace(told, fields=WHO, message=QUESTIONED, left_out=False)
                )
    return events


def take(reading: Reading, registration: Registration, person: Registered) -> list[SenderEvent]:
    """The events of a registration, which is taken now that its person has an id."""
    events = registration.to_events(person.id)
    file = reading.files.get(id(registration), 0)
    row = TakenRow(file, registration.row, tuple(events), person.said_before)
    reading.taken.append(row)
    return events


def list_batches(registrations: Sequence[Registration]) -> Iterator[Sequence[Registration]]:
    """Batches for the vault. A file begins a new one: a later file may mend what an earlier one said."""
    for _, of_file in groupby(registrations, key=lambda one: one.file):
        rows = list(of_file)
        for start in range(0, len(rows), BATCH):
            yield rows[start : start + BATCH]
