"""Goes through the rows of a list: the dry run, which writes nothing, and the storing, row by row the same.

Both go in parts, so that pages of others are answered in between.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar
from uuid import UUID

from events.local_time import to_local_date
from infra.person import Description, Speaker, to_speaker
from infra.postgres.database import Who
from infra.postgres.pages import own_facts
from infra.postgres.placing import Batch, Identified
from services.accept.submission import Status
from services.importing.choosing import Parsed, parse
from services.importing.layout import RowProblem
from services.importing.own_patients import Fixed, Patient, leave_out_disputed
from services.web import settling
from services.web.comparing import Compared, Standing, compare, gather, to_wrong
from services.web.list_jobs import Asked, Job, Report
from services.web.parts import Parts

PART: Final = 500  # rows in one transaction
NOT_TAKEN: Final = "is niet opgenomen; probeer het opnieuw of bel de helpdesk"

Item = TypeVar("Item")


async def read(
    who: Who, raw: bytes, asked: Asked, job: Job, seen: Parsed | None = None
) -> tuple[Parsed, list[Patient], Speaker]:
    """The rows of a list, without those that contradict each other."""
    speaker = to_speaker(who.role, who.organisation, who.region)
    if seen is not None and seen.patients:
        job.total = len(seen.patients)
        return seen, seen.patients, speaker
    parsed = await asyncio.to_thread(parse, raw, asked.choices, asked.fixed)
    certain, disputed = await asyncio.to_thread(leave_out_disputed, parsed.patients, speaker)
    problems = sorted([*parsed.problems, *disputed], key=lambda one: one.row)
    job.total = len(certain)
    return replace(parsed, patients=certain, problems=problems), certain, speaker


async def check(parts: Parts, who: Who, raw: bytes, asked: Asked, job: Job) -> None:
    """The dry run: every row is judged as the storing would, on a memory of its own; nothing is written."""
    parsed, patients, speaker = await read(who, raw, asked, job)
    described = [one.describe(speaker) for one in patients]
    batch = await asyncio.to_thread(Batch, parts.keys, described, parts.clock.now())
    standings: dict[UUID, Standing] = {}
    rows: dict[int, Compared] = {}
    today = to_local_date(parts.clock.now())
    for part in split(list(zip(patients, described, strict=True))):
        parts.guesses.check([one for _, one in part], today)
        found = await parts.writing.foresee(batch, [one for _, one in part])
        await remember(parts, who, asked.fixed, standings, found)
        rows |= compare_part(parts, asked.fixed, [one for one, _ in part], found, standings)
        job.done += len(part)
        await asyncio.sleep(0)
    job.report = Report(rows, parsed.problems, parsed)


async def store(
    parts: Parts, who: Who, raw: bytes, asked: Asked, job: Job, seen: Parsed | None = None
) -> None:
    """The storing: persons first, then what is news about them; done twice it changes nothing the second time.

    `seen`: the rows as the dry run read them, while it still has them.
    """
    parsed, patients, speaker = await read(who, raw, asked, job, seen)
    rows: dict[int, Compared] = {}
    problems = list(parsed.problems)
    events = 0
    for part in split(patients):
        described: list[Description] = [one.describe(speaker) for one in part]
        found = await settling.identify(parts, who, described)
        standings: dict[UUID, Standing] = {}
        await remember(parts, who, asked.fixed, standings, found)
        compared = compare_part(parts, asked.fixed, part, found, standings)
        refused = await submit(parts, who, compared)
        for number in refused:
            compared[number] = to_wrong(compared[number])
            problems.append(RowProblem("", number, (), NOT_TAKEN))
        events += sum(len(one.events) for one in compared.values())
        rows |= compared
        job.done += len(part)
    problems.sort(key=lambda one: one.row)
    job.report = Report(rows, problems, replace(parsed, patients=[]), events)


async def remember(
    parts: Parts,
    who: Who,
    fixed: Fixed,
    standings: dict[UUID, Standing],
    found: Sequence[Identified],
) -> None:
    """Reads what the practice said of these before, unless a row before them told it already."""
    unknown = list({one.id for one in found} - standings.keys())
    if not unknown:
        return
    async with parts.reader.reading(who) as tx:
        standings |= gather(
            await own_facts.read_registrations(tx, fixed.practice, fixed.campaign, unknown),
            await own_facts.read_consents(tx, fixed.practice, fixed.campaign, unknown),
            await own_facts.read_assessments(tx, fixed.practice, fixed.campaign, unknown),
        )


def compare_part(
    parts: Parts,
    fixed: Fixed,
    patients: Sequence[Patient],
    found: Sequence[Identified],
    standings: dict[UUID, Standing],
) -> dict[int, Compared]:
    """What each row comes to, the earlier ones being known to the later."""
    now = parts.clock.now()
    return {
        patient.row.number: compare(
            patient.row,
            patient.list_payloads(fixed, one.id),
            one,
            standings.setdefault(one.id, Standing()),
            now,
        )
        for patient, one in zip(patients, found, strict=True)
    }


async def submit(parts: Parts, who: Who, compared: Mapping[int, Compared]) -> list[int]:
    """Stores the events of rows, each row by itself; the numbers of those that were refused."""
    said = {number: one.events for number, one in compared.items() if one.events}
    outcomes = iter(await parts.writing.submit_rows(who, list(said.values())) if said else ())
    refused = []
    for number, events in said.items():
        own = [next(outcomes) for _ in events]
        if any(one.status is Status.REJECTED for one in own):
            refused.append(number)
    return refused


def split(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in parts."""
    for start in range(0, len(items), PART):
        yield items[start : start + PART]
