"""Looking where one normally may not: a reason opens one person for one reader for a while, and somebody else says what they think of it.

What is written here is written as `acceptor`; a reader sees what it opened itself, the administrator of a region what was opened there.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from infra.postgres.database import Who

if TYPE_CHECKING:
    from infra.postgres.database import Connection

What = Literal["glass", "alert"]
SAME_NAME: Final = "own_name"
NEIGHBOUR: Final = "neighbour"


@dataclass(frozen=True, slots=True)
class Glass:
    """Somebody's opening of one person."""

    id: UUID
    person: UUID
    reason: str
    opened_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class GlassDue:
    """An opening that nobody looked at yet."""

    id: UUID
    who: str
    role: str
    organisation: str | None
    person: UUID
    reason: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class AlertDue:
    """Looks that stand out, which nobody looked at yet."""

    id: UUID
    kind: str
    who: str
    role: str
    organisation: str | None
    persons: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Traits:
    """Keyed hashes of what is known of a reader; None where it is not known."""

    family_name: bytes | None
    postcode: bytes | None
    address: bytes | None


async def break_glass(tx: "Connection", who: Who, glass: Glass) -> bool:
    """Opens a person who is registered in the reader's region; False for anybody else."""
    done = await tx.fetchval(
        """
        INSERT INTO break_glass (glass, person, who, role, region, organisation, reason, opened_at, until)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
        WHERE EXISTS (SELECT FROM registrations WHERE person = $2 AND region = $5) RETURNING true
        """,
        glass.id,
        glass.person,
        who.subject,
        who.role,
        who.region,
        who.organisation,
        glass.reason,
        glass.opened_at,
        glass.until,
    )
    return bool(done)


async def read_glass(tx: "Connection", glass: UUID) -> Glass | None:
    """Reads an opening of the reader; None for another's and for one that does not exist."""
    row = await tx.fetchrow(
        "SELECT glass, person, reason, opened_at, until FROM break_glass WHERE glass = $1", glass
    )
    return None if row is None else Glass(*row)


async def list_glass_due(tx: "Connection") -> list[GlassDue]:
    """Lists the openings that wait for a reviewer, the oldest first."""
    rows = await tx.fetch(
        """
        SELECT g.glass, g.who, g.role, (SELECT o.facts ->> 'name' FROM organisations o WHERE o.organisation = g.organisation LIMIT 1),
               g.person, g.reason, g.opened_at
        FROM break_glass g WHERE NOT EXISTS (SELECT FROM access_reviews r WHERE r.what = 'glass' AND r.id = g.glass)
        ORDER BY g.opened_at, g.glass
        """
    )
    return [GlassDue(*row) for row in rows]


async def list_alerts_due(tx: "Connection") -> list[AlertDue]:
    """Lists the looks that stand out and wait for a reviewer, the oldest first."""
    rows = await tx.fetch(
        """
        SELECT a.alert, a.kind, a.who, a.role, (SELECT o.facts ->> 'name' FROM organisations o WHERE o.organisation = a.organisation LIMIT 1),
               a.persons, a.first_at, a.last_at
        FROM access_alerts a WHERE NOT EXISTS (SELECT FROM access_reviews r WHERE r.what = 'alert' AND r.id = a.alert)
        ORDER BY a.raised_at, a.alert
        """
    )
    return [AlertDue(*row) for row in rows]


async def add_review(
    tx: "Connection", what: What, about: UUID, by: Who, at: datetime, verdict: str, note: str
) -> bool:
    """Adds what a reviewer says; False when somebody did so before."""
    done = await tx.fetchval(
        """
        INSERT INTO access_reviews (what, id, region, reviewer, at, verdict, note) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (what, id) DO NOTHING RETURNING true
        """,
        what,
        about,
        by.region,
        by.subject,
        at,
        verdict,
        note,
    )
    return bool(done)


async def list_due(tx: "Connection") -> list[tuple[str, str, datetime]]:
    """Lists until when something may wait for a reviewer: region, what, moment."""
    rows = await tx.fetch("SELECT region, what, due_at FROM reviews_due ORDER BY due_at")
    return [tuple(row) for row in rows]


async def read_traits(tx: "Connection") -> Traits | None:
    """Reads what is known of the reader."""
    row = await tx.fetchrow(
        "SELECT family_name, postcode, address FROM reader_traits WHERE subject = me('subject')"
    )
    return None if row is None else Traits(*row)


async def note_traits(tx: "Connection", subject: str, traits: Traits, now: datetime) -> None:
    """Notes what is known of somebody who reads, instead of what was known."""
    await tx.execute(
        """
        INSERT INTO reader_traits (subject, family_name, postcode, address, noted_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (subject) DO UPDATE SET (family_name, postcode, address, noted_at)
          = (excluded.family_name, excluded.postcode, excluded.address, excluded.noted_at)
        """,
        subject,
        traits.family_name,
        traits.postcode,
        traits.address,
        now,
    )
