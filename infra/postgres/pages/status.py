"""Reads for the open status page: totals in fives, and the state of processes."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import JsonValue

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class PeopleRow:
    """People of a region and campaign, in fives. Registered = given_registered + planned + open; so do the answers add up."""

    region: str
    campaign: UUID
    name: str | None
    registered: int
    consented: int
    planned: int  # no dose yet, and a visit
    given: int  # a dose, registered or not
    doses_given: int
    given_twice: int
    newest_at: datetime | None
    given_registered: int
    open: int  # neither a dose nor a visit
    refused: int
    conflicting: int
    unanswered: int
    eligible: int  # registered, less who refused or may not, and has no dose


@dataclass(frozen=True, slots=True)
class UnassignedRow:
    """People whom the published plan leaves unserved for one reason, in fives, and whether crisis visits are among them."""

    region: str
    campaign: UUID | None
    reason: str
    people: int
    crisis_visits: bool


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """People without a visit by where they stand (open, or given: the next dose) and why; None: not in a plan yet."""

    campaign: UUID
    state: str
    reason: str | None
    people: int


@dataclass(frozen=True, slots=True)
class StockRow:
    """Doses of a product in a region: how many of them may be used, and how many are in quarantine; in fives for all but the planner."""

    region: str
    product: str
    doses: int
    usable: int
    newest_on: date
    quarantined: int


@dataclass(frozen=True, slots=True)
class QuarantinedLot:
    """A lot that may not be used, the doses of it in the region, and since when."""

    region: str
    product: str
    lot: str
    doses: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class PlanRow:
    """The published plan of a region, or the newest that awaits a decision."""

    state: str
    region: str
    plan: UUID
    number: int
    as_of: tuple[int, int]
    horizon_start: date
    seconds: float
    hash: str
    proposed_at: datetime
    published_at: datetime | None
    counts: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """The last heartbeat of a process."""

    process: str
    slot: int
    pid: int
    started_at: datetime
    at: datetime
    state: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class RegionRow:
    """The newest ledger number of a region, and the newest that changes its problem."""

    region: str
    seq: int
    newest_at: datetime | None


async def people(tx: "Connection", region: str | None = None) -> list[PeopleRow]:
    """Reads people per region and campaign."""
    rows = await tx.fetch(
        """
        SELECT region, campaign, name, registered, consented, planned, given, doses_given, given_twice, newest_at,
               given_registered, open, refused, conflicting, unanswered, eligible
        FROM totals_people WHERE $1::text IS NULL OR region = $1 ORDER BY region, campaign
        """,
        region,
    )
    return [PeopleRow(*row) for row in rows]


async def unassigned(tx: "Connection", region: str | None = None) -> list[UnassignedRow]:
    """Reads unserved people per reason, largest group first."""
    rows = await tx.fetch(
        """
        SELECT region, campaign, reason, people, visits > 0 FROM totals_unassigned
        WHERE $1::text IS NULL OR region = $1 ORDER BY region, campaign, people DESC NULLS LAST, reason
        """,
        region,
    )
    return [UnassignedRow(*row) for row in rows]


async def reasons(tx: "Connection", region: str) -> list[ReasonRow]:
    """Reads why people have no visit, largest group first."""
    rows = await tx.fetch(
        "SELECT campaign, state, reason, people FROM totals_reasons WHERE region = $1 ORDER BY state, people DESC, reason",
        region,
    )
    return [ReasonRow(*row) for row in rows]


async def unassigned_in_all(
    tx: "Connection", region: str | None = None
) -> dict[tuple[str, UUID | None], int]:
    """Reads unserved people per region and campaign, in fives."""
    rows = await tx.fetch(
        "SELECT region, campaign, people FROM totals_unassigned_all WHERE $1::text IS NULL OR region = $1",
        region,
    )
    return {(row["region"], row["campaign"]): row["people"] for row in rows}


async def stock(tx: "Connection", region: str | None = None) -> list[StockRow]:
    """Reads doses in stock per region and product."""
    rows = await tx.fetch(
        """
        SELECT region, product, doses, usable, newest_on, quarantined FROM totals_stock
        WHERE $1::text IS NULL OR region = $1 ORDER BY region, product
        """,
        region,
    )
    return [StockRow(*row) for row in rows]


async def quarantined_lots(tx: "Connection") -> list[QuarantinedLot]:
    """Reads the lots in quarantine per region."""
    rows = await tx.fetch(
        """
        SELECT region, product, lot, sum(doses)::int, min(since) FROM quarantined_lots
        GROUP BY region, product, lot ORDER BY region, product, lot
        """
    )
    return [QuarantinedLot(*row) for row in rows]


async def plans(tx: "Connection", region: str | None = None) -> list[PlanRow]:
    """Reads published plans and those that await a decision."""
    rows = await tx.fetch(
        """
        SELECT state, region, plan, number, region_seq, national_seq, horizon_start, seconds, hash, proposed_at, published_at,
               counts
        FROM totals_plans WHERE $1::text IS NULL OR region = $1 ORDER BY region, state
        """,
        region,
    )
    return [
        PlanRow(*[*row[:4], (row[4], row[5]), *row[6:11], json.loads(row[11] or "{}")])
        for row in rows
        if row["hash"] is not None
    ]


async def processes(tx: "Connection") -> list[ProcessRow]:
    """Reads the last heartbeat of every process."""
    rows = await tx.fetch(
        "SELECT process, slot, pid, started_at, at, state FROM heartbeats ORDER BY process, slot"
    )
    return [ProcessRow(*[*row[:5], json.loads(row[5])]) for row in rows]


async def regions(tx: "Connection") -> list[RegionRow]:
    """Reads the regions with their ledger numbers, without the country."""
    rows = await tx.fetch(
        """
        SELECT s.region, s.n, c.at FROM region_seq s LEFT JOIN problem_changes c USING (region)
        WHERE s.region <> 'NL' ORDER BY s.region
        """
    )
    return [RegionRow(*row) for row in rows]


async def set_aside_totals(tx: "Connection") -> list[tuple[str, int]]:
    """Reads how many records are in quarantine for each reason, of all systems together."""
    rows = await tx.fetch("SELECT reason, records FROM set_aside_totals ORDER BY reason")
    return [(row[0], row[1]) for row in rows]


async def set_aside(tx: "Connection") -> list[tuple[str, str, int, datetime]]:
    """Reads quarantined records of the reader's region per topic and reason, with the latest moment."""
    rows = await tx.fetch(
        "SELECT topic, reason, records, last_at FROM set_aside_here ORDER BY topic, reason"
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


async def gaps(tx: "Connection") -> int:
    """Reads the number of gaps ever seen in topics; anything but zero is an alarm."""
    found: int = await tx.fetchval("SELECT count(*) FROM gaps")
    return found


async def stopped(tx: "Connection") -> int:
    """Reads how many topics intake has stopped reading."""
    found: int = await tx.fetchval("SELECT count(*) FROM intake_stops WHERE resumed_at IS NULL")
    return found


async def migrated_to(tx: "Connection") -> int:
    """Reads the number of the newest migration applied."""
    found: int = await tx.fetchval("SELECT coalesce(max(number), 0) FROM migrations")
    return found
