"""One round of the relay: what the ledger has and the outward topics do not."""

from typing import TYPE_CHECKING

from events.catalogue import CATALOGUE
from events.codec import encode
from infra.kafka.producer import Outgoing, Producer
from infra.postgres import positions

if TYPE_CHECKING:
    from infra.postgres.database import Database

MOST = 500
ALL = "out"  # one position for the ledger of a region: its events leave in ledger order, whatever their topic


async def relay_once(database: "Database", producer: Producer) -> int:
    """Send the next lines of every region and remember it; how many ledger lines were passed.

    The position moves after the broker has the records: a crash in between sends them again.
    """
    passed = 0
    async with database.transaction() as tx:
        standing = await positions.read_relayed(tx, ALL)
    for region, after in sorted(standing.items()):
        async with database.transaction() as tx:
            lines = await positions.next_events(tx, region, after, MOST)
        if not lines:
            continue
        outgoing = []
        for _, envelope, body in lines:
            if (topic := CATALOGUE[envelope.type].outward) is not None:
                value, headers = encode(envelope, body)
                outgoing.append(Outgoing(topic, region.encode(), value, headers))
        await producer.send_all(outgoing)
        async with database.transaction() as tx:
            await positions.move_relayed(tx, ALL, region, lines[-1][0])
        passed += len(lines)
    return passed
