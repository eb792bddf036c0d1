"""The state as of any line of a ledger: folded beside the live tables, read, and forgotten again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from events.catalogue import CATALOGUE
from infra.errors import NotConfigured
from infra.postgres.database import Database
from infra.postgres.state import (
    Position,
    find_newest_of,
    find_position,
    make_tables_beside,
    make_views_beside,
)
from services.accept.rebuild import BATCH, DEADLINE_SECONDS, fold

if TYPE_CHECKING:
    from infra.postgres.database import Connection

CHANGES_PROBLEM: Final = [name for name, entry in CATALOGUE.items() if entry.changes_problem]


@asynccontextmanager
async def standing_at(
    owner_dsn: str, region: str, number: int
) -> AsyncIterator[tuple["Connection", Position]]:
    """A transaction in which plain table and view names mean the state as of this line; nothing of it stays.

    Of other regions and the country what was accepted by then. Nobody waits for it: the live tables are only read. What
    lies outside the ledger (the vault and the questions that it asks) is as it is now. Raises NotConfigured for a line
    that the region does not have.
    """
    database = await Database.open(owner_dsn, size=1, deadline=DEADLINE_SECONDS)
    try:
        async with database.statement() as connection:
            attempt = connection.transaction(isolation="repeatable_read")
            await attempt.start()
            try:
                position = await find_position(connection, region, number)
                if position is None:
                    raise NotConfigured(f"the ledger of {region} has no line {number}")
                await make_tables_beside(connection)
                await make_views_beside(connection)
                await fold(connection, BATCH, position)
                yield connection, position
            finally:
                await attempt.rollback()
    finally:
        await database.close()


async def read_as_of(tx: "Connection", position: Position) -> tuple[int, int]:
    """The newest regional and national lines up to a position that change the planner's problem."""
    found = await find_newest_of(tx, position, CHANGES_PROBLEM)
    return found.get(position.region, 0), found.get("NL", 0)
