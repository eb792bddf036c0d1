"""Looks that may stand out, and the alerts about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody looked at one person on purpose: opened, or asked for and refused."""

    at: datetime
    region: str
    who: str
    role: str
    organisation: UUID | None
    person: UUID
    alike: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """Looks of one reader that stand out together."""

    id: UUID
    kind: str
    region: str
    who: str
    role: str
    organisation: UUID | None
    persons: int
    first_at: datetime
    last_at: datetime


async def read_looks(tx: "Connection", since_minutes: float) -> list[Looked]:
    """Reads the looks on purpose of the last minutes, in order; lists and streams are of everybody at once and no choice of a person."""
    rows = await tx.fetch(
        """
        SELECT at, region, who, role, organisation, person, alike FROM access_log
        WHERE at > now() - make_interval(secs => 60 * $1::float8) AND (action = 'read' OR outcome = 'refused')
        ORDER BY at, number
        """,
        since_minutes,
    )
    return [
        Looked(
            at=row["at"],
            region=row["region"],
            who=row["who"],
            role=row["role"],
            organisation=row["organisation"],
            person=row["person"],
            alike=tuple(row["alike"] or ()),
        )
        for row in rows
    ]


async def raise_alerts(tx: "Connection", alerts: Sequence[Alert]) -> int:
    """Raises alerts; one that stands grows. How many are new."""
    rows = await tx.fetch(
        """
        INSERT INTO access_alerts (alert, kind, region, who, role, organisation, persons, first_at, last_at)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::int[],
                             $8::timestamptz[], $9::timestamptz[])
        ON CONFLICT (alert) DO UPDATE SET persons = greatest(access_alerts.persons, excluded.persons),
          first_at = least(access_alerts.first_at, excluded.first_at), last_at = greatest(access_alerts.last_at, excluded.last_at)
        RETURNING xmax = 0 AS is_new
        """,
        [one.id for one in alerts],
        [one.kind for one in alerts],
        [one.region for one in alerts],
        [one.who for one in alerts],
        [one.role for one in alerts],
        [one.organisation for one in alerts],
        [one.persons for one in alerts],
        [one.first_at for one in alerts],
        [one.last_at for one in alerts],
    )
    return sum(row["is_new"] for row in rows)
