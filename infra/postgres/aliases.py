"""Aliases of sources: a URN of an organisation, and the source that it is another spelling of."""

from datetime import datetime
from typing import TYPE_CHECKING

from infra.errors import NotConfigured

if TYPE_CHECKING:
    from infra.postgres.database import Connection

LOCK = 6_120_844_127_305  # of whoever decides what a source may mean


async def lock_sources(tx: "Connection") -> None:
    """Until this transaction ends nobody else changes what a source means, or whose it is."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", LOCK)


async def read_aliases(tx: "Connection") -> dict[str, str]:
    """Every alias with the source that is known."""
    rows = await tx.fetch("SELECT alias, source FROM source_aliases")
    return {row["alias"]: row["source"] for row in rows}


async def keep_alias(tx: "Connection", alias: str, source: str, now: datetime) -> None:
    """Tie an alias to a source for ever; NotConfigured when the same event could come in twice by it."""
    await lock_sources(tx)
    known = await read_aliases(tx)
    if known.get(alias) == source:
        return
    if why := await why_not(tx, known, alias, source):
        raise NotConfigured(why)
    await tx.execute(
        "INSERT INTO source_aliases (alias, source, added_at) VALUES ($1, $2, $3)",
        alias,
        source,
        now,
    )


async def why_not(tx: "Connection", known: dict[str, str], alias: str, source: str) -> str | None:
    """What stands in the way of an alias; None when nothing does."""
    if alias in known:
        return "the alias is tied to another source already, and stays so"
    if source in known or alias in known.values():
        return "an alias is of a source, not of another alias"
    used: bool = await tx.fetchval("SELECT EXISTS (SELECT FROM seen WHERE source = $1)", alias)
    if used:
        return "events are kept under this URN itself: it goes on as a source of its own"
    own: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM systems, unnest(sources) AS prefix WHERE starts_with($1, prefix))",
        alias,
    )
    if own:
        return "a connected system may use this URN as a source of its own"
    return None


async def refuse_aliased(tx: "Connection", prefixes: tuple[str, ...]) -> None:
    """NotConfigured when one of these prefixes would let somebody use an alias as a source of its own."""
    await lock_sources(tx)
    if any(alias.startswith(prefixes) for alias in await read_aliases(tx)):
        raise NotConfigured("a prefix covers an alias: connect the system with the known source")
