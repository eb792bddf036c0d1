"""Senders that never stop while versions change, and remember what they were promised."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx2

from events.envelope import Sender, System
from events.identifiers import Payload
from infra.kafka.producer import Outgoing, Producer
from infra.settings import Settings
from tests.builders import REGION, a_record
from tests.facts import NOW, a_consent, a_patient, uid

PEOPLE = 30
PRACTICE_SOURCE = f"urn:nld:prikploeg:practice:{uid('practice')}:flow"
ANSWER_SECONDS = 10.0
Key = tuple[str, str]


@dataclass
class Traffic:
    """A producer with a journal, and HTTP clients that each wait for an answer before they ask again."""

    settings: Settings
    systems: Mapping[Sender, System]
    token: str
    doors: list[str] = field(default_factory=list)  # addresses that a balancer sends to
    sent: dict[Key, Outgoing] = field(default_factory=dict)  # the broker has it
    answered: dict[Key, dict[str, Any]] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    asked_again: int = 0  # 503: the sender was told that nothing was stored
    number: int = 0
    turn: int = 0  # of the balancer
    is_going: bool = True
    random: Random = field(default_factory=lambda: Random(9))

    def record(self, payload: Payload, event_id: str) -> tuple[Key, Outgoing]:
        record = a_record(payload, event_id)
        whole = json.loads(record.value or b"")
        topic = self.systems[record.system.sender].topic
        out = Outgoing(topic, REGION.encode(), record.value or b"", list(record.headers.items()))
        return (whole["source"], whole["id"]), out

    async def send(self, producer: Producer, *payloads: Payload, stem: str = "kafka") -> list[Key]:
        """Over Kafka; journalled once the broker has it."""
        records = []
        for payload in payloads:
            self.number += 1
            records.append(self.record(payload, f"{stem}-{self.number}"))
        await producer.send_all([out for _, out in records])
        self.sent.update(records)
        return [key for key, _ in records]

    async def send_again(self, producer: Producer, keys: Sequence[Key]) -> None:
        """The same bytes once more, as a producer that did not hear the broker's answer."""
        await producer.send_all([self.sent[key] for key in keys])

    async def keep_producing(self, producer: Producer) -> None:
        """Some sixty events a second, one in fifty of them a second time."""
        while self.is_going:
            one = f"p{self.random.randrange(PEOPLE)}"
            keys = await self.send(producer, a_patient(one), a_consent(one), a_consent(one))
            if self.random.random() < 0.06:
                await self.send_again(producer, keys[:1])
            await asyncio.sleep(0.05)

    async def keep_asking(self, client: httpx2.AsyncClient, n: int) -> None:
        """One event after the other; nothing but an answer in time counts, and after a 503 the same is asked again."""
        number = 0
        while self.is_going:
            number += 1
            event = self.over_http(f"http-{n}-{number}")
            while await self.ask(client, event, self.doors[self.turn % len(self.doors)]):
                await asyncio.sleep(0.2)
            await asyncio.sleep(0.05)

    async def ask(self, client: httpx2.AsyncClient, event: dict[str, Any], door: str) -> bool:
        """Offer an event to one of the webs; whether to ask again."""
        self.turn += 1
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await client.post(
                    f"{door}/api/events",  # the address that both releases have
                    content=json.dumps(event),
                    headers={
                        "content-type": "application/cloudevents+json",
                        "authorization": f"Bearer {self.token}",
                    },
                )
        except (TimeoutError, httpx2.HTTPError) as error:
            self.unanswered.append(f"{door}: {type(error).__name__} {error}")
            return False
        if answer.status_code == 503:
            self.asked_again += 1
            return True
        said = answer.json()
        if answer.status_code == 202 and said["outcomes"][0]["status"] == "accepted":
            self.answered[event["source"], event["id"]] = said["outcomes"][0]
        else:
            self.unanswered.append(f"{door}: {answer.status_code} {answer.text[:200]}")
        return False

    def over_http(self, event_id: str) -> dict[str, Any]:
        patient = a_consent(f"p{self.random.randrange(PEOPLE)}")
        return {
            "specversion": "1.0",
            "id": event_id,
            "source": PRACTICE_SOURCE,
            "type": "consent.recorded.v1",
            "time": NOW.isoformat(),
            "datacontenttype": "application/json",
            "partitionkey": REGION,
            "data": patient.model_dump(mode="json"),
        }


@asynccontextmanager
async def flowing(traffic: Traffic, clients: int = 2) -> AsyncIterator[Producer]:
    """All of it until the block ends; then everything that was begun is finished."""
    # A connection for each request: which version answers is decided anew each time.
    limits = httpx2.Limits(max_keepalive_connections=0)
    async with (
        Producer(traffic.settings.kafka) as producer,
        httpx2.AsyncClient(limits=limits, trust_env=False, timeout=30) as client,
        asyncio.TaskGroup() as senders,
    ):
        senders.create_task(traffic.keep_producing(producer))
        for n in range(clients):
            senders.create_task(traffic.keep_asking(client, n))
        try:
            yield producer
        finally:
            traffic.is_going = False
