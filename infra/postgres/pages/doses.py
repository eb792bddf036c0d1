"""Reads for planner and practice about doses: what contradicts itself, what was said twice or otherwise, and conflicts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from events.practice import ConsentSubject
from infra.postgres.snapshot.people import (
    read_intervals,
    read_product_intervals,
    to_answer,
    to_decision,
    to_dose,
    to_mark,
)
from infra.postgres.snapshot.rows import DeathRow, FactRows

if TYPE_CHECKING:
    from infra.postgres.database import Connection

MOST = 200  # lines on a page


@dataclass(frozen=True, slots=True)
class DoseLine:
    """A dose that counts, as a page shows it."""

    person: UUID
    campaign: UUID
    dose_no: int
    outcome: str
    product: str | None
    lot: str | None
    at: datetime
    is_corrected: bool
    author: UUID | None  # who recorded it, on which device, when by that device
    device: str | None
    device_at: datetime | None
    place: str | None  # of a dose that was given elsewhere
    told_by: str | None


@dataclass(frozen=True, slots=True)
class ElsewhereLine:
    """A dose that somebody got elsewhere: where, and who told of it."""

    person: UUID
    dose_no: int
    product: str | None
    at: datetime
    place: str | None
    told_by: str | None
    is_corrected: bool


@dataclass(frozen=True, slots=True)
class SlipLine:
    """What was said twice, corrected or taken back: how it was said first, and how it is now.

    'unmatched': the record that it names is not known yet.
    """

    kind: str
    of_person: UUID
    person: UUID
    dose_no: int | None
    of_lot: str | None
    lot: str | None
    of_at: datetime | None
    at: datetime | None
    reason: str | None
    why: str | None
    corrected_by: UUID | None
    author: UUID | None
    device: str | None
    device_at: datetime | None
    accepted_at: datetime
    holds: bool  # the newest of the corrections of its record
    by_author: UUID | None  # who recorded the correction
    by_device: str | None
    by_device_at: datetime | None
    of_outcome: str | None


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """A fact of a team that no longer fits what was decided meanwhile; of doses alone it names the person."""

    kind: str
    person: UUID | None
    dose_no: int | None
    team: str
    product: str | None
    lot: str | None
    at: datetime
    author: UUID | None
    device: str | None
    device_at: datetime | None


async def series_to_judge(tx: "Connection", region: str) -> set[tuple[UUID, UUID]]:
    """Reads which (person, campaign) of the planner's region may contradict themselves; the rules of care decide."""
    rows = await tx.fetch(
        """
        SELECT person, campaign FROM series_to_judge
        UNION SELECT person, campaign FROM plan_unassigned u
        WHERE u.region = $1 AND u.person IS NOT NULL AND 'contradiction' = ANY (u.reasons)
          AND u.hash = (SELECT p.hash FROM totals_plans p WHERE p.region = $1 AND p.state = 'published')
        """,
        region,
    )
    return {(row["person"], row["campaign"]) for row in rows}


async def load_shown_facts(tx: "Connection", people: Iterable[UUID]) -> FactRows:
    """Reads what the rules on contradictions need of these people, as far as the reader may see them; oldest first."""
    wanted = sorted(set(people))
    answers = await tx.fetch(
        """
        SELECT * FROM answers_shown WHERE person = ANY ($1::uuid[]) AND subject = $2 ORDER BY moment, accepted_at, region, seq
        """,
        wanted,
        ConsentSubject.TREATMENT.value,
    )
    doses = await tx.fetch(
        "SELECT * FROM doses_shown WHERE person = ANY ($1::uuid[]) ORDER BY moment, accepted_at, region, seq",
        wanted,
    )
    decisions = await tx.fetch(
        "SELECT * FROM decisions_shown WHERE person = ANY ($1::uuid[]) ORDER BY moment, accepted_at, region, seq",
        wanted,
    )
    deaths = await tx.fetch(
        "SELECT * FROM deaths_shown WHERE person = ANY ($1::uuid[]) ORDER BY moment, accepted_at, region, seq",
        wanted,
    )
    return FactRows(
        consents=tuple(to_answer(row) for row in answers),
        assessments=(),
        adverse_events=(),
        doses=tuple(to_dose(row) for row in doses),
        decisions=tuple(to_decision(row) for row in decisions),
        deaths=tuple(DeathRow(row["person"], row["campaign"], to_mark(row)) for row in deaths),
        min_days=await read_intervals(tx),
        product_days=await read_product_intervals(tx),
    )


async def doses_of(tx: "Connection", people: Sequence[UUID]) -> list[DoseLine]:
    """Reads the doses of these people that count, oldest first."""
    rows = await tx.fetch(
        """
        SELECT person, campaign, dose_no, outcome, product, lot, at, is_corrected, author, device, device_at, place, told_by
        FROM doses_shown
        WHERE person = ANY ($1::uuid[]) AND outcome <> 'not_given' ORDER BY person, campaign, at, dose_no
        """,
        people,
    )
    return [DoseLine(*row) for row in rows]


async def elsewhere(tx: "Connection") -> list[ElsewhereLine]:
    """Reads the doses that people got elsewhere, the last heard first."""
    rows = await tx.fetch(
        """
        SELECT person, dose_no, product, at, place, told_by, is_corrected FROM doses_elsewhere
        ORDER BY accepted_at DESC, at DESC, person LIMIT $1
        """,
        MOST,
    )
    return [ElsewhereLine(*row) for row in rows]


async def slips(tx: "Connection") -> list[SlipLine]:
    """Reads what was said twice, corrected or taken back, the newest first."""
    rows = await tx.fetch(
        """
        SELECT kind, of_person, person, coalesce(dose_no, of_dose_no), of_lot, lot, of_at, at, reason, why, corrected_by, author,
               device, device_at, accepted_at, holds, by_author, by_device, by_device_at, of_outcome
        FROM dose_slips ORDER BY accepted_at DESC, moment DESC LIMIT $1
        """,
        MOST,
    )
    return [SlipLine(*row) for row in rows]


async def conflicts(tx: "Connection") -> list[ConflictLine]:
    """Reads facts of teams that no longer fit, the newest first."""
    rows = await tx.fetch(
        """
        SELECT c.kind, c.person, c.dose_no, coalesce(t.facts ->> 'name', left(c.team::text, 8)), c.product, c.lot, c.at,
               c.author, c.device, c.device_at
        FROM dose_conflicts c LEFT JOIN teams t ON t.region = c.region AND t.team = c.team
        ORDER BY c.accepted_at DESC, c.at DESC LIMIT $1
        """,
        MOST,
    )
    return [ConflictLine(*row) for row in rows]
