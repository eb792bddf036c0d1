"""Reads of return records: what a practice is told of its patients' doses, and how far a region is with it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import JsonValue

if TYPE_CHECKING:
    import asyncpg

    from infra.postgres.database import Connection

STATES = ("pending", "sent", "acknowledged", "rejected", "corrected")


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """One message, by pseudonym."""

    message: UUID
    receiver: str
    practice: UUID | None
    practice_name: str | None
    person: UUID
    campaign: UUID
    dose_no: int
    dose_region: str
    dose_seq: int
    kind: str
    state: str
    why: str | None  # it was rejected
    is_requested: bool  # asked for again, and not made yet
    made_at: datetime
    sent_at: datetime | None
    facts: dict[str, JsonValue]
    product_name: str | None
    hpk: str | None
    snomed: str | None
    opt_in: bool
    performer_name: str | None
    performer_agb: str | None

    @property
    def given_at(self) -> datetime:
        """When the dose was given."""
        return datetime.fromisoformat(str(self.facts["at"]))

    @property
    def lot(self) -> str | None:
        """The batch."""
        return None if self.facts["lot"] is None else str(self.facts["lot"])


@dataclass(frozen=True, slots=True)
class CountRow:
    """Doses of a campaign, product and day, exact: given, in the record of the practice, and what the register may hear by name."""

    campaign: UUID
    product: str
    on_day: date
    given: int
    registered: int
    rejected: int
    opted_in: int
    in_register: int
    taking_back: int
    counted_at: datetime


async def read_returns(
    tx: "Connection", states: Sequence[str], after: UUID | None, most: int
) -> list[ReturnRow]:
    """The messages that the reader may see in these states, the newest first; `after` the last of the page before."""
    rows = await tx.fetch(
        """
        SELECT * FROM returns_shown WHERE state = ANY ($1::text[])
          AND ($2::uuid IS NULL OR (made_at, message) < (SELECT x.made_at, x.message FROM returns_shown x WHERE x.message = $2))
        ORDER BY made_at DESC, message DESC LIMIT $3
        """,
        list(states),
        after,
        most,
    )
    return [to_row(row) for row in rows]


async def find_returns(tx: "Connection", messages: Sequence[UUID]) -> list[ReturnRow]:
    """Those of these messages that the reader may see."""
    rows = await tx.fetch(
        "SELECT * FROM returns_shown WHERE message = ANY ($1::uuid[]) ORDER BY made_at, message",
        list(messages),
    )
    return [to_row(row) for row in rows]


async def count_states(tx: "Connection") -> dict[str, int]:
    """How many messages that the reader may see stand where."""
    rows = await tx.fetch("SELECT state, count(*) FROM returns_shown GROUP BY state")
    return {row[0]: row[1] for row in rows}


async def read_counts(tx: "Connection", region: str) -> list[CountRow]:
    """What was given and registered in a region, the newest day first."""
    rows = await tx.fetch(
        """
        SELECT campaign, product, on_day, given, registered, rejected, opted_in, in_register, taking_back, counted_at
        FROM return_counts WHERE region = $1 ORDER BY on_day DESC, campaign, product
        """,
        region,
    )
    return [CountRow(*row) for row in rows]


def to_row(row: "asyncpg.Record") -> ReturnRow:
    """A message as a reader sees it."""
    return ReturnRow(
        message=row["message"],
        receiver=row["receiver"],
        practice=row["practice"],
        practice_name=row["practice_name"],
        person=row["person"],
        campaign=row["campaign"],
        dose_no=row["dose_no"],
        dose_region=row["dose_region"],
        dose_seq=row["dose_seq"],
        kind=row["kind"],
        state=row["state"],
        why=row["rejected_reason"] if row["state"] == "rejected" else None,
        is_requested=bool(row["is_requested"]),
        made_at=row["made_at"],
        sent_at=row["sent_at"],
        facts=json.loads(row["facts"]),
        product_name=row["product_name"],
        hpk=row["hpk"],
        snomed=row["snomed"],
        opt_in=row["opt_in"],
        performer_name=row["performer_name"],
        performer_agb=row["performer_agb"],
    )
