"""Applies numbered SQL migrations, each once, in one transaction with its line in `migrations`.

A running system can be migrated (docs/decisions/0009). A migration waits for its locks only briefly at a time,
because everybody else queues behind a waiting table lock. Migrations of a later version are tolerated, so that the
version before can be started again, unless they take something away: `NNNN_contract_*`.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import asyncpg

from infra.errors import NotConfigured, Unavailable

FOLDER = Path(__file__).parent / "migrations"
LOCK = 7_301_946_520_418
LOCK_MS: Final = 500  # the longest that one lock request may hold up the running system
PATIENCE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.5  # pause between tries: lets those queued behind us go first
IN_USE = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)


def read_migrations() -> list[tuple[int, str, str]]:
    """Lists number, name and text of every migration, in order."""
    files = sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    return [(int(file.name[:4]), file.stem, file.read_text(encoding="utf-8")) for file in files]


async def migrate(
    owner_dsn: str, passwords: Mapping[str, str], patience: float = PATIENCE_SECONDS
) -> list[str]:
    """Applies missing migrations and sets the passwords of the roles; returns the names of those applied.

    Raises NotConfigured when an applied migration was edited afterwards, or a later version took away what this one
    needs. Raises Unavailable when a table stays in use for more than `patience` seconds; migrations applied before
    that stay applied, so it can be run again.
    """
    connection = await asyncpg.connect(owner_dsn, timeout=10)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        await connection.execute(
            """
            CREATE TABLE IF NOT EXISTS migrations (
              number int PRIMARY KEY, name text NOT NULL, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
            """
        )
        applied = await apply_missing(connection, patience)
        await connection.execute("GRANT SELECT ON migrations TO reader, acceptor")
        for role, password in passwords.items():
            quoted = await connection.fetchval(
                "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)", role, password
            )
            await connection.execute(quoted)
        return applied
    finally:
        await connection.close()


async def apply_missing(
    connection: "asyncpg.Connection[asyncpg.Record]", patience: float
) -> list[str]:
    """Runs the migrations that the database lacks, each together with its line or not at all."""
    rows = await connection.fetch("SELECT number, name, digest FROM migrations")
    done = {row["number"]: row["digest"] for row in rows}
    ours = read_migrations()
    check_later(
        {row["number"]: row["name"] for row in rows if row["number"] not in {n for n, _, _ in ours}}
    )
    applied = []
    for number, name, text in ours:
        digest = hashlib.sha256(text.encode()).hexdigest()
        if number in done:
            if done[number] != digest:
                raise NotConfigured(
                    f"migration {name} was edited after it was applied: restore it and write a new one"
                )
            continue
        await apply_when_free(connection, (number, name, digest), text, patience)
        applied.append(name)
    return applied


def check_later(unknown: Mapping[int, str]) -> None:
    """Raises NotConfigured when a later version took something away; what it added does no harm."""
    for number, name in sorted(unknown.items()):
        if name.startswith(f"{number:04}_contract_"):
            raise NotConfigured(
                f"the database has migration {name}, which takes away what this version uses: install the newer version"
            )


async def apply_when_free(
    connection: "asyncpg.Connection[asyncpg.Record]",
    line: tuple[int, str, str],
    text: str,
    patience: float,
) -> None:
    """Applies one migration, retrying while its tables are in use. Raises Unavailable."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + patience
    while True:
        try:
            async with connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = {LOCK_MS}")
                await connection.execute(text)
                await connection.execute(
                    "INSERT INTO migrations (number, name, digest) VALUES ($1, $2, $3)", *line
                )
        except IN_USE:
            if loop.time() > give_up:
                raise Unavailable(
                    f"migration {line[1]} waits for a table that is in use (a rebuild or a backup runs?):"
                    " nothing of it was applied, try again later"
                ) from None
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return
