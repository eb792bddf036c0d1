"""One round of the relay: what the ledger has and the outward topics do not yet."""

import asyncio
from typing import TYPE_CHECKING, Final

from events.catalogue import CATALOGUE
from events.codec import encode
from events.type_names import TypeNames
from infra.kafka.producer import Outgoing, Producer
from infra.postgres import relay_cursors
from infra.postgres.ledger_reads import read_lines

if TYPE_CHECKING:
    from infra.postgres.database import Database
    from infra.postgres.relay_cursors import RelayCursor

MOST: Final = (
    1000  # records of one region in flight: what a round holds in memory, and what a crash repeats
)
ALL: Final = "out"  # one cursor for the ledger of a region: its events leave in ledger order, whatever their topic
OUTWARD: Final = {name: entry.outward for name, entry in CATALOGUE.items() if entry.outward}
AT_ONCE: Final = 3  # regions: each holds a connection and its records in flight


async def relay_once(
    database: "Database", producer: Producer, names: TypeNames = TypeNames.SHORT
) -> int:
    """Send the next lines of every region and move its cursor; how many ledger lines were passed."""
    async with database.transaction() as tx:
        behind = [one for one in await relay_cursors.read_cursors(tx, ALL) if one.seq < one.newest]
    gate = asyncio.Semaphore(AT_ONCE)

    async def pass_region(one: "RelayCursor") -> int:
        async with gate:
            return await relay_region(database, producer, one, names)

    return sum(await asyncio.gather(*(pass_region(one) for one in behind)))


async def relay_region(
    database: "Database", producer: Producer, at: "RelayCursor", names: TypeNames
) -> int:
    """Send one round of a region, in ledger order; how many lines were passed, also those that do not leave us.

    The cursor moves after the broker has acknowledged the records: a crash in between sends them again (at least once).
    """
    async with database.transaction() as tx:
        lines = await read_lines(tx, at.region, at.seq, at.newest, list(OUTWARD), MOST)
    key = at.region.encode()
    outgoing = []
    for line in lines:
        value, headers = encode(line.envelope, line.body, names)
        outgoing.append(Outgoing(OUTWARD[line.envelope.type], key, value, headers))
    if outgoing:
        await producer.send_all(outgoing)
    passed = lines[-1].seq if len(lines) == MOST else at.newest
    async with database.transaction() as tx:
        await relay_cursors.move_cursor(tx, ALL, at.region, passed)
    return passed - at.seq
