"""Sessions of people: opened by signing in, ended by signing out or by whoever withdraws the rights. Real time, never simulated.

A notice of each end wakes the streams that are open in it; nothing depends on it, because every request asks here.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from infra.postgres.database import Who

if TYPE_CHECKING:
    from infra.postgres.database import Connection, Database

CHANNEL: Final = "sessions_ended"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a cookie or a token says of itself: who, since when, and for a cookie in which session."""

    who: Who
    issued: datetime
    session: UUID | None
    several: bool = False  # the person may act for another organisation too


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is open now."""

    session: UUID
    who: Who
    opened_at: datetime
    until: datetime


async def find_open(reader: "Database", claims: Sequence[Claim], now: datetime) -> set[Claim]:
    """Those that still count: their session is open, or their subject has kept its rights since. Raises Unavailable."""
    async with reader.statement() as connection:
        rows = await connection.fetch(
            "SELECT claims_that_count($1, $2, $3, $4)",
            [claim.who.subject for claim in claims],
            [claim.issued for claim in claims],
            [claim.session for claim in claims],
            now,
        )
    return {claims[row[0] - 1] for row in rows}


async def open_session(
    tx: "Connection", session: UUID, who: Who, now: datetime, until: datetime
) -> None:
    """Open a session; those that are over for a day are forgotten."""
    await tx.execute("DELETE FROM sessions WHERE until < $1::timestamptz - interval '1 day'", now)
    await tx.execute(
        """
        INSERT INTO sessions (session, role, region, organisation, subject, opened_at, until)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (session) DO NOTHING
        """,
        session,
        who.role,
        who.region,
        who.organisation,
        who.subject,
        now,
        until,
    )


async def extend_session(tx: "Connection", session: UUID, until: datetime) -> None:
    """Let a session that is open last longer: whose it is has just signed in anew."""
    await tx.execute(
        "UPDATE sessions SET until = greatest(until, $2) WHERE session = $1 AND ended_at IS NULL",
        session,
        until,
    )


async def end_session(tx: "Connection", session: UUID, by: str, now: datetime) -> bool:
    """End a session for whoever holds its cookie; False when it was not open."""
    done = await tx.fetchval(
        "UPDATE sessions SET ended_at = $2, ended_by = $3 WHERE session = $1 AND ended_at IS NULL RETURNING true",
        session,
        now,
        by,
    )
    await tx.execute("SELECT pg_notify($1, $2)", CHANNEL, str(session))
    return bool(done)


async def withdraw(tx: "Connection", subject: str, by: str, now: datetime) -> int:
    """End all that a subject holds: its sessions, its tokens and its codes; how many sessions were open."""
    await tx.execute(
        """
        INSERT INTO withdrawals (subject, at) VALUES ($1, $2)
        ON CONFLICT (subject) DO UPDATE SET at = greatest(withdrawals.at, excluded.at)
        """,
        subject,
        now,
    )
    await tx.execute("DELETE FROM sign_in_codes WHERE subject = $1", subject)
    ended = await tx.fetch(
        "UPDATE sessions SET ended_at = $2, ended_by = $3 WHERE subject = $1 AND ended_at IS NULL RETURNING session",
        subject,
        now,
        by,
    )
    await tx.execute("SELECT pg_notify($1, '')", CHANNEL)  # tokens too: every stream asks again
    return len(ended)


async def list_open(tx: "Connection", now: datetime) -> list[OpenSession]:
    """List the sessions that are open and that the reader may know of, newest first."""
    rows = await tx.fetch(
        """
        SELECT session, role, region, organisation, subject, opened_at, until FROM sessions
        WHERE ended_at IS NULL AND until > $1 ORDER BY opened_at DESC, session
        """,
        now,
    )
    return [OpenSession(row[0], Who(*row[1:5]), row[5], row[6]) for row in rows]


async def keep_code(tx: "Connection", code: str, who: Who, until: datetime) -> None:
    """Keep a code that opens one session of this person, once; an administrator's replaces those before it."""
    await tx.execute(
        "DELETE FROM sign_in_codes WHERE until < now() OR (role = 'admin' AND $1 = 'admin')",
        who.role,
    )
    await tx.execute(
        "INSERT INTO sign_in_codes (digest, role, region, organisation, subject, until) VALUES ($1, $2, $3, $4, $5, $6)",
        digest_of(code),
        who.role,
        who.region,
        who.organisation,
        who.subject,
        until,
    )


async def use_code(tx: "Connection", code: str, now: datetime) -> Who | None:
    """Whose session a code opens, now and never again; None for one that is used, over or unknown."""
    row = await tx.fetchrow(
        """
        UPDATE sign_in_codes SET used_at = $2 WHERE digest = $1 AND used_at IS NULL AND until > $2
        RETURNING role, region, organisation, subject
        """,
        digest_of(code),
        now,
    )
    return None if row is None else Who(*row)


def digest_of(code: str) -> bytes:
    """What is kept of a code: 80 random bits need no salt and no slow digest."""
    return hashlib.sha256(code.encode()).digest()


def find(sessions: Sequence[OpenSession], beginning: str) -> OpenSession | None:
    """The one session whose id begins so; None when there is none or more than one."""
    found = [one for one in sessions if str(one.session).startswith(beginning)]
    return found[0] if len(found) == 1 and beginning else None
