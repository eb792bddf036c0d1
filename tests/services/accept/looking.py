"""What the tests of the door look at in the database."""

from typing import Any

from infra.crypto import Keys
from infra.postgres.acceptor.boxes import open_box
from infra.postgres.acceptor.keeping import Part
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


async def unsealed(database: Database, keys: Keys) -> list[Part | None]:
    """What is kept of every record in quarantine, in order; None for one without a box."""
    async with database.transaction() as tx:
        found = await tx.fetch("SELECT * FROM quarantine ORDER BY number")
    return [
        None if row["sealed"] is None else open_box(row, keys.for_quarantine()) for row in found
    ]


async def values(database: Database, keys: Keys) -> list[bytes | None]:
    """The values alone."""
    return [None if part is None else part.raw for part in await unsealed(database, keys)]
