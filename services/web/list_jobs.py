"""The lists that are looked at or stored in the background of this process, and how far each is.

What is found stays in memory; a process that is killed takes it along, and the list, sealed in the database, is looked at
again. One list at a time: each takes its memory, and pages of others go first.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from infra.errors import RefusedByStore, Unavailable
from services.importing.choosing import Choices, Parsed
from services.importing.encoding import UnreadableFile
from services.importing.layout import RowProblem
from services.importing.own_patients import Fixed
from services.web.codes import note_code
from services.web.comparing import Compared, What, count
from services.web.refusing import Refused

KEPT_JOBS: Final = 20  # whose outcome stays in memory
MOST_WRONG: Final = 0.3  # of the rows: then the columns are probably read wrong
FEWEST: Final = 10  # rows of which such a share says something


@dataclass(frozen=True, slots=True)
class Report:
    """What the rows of a list come to, by number of the row."""

    rows: Mapping[int, Compared]
    problems: Sequence[RowProblem]
    parsed: Parsed
    events: int = 0  # that were stored

    @property
    def counts(self) -> dict[What, int]:
        """How many rows came to what."""
        counts = count(self.rows)
        counts[What.WRONG] += len({one.row for one in self.problems} - self.rows.keys())
        return counts

    @property
    def total(self) -> int:
        """How many rows the list has."""
        return sum(self.counts.values())

    @property
    def is_mostly_wrong(self) -> bool:
        """Whether so many rows are wrong that the columns probably are."""
        return self.total >= FEWEST and self.counts[What.WRONG] > MOST_WRONG * self.total


@dataclass(slots=True)
class Job:
    """The dry run or the storing of one list."""

    choices: Choices
    task: "asyncio.Task[None]"
    done: int = 0
    total: int = 0
    report: Report | None = None
    failed: str = ""  # why it ended without a report: a key of the wording, or what is unreadable
    code: str = ""

    @property
    def percent(self) -> int:
        """How far it is."""
        return 100 * self.done // self.total if self.total else 0


@dataclass(frozen=True, slots=True)
class Asked:
    """How a list is read, and what holds for all of its rows."""

    choices: Choices
    fixed: Fixed


Run = Callable[[Job], Awaitable[None]]


@dataclass
class ListJobs:
    """The jobs of this process by list: dry runs, and storings."""

    checks: OrderedDict[UUID, Job] = field(default_factory=OrderedDict)
    stores: OrderedDict[UUID, Job] = field(default_factory=OrderedDict)
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    def check(self, upload: UUID, choices: Choices, run: Run) -> Job:
        """The dry run of a list, begun unless it was with these choices."""
        known = self.checks.get(upload)
        if known is not None and known.choices == choices and not known.failed:
            return known
        if known is not None:
            known.task.cancel()
        return self._begin(self.checks, upload, choices, run)

    def store(self, upload: UUID, choices: Choices, run: Run) -> Job:
        """The storing of a list, begun unless it is under way."""
        known = self.stores.get(upload)
        if known is not None and not known.failed:
            return known
        self.checks.pop(upload, None)
        return self._begin(self.stores, upload, choices, run)

    def _begin(self, jobs: OrderedDict[UUID, Job], upload: UUID, choices: Choices, run: Run) -> Job:
        async def guarded() -> None:
            async with self.gate:
                await tell(run, job)

        for other in self.checks.values():  # the rows themselves are kept of one list only
            if other.report is not None and jobs is self.checks:
                other.report.parsed.patients.clear()
        job = Job(choices, asyncio.create_task(guarded()))
        jobs[upload] = job
        while len(jobs) > KEPT_JOBS:
            jobs.popitem(last=False)
        return job

    def forget(self, upload: UUID) -> None:
        """Forget what was found of a list; what is being stored goes on."""
        if (known := self.checks.pop(upload, None)) is not None:
            known.task.cancel()

    def close(self) -> None:
        """End what is under way."""
        for job in (*self.checks.values(), *self.stores.values()):
            job.task.cancel()


async def tell(run: Callable[[Job], Awaitable[None]], job: Job) -> None:
    """Runs a job, and notes why it ended when it ended without a report."""
    try:
        await run(job)
    except UnreadableFile as error:
        job.failed, job.report = f"{str(error)[:1].upper()}{str(error)[1:]}.", None
    except Refused as error:
        job.failed, job.code, job.report = f"problem.{error.why}", error.code, None
    except (Unavailable, RefusedByStore) as error:
        job.failed, job.code, job.report = "upload.failed", note_code(error), None
