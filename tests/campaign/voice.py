"""Everything that the played world says, through the front door: Kafka, and HTTPS for practices; the journal keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

import aiohttp

from infra.kafka.producer import Outgoing
from infra.postgres.database import Who
from infra.settings import read_secret
from infra.tokens import mint
from services.sending import SenderEvent, to_record
from tests.faults.journal import Offered
from tests.faults.load import PATIENCE_SECONDS, Load
from tests.faults.world import World


@dataclass
class Voice:
    """Says what the simulator makes up; practices may speak over HTTPS."""

    world: World
    heard: list[SenderEvent] = field(default_factory=list)  # said since somebody last looked

    def __post_init__(self) -> None:
        self.load = Load(self.world, Random("nothing is drawn from it"))

    async def tell(self, said: Sequence[SenderEvent]) -> None:
        """Over Kafka, in order."""
        self.heard += said
        await self.load.send([to_offered(one) for one in said])

    async def spoil(self, records: Sequence[Outgoing]) -> None:
        """Records that must be set aside."""
        await self.load.send([Offered(r.topic, r.key.decode(), r.value) for r in records])

    async def by_https(self, said: Sequence[SenderEvent], practice: UUID, region: str) -> None:
        """One practice says these, one request each, and is answered."""
        key = read_secret(self.world.folder.session_key).encode()
        headers = {
            "content-type": "application/cloudevents+json",
            "authorization": f"Bearer {mint(key, Who('practice', region, practice, 'campaign'))}",
        }
        timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for one in said:
                offered = to_offered(one)
                self.world.journal.offer(offered)
                self.heard.append(one)
                async with session.post(
                    f"{self.world.url}/api/v1/events", data=offered.value, headers=headers
                ) as answer:
                    self.load.heard(offered, answer.status, await answer.read())

    async def close(self) -> None:
        await self.load.close()


def to_offered(said: SenderEvent) -> Offered:
    """The record with the fact in it."""
    record = to_record(said)
    key = (said.envelope.source, said.id)
    return Offered(record.topic, said.envelope.region, record.value, key, said.payload, said.sender)
