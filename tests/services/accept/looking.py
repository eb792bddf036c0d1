"""What the tests of the door look at in the database."""

from typing import Any

from infra.postgres.database import Database


async def rows(database: Database, query: str, *arguments: object) -> list[tuple[Any, ...]]:
    async with database.transaction() as tx:
        return [tuple(row) for row in await tx.fetch(query, *arguments)]


async def numbers(database: Database, region: str) -> list[int]:
    """The numbers of a region's ledger, in order."""
    found = await rows(database, "SELECT seq FROM ledger WHERE region = $1 ORDER BY seq", region)
    return [seq for (seq,) in found]


async def said(database: Database, region: str) -> list[tuple[int, str]]:
    """Number and type of every line of a region's ledger, in order."""
    return await rows(
        database, "SELECT seq, type FROM ledger WHERE region = $1 ORDER BY seq", region
    )


async def set_aside(database: Database) -> list[tuple[str, list[str]]]:
    """Reason and fields of every record in quarantine, in order."""
    return await rows(database, "SELECT reason, fields FROM quarantine ORDER BY number")


async def live(database: Database) -> set[tuple[Any, Any]]:
    """Visit and person of every live appointment."""
    return set(await rows(database, "SELECT visit, person FROM appointments WHERE live"))
