"""Rebuilds the projection beside the live tables and compares the two: the state is a fold of the ledger, or a fault of ours."""

from typing import TYPE_CHECKING

from events.catalogue import CATALOGUE
from events.codec import read_ledger
from infra.postgres.acceptor.ledger import Numbered
from infra.postgres.database import Database
from infra.postgres.state import (
    STATE_TABLES,
    hash_tables,
    make_tables_beside,
    read_lines,
    remove_tables_beside,
    see_one_moment,
    work_beside,
)
from services.accept.apply import apply_facts
from services.accept.derive import apply_without_deriving

if TYPE_CHECKING:
    from infra.postgres.database import Connection

BATCH = 5000  # events; a quarter faster than 1000, for 20 MB more


async def compare(owner_dsn: str, *, batch: int = BATCH) -> list[str]:
    """Names of the tables whose rebuilt content differs from the live one; empty when all are equal.

    Runs as owner, in one transaction that sees one moment and leaves nothing behind. Events are applied in
    other batches than they were accepted in: that this makes no difference is part of what is compared.
    """
    database = await Database.open(owner_dsn, size=1, deadline=3600)
    try:
        async with database.transaction() as tx:
            await see_one_moment(tx)
            await make_tables_beside(tx)
            await fold(tx, batch)
            rebuilt, live = await hash_tables(tx, "rebuilt"), await hash_tables(tx, "public")
            await remove_tables_beside(tx)
            return [name for name in STATE_TABLES if rebuilt[name] != live[name]]
    finally:
        await database.close()


async def fold(tx: "Connection", batch: int) -> None:
    """Apply the whole ledger, each region in its order; the derived events are in it already."""
    await work_beside(tx)
    async for lines in read_lines(tx, batch):
        numbered = [
            Numbered(
                line.region,
                line.seq,
                read_ledger(line.type, line.body),
                line.accepted_at,
                line.source,
                line.id,
                line.time,
            )
            for line in lines
            if line.type in CATALOGUE
        ]
        for row in await apply_facts(tx, numbered):
            await apply_without_deriving(tx, row)
