"""Watches the access log: looks that stand out become alerts within seconds."""

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from infra.errors import Unavailable
from infra.postgres.access_policy import read_policies
from infra.postgres.courier import alerts
from services.courier.odd_looks import find_alerts

if TYPE_CHECKING:
    from infra.postgres.database import Database

logger = logging.getLogger(__name__)
EVERY_SECONDS: Final = 10.0
AT_FIRST_MINUTES: Final = 24 * 60.0  # looked back when the courier starts: it may have been away


async def watch(store: "Database", minutes: float) -> int:
    """Raise alerts about the looks of the last minutes; how many are new."""
    async with store.transaction() as tx:
        looks = await alerts.read_looks(tx, minutes)
        found = find_alerts(looks, await read_policies(tx))
        return await alerts.raise_alerts(tx, found)


async def read_window(store: "Database") -> float:
    """The longest time, in minutes, within which any region counts people together."""
    async with store.transaction() as tx:
        return float(max(one.bulk_minutes for one in (await read_policies(tx)).values()))


async def keep_watching(store: "Database") -> None:
    """Watch as long as the courier works; each round looks back over a whole window of the policy, and an hour more."""
    minutes = AT_FIRST_MINUTES
    while True:
        try:
            if new := await watch(store, minutes):
                logger.warning("%d alerts about who looks at whom: see /beheer/inzage", new)
            minutes = await read_window(store) + 60.0
        except Unavailable as error:  # when Postgres is away, the heartbeat ends the process
            logger.warning("not watched this time: %s", error)
        await asyncio.sleep(EVERY_SECONDS)
