"""Seals the access log: every line within about a second, region by region, in one chain each."""

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from infra import chain
from infra.crypto import Keys
from infra.errors import Unavailable
from infra.postgres.courier import seals

if TYPE_CHECKING:
    from infra.clock import Clock
    from infra.postgres.database import Database

logger = logging.getLogger(__name__)
MOST: Final = 5_000  # lines at once: about a tenth of a second
EVERY_SECONDS: Final = 1.0


async def seal_lines(store: "Database", keys: Keys, most: int = MOST) -> int:
    """Seal what waits, at most so many lines; how many were sealed."""
    version, key = list(keys.for_access_log().items())[-1]
    async with store.transaction() as tx:
        waiting = await seals.read_unsealed(tx, most)
        if not waiting:
            return 0
        heads = await seals.read_heads(tx)
        made = []
        for one in waiting:
            head = heads.get(one.region) or seals.first_head(one.region)
            seq = head.seq + 1
            digest = chain.seal(key, head.digest, one.region, seq, one.line)
            heads[one.region] = replace(head, seq=seq, digest=digest)
            made.append((one, seq, digest))
        await seals.add_seals(tx, version, made)
    return len(made)


@dataclass
class Sealing:
    """How the sealing goes, for the heartbeat: for how long nothing could be sealed. Without a key that is always."""

    clock: "Clock"
    since: float | None = None

    @property
    def unsealed_seconds(self) -> int:
        """Seconds since all was sealed; 0 while this courier only stands by."""
        return 0 if self.since is None else round(self.clock.monotonic() - self.since)

    async def keep_on(self, store: "Database", keys: Keys | None) -> None:
        """Seal every second."""
        self.since = self.clock.monotonic()
        while True:
            try:
                while keys is not None and await seal_lines(store, keys) == MOST:
                    pass
                if keys is not None:
                    self.since = self.clock.monotonic()
            except Unavailable as error:  # when Postgres is away, the heartbeat ends the process
                logger.warning("not sealed this time: %s", error)
            await asyncio.sleep(EVERY_SECONDS)
