"""Senders that do not give up: Kafka producers and HTTP clients that know exactly what was acknowledged."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from events.envelope import Sender
from events.identifiers import NATIONAL, to_source
from infra.kafka.security import client_arguments
from infra.postgres.database import Who
from infra.settings import read_secret
from infra.tokens import mint
from tests.faults.journal import Offered
from tests.faults.seeding import REGIONS, Place, Said, national
from tests.faults.slips import Moments
from tests.faults.speech import Speech, record_of
from tests.faults.world import World

TICK_SECONDS = 0.1
PATIENCE_SECONDS = 25.0  # a client that hears nothing for this long was left without an answer
DUPLICATES, POISON = 0.02, 0.01


@dataclass
class Pace:
    """How much is said."""

    per_second: float = 120.0
    clients: int = 3
    client_pause: float = 0.08
    poison: float = POISON


@dataclass
class Load:
    """The senders of one world; `pause` returns when nothing is on its way any more."""

    world: World
    random: Random
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        self.places = [Place(region) for region in REGIONS]
        self.moments = Moments(self.random)
        self.speech = Speech(self.random, self.places, self.moments)
        self.earlier: list[Offered] = []
        self._going = asyncio.Event()
        self._on_their_way = 0
        self._lock = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None
        key = read_secret(self.world.folder.session_key).encode()
        self._tokens = [
            mint(key, Who("practice", place.region, place.practice, "load"))
            for place in self.places
        ]

    # --- going and standing still ---

    def resume(self) -> None:
        self._going.set()

    async def pause(self, seconds: float = 90.0) -> None:
        """Nobody says anything new, and everything said has its answer. TimeoutError when not."""
        self._going.clear()
        async with asyncio.timeout(seconds):
            while self._on_their_way:
                await asyncio.sleep(0.02)

    # --- over Kafka ---

    async def send(self, records: Sequence[Offered]) -> None:
        """In this order, until the broker acknowledged every one."""
        self._on_their_way += 1
        try:
            async with self._lock:
                waiting = list(records)
                while waiting:
                    waiting = await self._try(waiting)
        finally:
            self._on_their_way -= 1

    async def _try(self, records: Sequence[Offered]) -> list[Offered]:
        """What was not acknowledged, to be sent again."""
        for one in records:
            self.world.journal.offer(one)
        try:
            producer = await self._opened()
            sent = [
                await producer.send(one.topic, key=one.region.encode(), value=one.value)
                for one in records
            ]
        except (KafkaError, OSError):
            await self._reopen()
            return list(records)  # those that arrived nevertheless are copies: also fine
        # Shielded: the client's sender would end on a future that was cancelled.
        ends = await asyncio.gather(*map(asyncio.shield, sent), return_exceptions=True)
        left = []
        for one, end in zip(records, ends, strict=True):
            if isinstance(end, BaseException):
                left.append(one)
            else:
                self.world.journal.acknowledged((end.topic, end.partition), end.offset, one)
        if left:
            await self._reopen()
        return left

    async def _opened(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **client_arguments(self.world.kafka),
                enable_idempotence=True,
                acks="all",
                linger_ms=0,
                max_request_size=4_194_304,
                request_timeout_ms=30_000,
            )
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def close(self) -> None:
        """Nothing is sent any more."""
        await self._reopen()

    async def _reopen(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await asyncio.wait(
                [asyncio.create_task(producer.stop())], timeout=5
            )  # it may never end
        await asyncio.sleep(0.3)

    def some(self, count: int) -> list[Offered]:
        """New facts, copies of earlier ones, poison; not in the order in which they happened."""
        records = []
        for _ in range(count):
            chance = self.random.random()
            if chance < DUPLICATES and self.earlier:
                records.append(self.random.choice(self.earlier))
            elif chance < DUPLICATES + self.pace.poison:
                records.append(self.speech.poison())
            else:
                records.append(self.speech.next())
        if records and self.random.random() < DUPLICATES:
            records.append(records[0])  # within one batch, too
        self.random.shuffle(records)
        self.earlier += [one for one in records if not one.is_poison]
        del self.earlier[:-2000]
        return records

    async def keep_producing(self) -> None:
        while True:
            await self._going.wait()
            await self.send(self.some(max(1, round(self.pace.per_second * TICK_SECONDS))))
            await asyncio.sleep(TICK_SECONDS)

    # --- over HTTP ---

    async def keep_asking(self, n: int) -> None:
        """One client: an event, again and again until it is answered, then the next."""
        random, number = Random(f"{self.random.random()} {n}"), 0
        speech = Speech(random, self.places, self.moments)
        while True:
            await self._going.wait()
            self._on_their_way += 1
            try:
                number += 1
                place = random.randrange(len(self.places))
                said = random.choice((speech.patient, speech.consent))(self.places[place])
                offered = self.by_http(said, f"client-{n}-{number}")
                await self.until_answered(offered, place)
                if random.random() < DUPLICATES:
                    await self.until_answered(offered, place)
            finally:
                self._on_their_way -= 1
            await asyncio.sleep(self.pace.client_pause)

    def by_http(self, said: Said, event_id: str) -> Offered:
        practice = next(one.practice for one in self.places if one.region == said.region)
        source = to_source(Sender.PRACTICE, f"{practice}:load")
        return record_of(said, event_id, source, self.moments.next())

    async def until_answered(self, offered: Offered, place: int) -> None:
        """The same event with the same id until the service says that it has it."""
        self.world.journal.offer(offered)
        while not await self.ask(offered, place):
            await asyncio.sleep(0.2)

    async def ask(self, offered: Offered, place: int) -> bool:
        """True when it was taken; a connection that breaks is an answer too, silence is not."""
        journal = self.world.journal
        journal.asked += 1
        headers = {
            "content-type": "application/cloudevents+json",
            "authorization": f"Bearer {self._tokens[place]}",
        }
        timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(
                    f"{self.world.url}/api/v1/events", data=offered.value, headers=headers
                ) as answer,
            ):
                return self.heard(offered, answer.status, await answer.read())
        except TimeoutError:
            journal.unanswered.append(str(offered.key))
        except (aiohttp.ClientError, OSError):
            journal.refused_over_http += 1
        return False

    def heard(self, offered: Offered, status: int, body: bytes) -> bool:
        """Taken, or to be asked again; anything else is odd."""
        journal = self.world.journal
        if status == 202:
            outcome: dict[str, Any] = json.loads(body)["outcomes"][0]
            if outcome["status"] in {"accepted", "duplicate"} and offered.key is not None:
                journal.answered.add(offered.key)
                return True
        if status == 503:
            journal.refused_over_http += 1
            return False
        journal.odd.append(f"{status} {body[:200]!r}")
        return status < 500  # no use in asking again


@asynccontextmanager
async def loading(world: World, random: Random, pace: Pace | None = None) -> AsyncIterator[Load]:
    """The region is made known, and the senders stand ready; they end with the block."""
    load = Load(world, random, pace or Pace())
    await load.send(first_facts(load))
    tasks = [asyncio.create_task(load.keep_producing())]
    tasks += [asyncio.create_task(load.keep_asking(n)) for n in range(load.pace.clients)]
    try:
        yield load
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await load.close()


def first_facts(load: Load) -> list[Offered]:
    """What the regions are made of, in no good order, then a few patients."""
    facts = [*national(), *(said for place in load.places for said in place.facts())]
    load.random.shuffle(facts)
    people = [
        said
        for place in load.places
        for _ in range(place.people)
        for said in (load.speech.patient(place), load.speech.consent(place))
    ]
    records = [load.speech.offered(said, "seed") for said in [*facts, *people]]
    assert {one.region for one in records} == {*REGIONS, NATIONAL}
    return records
