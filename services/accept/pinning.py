"""What it takes to judge a pin before it is stored: the facts that its visit, its shift and the other pins depend on."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from events.envelope import Event
from infra.postgres.acceptor import ledger
from infra.postgres.snapshot.load import load_snapshot
from infra.postgres.snapshot.rows import Snapshot

if TYPE_CHECKING:
    from infra.postgres.database import Database


async def load_around(
    database: "Database", region: str, visits: Collection[UUID], now: datetime
) -> Snapshot:
    """Reads the region around these visits and those that are pinned: no other people, places or crisis visits."""
    snapshot = await load_snapshot(database, region, now, around=sorted(visits))
    wanted = {*visits, *(pin.visit for pin in snapshot.visits.pins)}
    places = {
        row.facts.location_id for row in snapshot.visits.published if row.facts.visit_id in wanted
    }
    crises = tuple(one for one in snapshot.visits.crises if one.visit_id in wanted)
    places |= {one.location_id for one in crises}
    locations = tuple(
        row for row in snapshot.places.locations if row.registered.location_id in places
    )
    return replace(
        snapshot,
        visits=replace(snapshot.visits, crises=crises),
        places=replace(snapshot.places, locations=locations),
    )


async def find_known(database: "Database", events: Sequence[Event]) -> set[tuple[str, str]]:
    """Finds which of these events were accepted before: they are duplicates, and nothing is judged again."""
    async with database.transaction() as tx:
        return set(await ledger.find_known(tx, events))
