"""What the benchmarks share: the events, processor time of processes, and the limits that we compare with."""

import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import psutil

from events.codec import encode, to_event
from events.envelope import Event
from events.identifiers import CampaignId, LocationId, OrganisationId, PersonId
from events.practice import Indication, PatientRegistered
from infra.clock import SystemClock
from tests.conftest import Fresh

CLOCK = SystemClock()
REGION = "GG2514"
NAMESPACE = UUID(int=25)
PRACTICES = 180


def practice_id(n: int) -> UUID:
    return uuid5(NAMESPACE, f"practice {n % PRACTICES}")


def registration(n: int, source: str, practice: UUID | None = None) -> Event:
    """One of a region with 250 locations and 180 practices; the same for the same number."""
    payload = PatientRegistered(
        person_id=PersonId(uuid5(NAMESPACE, f"person {n}")),
        campaign_id=CampaignId(uuid5(NAMESPACE, "campaign")),
        location_id=LocationId(uuid5(NAMESPACE, f"location {n % 250}")),
        practice_id=OrganisationId(practice or practice_id(n)),
        birth_year=1930 + n % 40,
        indication=Indication.WLZ,
    )
    return to_event(f"bench-{n}", source, None, REGION, payload)


def said(event: Event) -> bytes:
    """As its sender writes it."""
    return encode(event.envelope, event.body)[0]


@dataclass
class Spent:
    """Processor time of a process and its children from here on."""

    pid: int

    def __post_init__(self) -> None:
        self._began = self._now()

    def _now(self) -> float:
        total = 0.0
        process = psutil.Process(self.pid)
        for one in (process, *process.children(recursive=True)):
            try:
                times = one.cpu_times()
            except psutil.Error:
                continue
            total += times.user + times.system
        return total

    def microseconds(self, events: int) -> float:
        """Per event."""
        return 1e6 * (self._now() - self._began) / events


def postgres_pid(fresh: Fresh) -> int:
    note: Path = fresh.servers.folder.data / "postgres" / "postmaster.pid"
    return int(note.read_text().split("\n", 1)[0])


async def copy_rate(fresh: Fresh, events: Sequence[Event]) -> float:
    """Rows a second that COPY takes into a bare table of the ledger's columns, 1,000 in a transaction."""
    owner = await asyncpg.connect(fresh.dsn("owner"))
    try:
        await owner.execute(
            "DROP TABLE IF EXISTS copied; CREATE TABLE copied AS SELECT * FROM ledger LIMIT 0"
        )
        now = CLOCK.now()
        lines = [
            (e.envelope.region, n, e.envelope.source, e.envelope.id, e.envelope.type, None, e.body, now)
            for n, e in enumerate(events)
        ]  # fmt: skip
        began = CLOCK.monotonic()
        for start in range(0, len(lines), 1000):
            await owner.copy_records_to_table("copied", records=lines[start : start + 1000])
        return len(lines) / (CLOCK.monotonic() - began)
    finally:
        await owner.execute("DROP TABLE IF EXISTS copied")
        await owner.close()


def percentile(values: Iterable[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def show(capsys: Any, title: str, rows: Sequence[tuple[str, str]]) -> None:
    """One table, with the machine that it was measured on."""
    machine = (
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )
    width = max(len(name) for name, _ in rows)
    lines = [f"\n{title} ({machine})", *(f"  {name:<{width}}  {value}" for name, value in rows)]
    with capsys.disabled():
        sys.stdout.write("\n".join(lines) + "\n")
