"""Counts how far each campaign is, and publishes the counts when they changed."""

import hashlib
import json
from dataclasses import astuple
from datetime import datetime
from typing import TYPE_CHECKING

from events.identifiers import NATIONAL, CampaignId
from events.reports import ProgressCounted
from infra.identity import derived_id
from infra.postgres.courier import progress
from services.accept.submission import OwnEvent
from services.courier.desk import Desk, submit_own

if TYPE_CHECKING:
    from infra.postgres.courier.progress import Counted


async def count_progress(desk: Desk) -> int:
    """Count the regions in which something happened; how many counts were published.

    A count is an event too, but it changes no number, so that no count follows from a count.
    """
    async with desk.store.transaction() as tx:
        regions = await progress.find_changed_regions(tx)
    return sum([await count_region(desk, region) for region in sorted(regions)])


async def count_region(desk: Desk, region: str) -> int:
    """Count one region in one snapshot of the database; how many counts were published."""
    async with desk.store.snapshot() as tx:
        as_of = (await progress.read_newest(tx, region), await progress.read_newest(tx, NATIONAL))
        counts = await progress.count(tx, region)
        before = await progress.read_published(tx, region)
    now = desk.clock.now()
    fresh = [one for one in counts if before.get(one.campaign) != digest_of(one)]
    if fresh:
        await submit_own(desk, region, [to_own_event(region, one, as_of, now) for one in fresh])
    async with desk.store.transaction() as tx:
        for one in counts:
            await progress.remember(tx, region, one.campaign, as_of[0], digest_of(one))
    return len(fresh)


def digest_of(counted: "Counted") -> str:
    """Equal for equal numbers."""
    return hashlib.sha256(json.dumps(astuple(counted), default=str).encode()).hexdigest()


def to_own_event(
    region: str, counted: "Counted", as_of: tuple[int, int], now: datetime
) -> OwnEvent:
    """The counts as an event; a count of the same facts at the same moment has the same id."""
    counts = ProgressCounted(
        campaign_id=CampaignId(counted.campaign),
        registered=counted.registered,
        plannable=counted.plannable,
        planned=counted.planned,
        dose_1_given=counted.dose_1_given,
        dose_2_given=counted.dose_2_given,
        refused=counted.refused,
        wasted=counted.wasted,
        as_of=as_of,
        counted_at=now,
    )
    parts = ("progress", region, str(counted.campaign), str(as_of), now.isoformat())
    return OwnEvent(str(derived_id(*parts)), now, counts)
