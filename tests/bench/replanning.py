"""The demo's region in all processes, and events that make its planner think again: what is seen of each in `/status`."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2

from events.catalogue import CATALOGUE, TYPE_OF
from events.identifiers import Payload
from events.local_time import to_moment
from infra.clock import SystemClock, set_campaign_clock
from infra.embedded.session import Servers
from infra.kafka.producer import Outgoing, Producer
from infra.postgres.campaign_view import read_record
from infra.postgres.database import Database
from services.commands.connecting import connect, exercise_systems
from services.demo.scenario import BEGINS, Scenario
from services.planner.record import Computed, from_record
from services.sending import TOPICS, make_event, to_record
from services.simulator.feed import feed
from tests.conftest import Fresh
from tests.flow.processes import Child, a_free_port, children, environment, until
from tests.infra.kafka.broker import a_topic
from tests.services.importing.builders import SmallVault

CLOCK = SystemClock()
LOOK_SECONDS = 0.05
CALM_LOOKS = 12
BETTER_SECONDS = 15.0  # a second answer is seen within 4 s, on a busy machine later
LONGEST_SECONDS = 120.0


@dataclass(frozen=True)
class Standing:
    """The visits that people go by: where each stands, and who is expected when."""

    stops: dict[UUID, tuple[UUID, datetime]]  # visit -> shift, start
    people: dict[tuple[UUID, int], tuple[UUID, datetime]]  # person, dose -> visit, start


@dataclass(frozen=True)
class Happening:
    """An event, with the visits and people that it hits itself."""

    name: str
    payloads: Sequence[Payload]
    visits: frozenset[UUID] = frozenset()
    people: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Answered:
    """How the planner answered an event: seconds until seen, and what moved that the event did not hit."""

    name: str
    first: float
    last: float
    moved_stops: int
    moved_people: int
    moved_days: int
    lost: int
    served: int
    gave_way: int = 0  # stops that moved for a higher priority, as the policy allows
    steps: str = ""  # of the first answer, as the planner says
    plan_hash: str = ""  # of the last answer


@dataclass
class Remapped:
    """Sends to the topics of this test what is meant for those of the exercise."""

    producer: Producer
    topics: dict[str, str]
    sent: int = 0

    async def send_all(self, records: Sequence[Outgoing]) -> None:
        await self.producer.send_all(
            [replace(one, topic=self.topics[one.topic]) for one in records]
        )
        self.sent += len(records)


@dataclass
class World:
    """Processes, a sink for facts, and what `/status` says."""

    region: str
    fresh: Fresh
    sink: Remapped
    client: httpx2.AsyncClient
    door: Database
    processes: dict[str, Child]
    clock: Path
    seen: list[tuple[float, str, int]] = field(default_factory=list)  # moment, plan, as_of

    async def status(self) -> dict[str, Any]:
        """What `/status` says of the region."""
        said = (await self.client.get("/status")).json()
        return next((one for one in said["regions"] if one["region"] == self.region), {})

    async def look(self) -> None:
        """Notes a plan that was not seen before."""
        assert all(one.is_running for one in self.processes.values())
        plan = (await self.status()).get("plan")
        if plan and (not self.seen or self.seen[-1][1] != plan["id"]):
            self.seen.append((CLOCK.monotonic(), plan["id"], plan["as_of"][0]))

    async def is_at_rest(self, *, busy: bool = True) -> bool:
        """Whether no fact waits for a plan and (where `busy` counts) no plan is being made better."""
        async with self.door.transaction() as tx:
            newest, known, works = await tx.fetchrow(
                """
                SELECT (SELECT seq FROM problem_changes WHERE region = $1),
                       (SELECT region_seq FROM planned WHERE region = $1),
                       (SELECT state -> 'regions' ? $1 FROM heartbeats WHERE process = 'planner')
                """,
                self.region,
            )
        return known is not None and known >= newest and not (busy and works)

    async def rest(self, seconds: float = LONGEST_SECONDS) -> None:
        """Looks until nothing changes any more, or the time for a better answer is long over."""
        calm, patience = 0, CLOCK.monotonic() + BETTER_SECONDS
        async with asyncio.timeout(seconds):
            while calm < CALM_LOOKS:
                await self.look()
                rests = await self.is_at_rest(busy=CLOCK.monotonic() < patience)
                calm = calm + 1 if rests else 0
                await asyncio.sleep(LOOK_SECONDS)

    async def standing(self) -> Standing:
        """What is published now."""
        async with self.door.transaction() as tx:
            visits = await tx.fetch(
                "SELECT visit, shift, lower(slot) AS at FROM visits WHERE region = $1 AND live",
                self.region,
            )
            people = await tx.fetch(
                """
                SELECT a.person, a.dose_no, a.visit, lower(v.slot) AS at FROM appointments a JOIN visits v USING (region, visit)
                WHERE a.region = $1 AND a.live AND v.live
                """,
                self.region,
            )
        return Standing(
            {row["visit"]: (row["shift"], row["at"]) for row in visits},
            {(row["person"], row["dose_no"]): (row["visit"], row["at"]) for row in people},
        )

    async def say(self, payloads: Sequence[Payload]) -> list[str]:
        """Sends facts to the topics of their senders; returns their ids once the broker has them."""
        said = []
        for payload in payloads:
            entry = CATALOGUE[TYPE_OF[type(payload)]]
            sender = next(one for one in TOPICS if one in entry.senders)
            event = make_event(sender, self.region, payload, "oefening").named(uuid4())
            said.append(event)
        await self.sink.send_all([to_record(one) for one in said])
        return [one.id for one in said]

    async def happen(self, event: Happening) -> Answered:
        """Says what happened and watches how the plan follows."""
        before = await self.standing()
        self.seen.clear()
        await self.look()
        ids = await self.say(event.payloads)
        began = CLOCK.monotonic()
        await asyncio.sleep(LOOK_SECONDS)
        await self.wait_for(ids)
        await self.rest()
        async with self.door.transaction() as tx:
            seq = await tx.fetchval("SELECT max(seq) FROM ledger WHERE id = ANY ($1)", ids)
        answers = [(at, plan) for at, plan, as_of in self.seen[1:] if as_of >= seq]
        assert answers, (event.name, seq, self.seen)
        seconds = answers[0][0] - began, answers[-1][0] - began
        found = judge(event, before, await self.standing(), seconds)
        plan_hash = await self.hash_of(answers[-1][1])
        _, plan = await self.computed(plan_hash)
        return replace(
            found, gave_way=len(plan.moved), steps=self.last_steps(), plan_hash=plan_hash
        )

    async def hash_of(self, plan_id: str) -> str:
        """Of a published plan."""
        async with self.door.transaction() as tx:
            return str(await tx.fetchval("SELECT hash FROM plans WHERE plan = $1", UUID(plan_id)))

    async def computed(self, plan_hash: str) -> Computed:
        """The problem that a plan was made of, and the plan."""
        async with self.door.transaction() as tx:
            return from_record(*await read_record(tx, plan_hash))

    def last_steps(self) -> str:
        """What the planner said of the steps of its last answer."""
        lines = self.processes["planner"].log.read_text().splitlines()
        said = [json.loads(line)["message"] for line in lines if '"answered ' in line]
        return said[-1].partition(" in ")[2] if said else ""

    async def wait_for(self, ids: Sequence[str]) -> None:
        """Looks until the ledger has these facts."""

        async def is_stored() -> bool:
            await self.look()
            async with self.door.transaction() as tx:
                found = await tx.fetchval("SELECT count(*) FROM ledger WHERE id = ANY ($1)", ids)
            return bool(found == len(ids))

        await until(is_stored, LONGEST_SECONDS, LOOK_SECONDS)


def judge(
    event: Happening, before: Standing, after: Standing, seconds: tuple[float, float]
) -> Answered:
    """What moved of those whom the event did not hit."""
    stops = [visit for visit in before.stops if visit not in event.visits]
    people = {
        key: place
        for key, place in before.people.items()
        if place[0] not in event.visits and key[0] not in event.people
    }
    days = [key for key in people if key in after.people and is_other_day(people, after, key)]
    return Answered(
        event.name,
        *seconds,
        moved_stops=sum(1 for one in stops if after.stops.get(one) != before.stops[one]),
        moved_people=sum(
            1 for key in people if key in after.people and after.people[key] != people[key]
        ),
        moved_days=len(days),
        lost=sum(1 for key in people if key not in after.people),
        served=len(after.people),
    )


def is_other_day(
    people: dict[tuple[UUID, int], tuple[UUID, datetime]], after: Standing, key: tuple[UUID, int]
) -> bool:
    return people[key][1].date() != after.people[key][1].date()


@asynccontextmanager
async def a_world(
    fresh: Fresh, kafka: Servers, folder: Path, scenario: Scenario, **settings: str
) -> AsyncIterator[World]:
    """Intake, planner and web on an empty region; its clock stands at the first morning."""
    systems = exercise_systems(scenario.region)
    topics = {one.topic: a_topic(one.topic) for one in systems}
    own = fresh.settings(kafka)
    await connect(own, [replace(one, topic=topics[one.topic]) for one in systems])
    clock, port = folder / "clock.json", a_free_port()
    now = to_moment(scenario.start, BEGINS).astimezone(UTC)
    set_campaign_clock(clock, now, 0.0, datetime.now(UTC))
    told = environment(
        fresh, kafka, PRIKPLOEG_CLOCK_FILE=str(clock), WEB_PORT=str(port), **settings
    )
    names = ("intake", "planner", "web")
    async with (
        children(told, folder, *names) as processes,
        Producer(own.kafka) as producer,
        httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30
        ) as client,
    ):
        door = await fresh.open("acceptor")
        world = World(
            scenario.region, fresh, Remapped(producer, topics), client, door, processes, clock
        )

        async def is_up() -> bool:
            try:
                await client.get("/healthz")
            except httpx2.HTTPError:
                return False
            async with door.transaction() as tx:
                return await tx.fetchval("SELECT count(DISTINCT process) FROM heartbeats") >= 2  # type: ignore[no-any-return]

        await until(is_up, 60)
        yield world


async def load(world: World, scenario: Scenario, folder: Path) -> None:
    """Feeds the region through the broker and waits until its first plan rests."""
    await feed(folder / "files", scenario.make(), world.sink, SmallVault())

    async def is_planned() -> bool:
        await world.look()
        return await world.is_at_rest()

    await until(is_planned, 180, 0.2)
    await world.rest(60)
