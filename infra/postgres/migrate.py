"""Numbered SQL migrations, each applied once, in one transaction with its line in `migrations`."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from infra.errors import NotConfigured

FOLDER = Path(__file__).parent / "migrations"
LOCK = 7_301_946_520_418


def known() -> list[tuple[int, str, str]]:
    """Number, name and text of every migration, in order."""
    files = sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    return [(int(file.name[:4]), file.stem, file.read_text(encoding="utf-8")) for file in files]


async def migrate(owner_dsn: str, passwords: Mapping[str, str]) -> list[str]:
    """Apply what is missing and set the passwords of the roles; names of what was applied.

    NotConfigured when an applied migration was edited afterwards or the database is newer than this code.
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
        applied = await apply_missing(connection)
        await connection.execute("GRANT SELECT ON migrations TO reader, acceptor")
        for role, password in passwords.items():
            quoted = await connection.fetchval(
                "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)", role, password
            )
            await connection.execute(quoted)
        return applied
    finally:
        await connection.close()


async def apply_missing(connection: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    """Run the migrations that the database does not have; each with its line, or not at all."""
    rows = await connection.fetch("SELECT number, digest FROM migrations")
    done = {row["number"]: row["digest"] for row in rows}
    ours = known()
    if newer := set(done) - {number for number, _, _ in ours}:
        raise NotConfigured(
            f"the database has migration {max(newer)}, which this version does not know: install the newer version"
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
        async with connection.transaction():
            await connection.execute(text)
            await connection.execute(
                "INSERT INTO migrations (number, name, digest) VALUES ($1, $2, $3)",
                number,
                name,
                digest,
            )
        applied.append(name)
    return applied
