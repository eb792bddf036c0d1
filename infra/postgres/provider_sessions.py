"""Ties sessions of ours to those of the identity provider. Real time, never simulated."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from infra.crypto import Sealed
from infra.postgres.database import Who

if TYPE_CHECKING:
    from asyncpg import Record

    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Tied:
    """A session of ours, whose it is, and what the provider said of it; `choices` is JSON."""

    session: UUID
    who: Who
    until: datetime
    sub: str  # as the provider names the person
    sid: str | None  # and its session
    choices: str
    sealed: Sealed


async def tie(tx: "Connection", tied: Tied, now: datetime) -> None:
    """Keep what the provider said of a session now; what it said before is forgotten."""
    await tx.execute(
        """
        INSERT INTO provider_sessions (session, sub, sid, choices, key_version, wrapped_key, sealed, asked_at)
        VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8)
        ON CONFLICT (session) DO UPDATE SET sid = excluded.sid, choices = excluded.choices,
          key_version = excluded.key_version, wrapped_key = excluded.wrapped_key, sealed = excluded.sealed, asked_at = excluded.asked_at
        """,
        tied.session,
        tied.sub,
        tied.sid,
        tied.choices,
        tied.sealed.key_version,
        tied.sealed.wrapped_key,
        tied.sealed.sealed,
        now,
    )


async def find_tied(tx: "Connection", session: UUID, now: datetime) -> Tied | None:
    """What the provider said of a session that is open, held so that nobody else changes it; None when it is not open."""
    row = await tx.fetchrow(
        """
        SELECT s.session, s.role, s.region, s.organisation, s.subject, s.until, p.sub, p.sid, p.choices::text AS choices,
               p.key_version, p.wrapped_key, p.sealed
        FROM provider_sessions p JOIN sessions s ON s.session = p.session
        WHERE p.session = $1 AND s.ended_at IS NULL AND s.until > $2 FOR UPDATE OF p
        """,
        session,
        now,
    )
    return None if row is None else to_tied(row)


async def claim_due(
    tx: "Connection", asked_before: datetime, now: datetime, most: int
) -> list[Tied]:
    """The open sessions of which the provider was not asked since; until it answers they count as asked now.

    So two processes never spend the same refresh token: one that is used twice ends the session at the provider.
    """
    rows = await tx.fetch(
        """
        WITH due AS (
          SELECT p.session FROM provider_sessions p JOIN sessions s ON s.session = p.session
          WHERE p.asked_at <= $1 AND s.ended_at IS NULL AND s.until > $2
          ORDER BY p.asked_at LIMIT $3 FOR UPDATE OF p SKIP LOCKED),
        claimed AS (
          UPDATE provider_sessions p SET asked_at = $2 FROM due WHERE p.session = due.session
          RETURNING p.session, p.sub, p.sid, p.choices::text AS choices, p.key_version, p.wrapped_key, p.sealed)
        SELECT s.session, s.role, s.region, s.organisation, s.subject, s.until, c.sub, c.sid, c.choices, c.key_version,
               c.wrapped_key, c.sealed
        FROM claimed c JOIN sessions s ON s.session = c.session
        """,
        asked_before,
        now,
        most,
    )
    return [to_tied(row) for row in rows]


async def list_sessions_of(tx: "Connection", sid: str | None, sub: str | None) -> list[UUID]:
    """Our sessions of one session at the provider, or of a person when it names none."""
    rows = await tx.fetch(
        """
        SELECT session FROM provider_sessions
        WHERE CASE WHEN $1::text IS NULL THEN sub = $2 ELSE sid = $1 AND ($2::text IS NULL OR sub = $2) END
        """,
        sid,
        sub,
    )
    return [row[0] for row in rows]


async def forget_tie(tx: "Connection", session: UUID) -> None:
    """Forget what the provider said of a session."""
    await tx.execute("DELETE FROM provider_sessions WHERE session = $1", session)


async def use_once(tx: "Connection", token_id: str, until: datetime, now: datetime) -> bool:
    """Note that a token was used; False when it was before."""
    await tx.execute("DELETE FROM used_tokens WHERE until < $1", now)
    done = await tx.fetchval(
        "INSERT INTO used_tokens (digest, until) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true",
        hashlib.sha256(token_id.encode()).digest(),
        until,
    )
    return bool(done)


def to_tied(row: "Record") -> Tied:
    """A row as it is asked for above."""
    who = Who(row["role"], row["region"], row["organisation"], row["subject"])
    sealed = Sealed(row["key_version"], row["wrapped_key"], row["sealed"])
    return Tied(row["session"], who, row["until"], row["sub"], row["sid"], row["choices"], sealed)
