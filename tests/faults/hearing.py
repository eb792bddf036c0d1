"""What other systems hear of us: the outward topics, and a webhook."""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from events.catalogue import OUTWARD_TOPICS
from infra.kafka.security import client_arguments
from tests.faults.journal import Key, Partition
from tests.faults.reading import WEBHOOK, Ledger, Owner, few
from tests.faults.world import World

Sent = dict[tuple[str, str], int]  # (topic or webhook, region) -> up to which number all was sent


async def sent_so_far(tx: Owner) -> Sent:
    """Where relay and courier say that they are."""
    relayed = await tx.fetch("SELECT region, seq FROM relay_positions WHERE topic = 'out'")
    told = await tx.fetch(
        "SELECT region, seq FROM destination_positions WHERE destination = 'faults'"
    )
    sent = {(topic, row["region"]): row["seq"] for row in relayed for topic in OUTWARD_TOPICS}
    return sent | {(WEBHOOK, row["region"]): row["seq"] for row in told}


@dataclass
class Ear:
    """Listens to everything that leaves, and knows how far it heard."""

    world: World
    ledger: Ledger
    heard: dict[Partition, int] = field(default_factory=dict)
    called: int = 0  # calls of the webhook that we judged
    told: Sent = field(default_factory=lambda: defaultdict(int))  # how many lines, not up to which
    early: list[tuple[Key, str]] = field(
        default_factory=list
    )  # heard, and not yet read in the ledger

    async def judge(self, sent: Sent) -> list[str]:
        """Per channel and region: the lines of the ledger in order, none left out; repeats may be.

        `sent` was read before we listen: everything up to there must be heard.
        """
        broken, heard = [], [*self.early, *await self.listen(), *self.calls()]
        self.early = [(key, channel) for key, channel in heard if key not in self.ledger.places]
        for key, channel in heard:
            if key in self.ledger.places:
                broken += self.next_on(channel, *self.ledger.places[key])
        for place, lines in self.ledger.outward.items():
            due = [seq for seq in lines if seq <= sent.get(place, 0)]
            if self.told[place] < len(due):
                broken.append(f"{place}: {due[self.told[place]]} was not sent")
        return few("", broken)

    def next_on(self, channel: str, region: str, seq: int) -> list[str]:
        """What is heard for the first time must be the next line of the ledger that belongs there."""
        lines, reached = self.ledger.outward[channel, region], self.told[channel, region]
        if reached == len(lines) or seq < lines[reached]:
            return []
        self.told[channel, region] += 1
        return (
            [] if seq == lines[reached] else [f"{channel} {region}: {seq} before {lines[reached]}"]
        )

    def calls(self) -> list[tuple[Key, str]]:
        """What the webhook was told since."""
        new = self.world.told[self.called :]
        self.called += len(new)
        return [(key, WEBHOOK) for key in new]

    async def a_consumer(self) -> AIOKafkaConsumer:
        """A client of the broker, which may be on its way back: our processes came to rest without asking it."""
        async with asyncio.timeout(60):
            while True:
                consumer = AIOKafkaConsumer(
                    **client_arguments(self.world.kafka), group_id=None, enable_auto_commit=False
                )
                try:
                    await consumer.start()
                except KafkaError:
                    await consumer.stop()
                    await asyncio.sleep(0.5)
                else:
                    return consumer

    async def listen(self) -> list[tuple[Key, str]]:
        """What is new on the outward topics: the event and its topic, in order per partition."""
        found: list[tuple[Key, str]] = []
        kafka = self.world.kafka
        consumer = await self.a_consumer()
        try:
            parts = [TopicPartition(t, n) for t in OUTWARD_TOPICS for n in range(kafka.partitions)]
            ends = await consumer.end_offsets(parts)
            behind = {tp for tp in parts if self.heard.get(tuple(tp), 0) < ends[tp]}
            consumer.assign(list(behind))
            for tp in behind:
                consumer.seek(tp, self.heard.get(tuple(tp), 0))
            while behind:
                for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                    for record in records:
                        whole = json.loads(record.value)
                        found.append(((whole["source"], whole["id"]), tp.topic))
                    self.heard[tuple(tp)] = records[-1].offset + 1
                    if self.heard[tuple(tp)] >= ends[tp]:
                        behind.discard(tp)
        finally:
            await consumer.stop()
        return found
