"""A ledger with much that waits to leave, written as the owner: what is measured is the way out."""

from collections.abc import Sequence

import asyncpg

from events.codec import to_event
from tests.conftest import Fresh
from tests.facts import NOW, a_dose

SOURCE = "urn:nld:prikploeg:team:test"


async def fill(fresh: Fresh, count: int, regions: Sequence[str], name: str = "b") -> None:
    """So many given doses more, spread over these regions."""
    event = to_event("x", SOURCE, NOW, regions[0], a_dose())
    owner = await asyncpg.connect(fresh.dsn("owner"))
    try:
        for place, region in enumerate(regions):
            wanted = count // len(regions) + (1 if place < count % len(regions) else 0)
            async with owner.transaction():
                await owner.execute(
                    "INSERT INTO region_seq VALUES ($1, 0) ON CONFLICT DO NOTHING", region
                )
                last = await owner.fetchval(
                    "UPDATE region_seq SET n = n + $2 WHERE region = $1 RETURNING n - $2",
                    region,
                    wanted,
                )
                await owner.copy_records_to_table(
                    "ledger",
                    records=[
                        (region, last + n + 1, SOURCE, f"{name}.{region}.{last + n + 1}",
                         "dose.administered.v1", NOW, event.body, NOW)
                        for n in range(wanted)
                    ],
                    columns=["region", "seq", "source", "id", "type", "time", "body", "accepted_at"],
                )  # fmt: skip
                await owner.execute("SELECT pg_notify('accepted', $1)", f"{region} {last + wanted}")
    finally:
        await owner.close()
