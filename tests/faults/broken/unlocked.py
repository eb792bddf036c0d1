"""Broken: the next number of a region is read and then written, without a lock in between."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from events.envelope import Event
from infra.postgres.acceptor import ledger, locking
from infra.postgres.acceptor.ledger import Numbered
from services.__main__ import main


async def lock_regions(tx: Any, regions: Iterable[str]) -> None:
    """The rows are made, and not locked."""
    await tx.execute(
        "INSERT INTO region_seq (region, n) SELECT r, 0 FROM unnest($1::text[]) AS b (r)"
        " WHERE NOT EXISTS (SELECT FROM region_seq WHERE region = r) ON CONFLICT DO NOTHING",
        sorted(set(regions)),
    )


async def append(tx: Any, events: Sequence[Event], now: datetime) -> list[Numbered[Any]]:
    """Read, think, write."""
    counts = Counter(event.envelope.region for event in events)
    rows = await tx.fetch("SELECT region, n FROM region_seq WHERE region = ANY($1)", list(counts))
    last = {row["region"]: row["n"] for row in rows}
    await asyncio.sleep(0.01)
    numbered = []
    for event in events:
        region, envelope = event.envelope.region, event.envelope
        last[region] += 1
        numbered.append(
            Numbered(region, last[region], event.payload, now, envelope.source, envelope.id)
        )
    for region in sorted(counts):
        await tx.execute("UPDATE region_seq SET n = $2 WHERE region = $1", region, last[region])
    await ledger.keep(tx, events, numbered, now)
    return numbered


if __name__ == "__main__":
    assert ledger.lock_regions is not None
    assert ledger.append is not None
    ledger.lock_regions = lock_regions
    locking.lock_regions = lock_regions
    ledger.append = append
    main()
