"""What planners ask of a region that stands: every kind of change by hand, places for who phones, and what would make a visit fit."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

import httpx2

from events.local_time import to_local_date
from infra.postgres.database import Who
from infra.settings import read_secret
from infra.tokens import mint
from tests.bench.measuring import percentile
from tests.bench.replanning import CLOCK, World

HEARTBEAT_SECONDS: Final = 0.05
ANSWERED: Final = {200, 202, 409}  # that a change cannot even be tried is an answer too
Body = dict[str, Any]


@dataclass(frozen=True)
class Stop:
    """A visit that a planner may still change."""

    visit: UUID
    shift: UUID
    location: UUID
    at: datetime


@dataclass(frozen=True)
class Desk:
    """What stands, as a planner sees it: stops that may be changed, shifts with their team and day, places."""

    stops: Sequence[Stop]
    shifts: Sequence[tuple[UUID, UUID, date]]
    locations: Sequence[UUID]
    visits: int

    def draw_edit(self, random: Random) -> tuple[str, Body]:
        """One change of any kind, with its name."""
        name = random.choice(sorted(EDITS))
        return name, EDITS[name](self, random)

    def draw_place(self, random: Random) -> Body:
        """Somebody phones: for those registered there, or for a number of people."""
        location = str(random.choice(self.locations))
        return {"location": location} | (
            {} if random.random() < 0.2 else {"people": random.randint(1, 30)}
        )


async def read_desk(world: World) -> Desk:
    """Reads what stands after today."""
    async with world.door.transaction() as tx:
        rows = await tx.fetch(
            "SELECT visit, shift, location, lower(slot) AS at FROM visits WHERE region = $1 AND live ORDER BY visit",
            world.region,
        )
        shifts = await tx.fetch(
            """
            SELECT shift, (worked ->> 'team_id')::uuid AS team, (worked ->> 'starts_at')::timestamptz AS at
            FROM shifts WHERE region = $1 ORDER BY shift
            """,
            world.region,
        )
        places = await tx.fetch(
            "SELECT location FROM locations WHERE region = $1 AND registered IS NOT NULL ORDER BY location",
            world.region,
        )
    first = min(row["at"] for row in rows).date() + timedelta(days=1)
    stops = [Stop(*row) for row in rows if row["at"].date() >= first]
    used = {stop.shift for stop in stops}
    return Desk(
        stops,
        [
            (row["shift"], row["team"], to_local_date(row["at"]))
            for row in shifts
            if row["shift"] in used
        ],
        [row["location"] for row in places],
        len(rows),
    )


def move(desk: Desk, random: Random) -> Body:
    shift, _, _ = random.choice(desk.shifts)
    return {
        "kind": "move",
        "visit": str(random.choice(desk.stops).visit),
        "to": {"shift": str(shift)},
    }


def move_to_a_moment(desk: Desk, random: Random) -> Body:
    stop = random.choice(desk.stops)
    later = stop.at + timedelta(minutes=random.choice((-60, -30, 15, 45, 90)))
    spot = {"shift": str(stop.shift), "starts_at": later.isoformat()}
    return {"kind": "move", "visit": str(stop.visit), "to": spot}


def move_before(desk: Desk, random: Random) -> Body:
    one, other = random.sample(list(desk.stops), 2)
    return {
        "kind": "move",
        "visit": str(one.visit),
        "to": {"shift": str(other.shift), "before": str(other.visit)},
    }


def move_after(desk: Desk, random: Random) -> Body:
    found = move_before(desk, random)
    found["to"]["after"] = found["to"].pop("before")
    return found


def unassign(desk: Desk, random: Random) -> Body:
    return {"kind": "unassign", "visit": str(random.choice(desk.stops).visit)}


def swap(desk: Desk, random: Random) -> Body:
    one, other = random.sample(list(desk.stops), 2)
    return {"kind": "swap", "visit": str(one.visit), "other": str(other.visit)}


def crisis(desk: Desk, random: Random) -> Body:
    stop = random.choice(desk.stops)
    day = stop.at.replace(hour=8, minute=0)
    return {
        "kind": "crisis",
        "location": str(stop.location),
        "urgency": "U2",
        "minutes": 45,
        "earliest": day.isoformat(),
        "latest": (day + timedelta(hours=7)).isoformat(),
    }


def start_later(desk: Desk, random: Random) -> Body:
    _, team, day = random.choice(desk.shifts)
    return {
        "kind": "start",
        "team": str(team),
        "first": str(day),
        "last": str(day),
        "at": random.choice(("09:30", "10:00", "11:00")),
    }


def pin(desk: Desk, random: Random) -> Body:
    return {"kind": "pin", "visit": str(random.choice(desk.stops).visit), "holds": "visit"}


def lock(desk: Desk, random: Random) -> Body:
    _, team, day = random.choice(desk.shifts)
    return {"kind": "lock", "team": str(team), "first": str(day), "last": str(day)}


def close(desk: Desk, random: Random) -> Body:
    return {"kind": "close", "shift": str(random.choice(desk.shifts)[0])}


EDITS: Final[dict[str, Callable[[Desk, Random], Body]]] = {
    one.__name__: one
    for one in (
        move,
        move_to_a_moment,
        move_before,
        move_after,
        unassign,
        swap,
        crisis,
        start_later,
        pin,
        lock,
        close,
    )
}


@dataclass
class Watch:
    """Seconds that answers took, by what was asked, and the codes of the answers."""

    taken: dict[str, list[float]] = field(default_factory=dict)
    codes: dict[int, int] = field(default_factory=dict)

    def note(self, name: str, seconds: float, code: int) -> None:
        self.taken.setdefault(name, []).append(seconds)
        self.codes[code] = self.codes.get(code, 0) + 1

    def all_of(self, *names: str) -> list[float]:
        return [one for name in names for one in self.taken.get(name, ())]

    def rows(self, before: str) -> list[tuple[str, str]]:
        return [(f"{before}{name}", in_words(found)) for name, found in sorted(self.taken.items())]


def in_words(found: Sequence[float]) -> str:
    if not found:
        return "none"
    parts = (percentile(found, 0.5), percentile(found, 0.95), max(found))
    return f"n {len(found):4d}  median {parts[0]:6.3f}  95 % {parts[1]:6.3f}  most {parts[2]:6.3f}"


@dataclass
class Person:
    """A planner with a connection of their own."""

    client: httpx2.AsyncClient
    watch: Watch

    async def ask(self, name: str, path: str, body: Body | None = None) -> Any:
        """The answer, timed. Anything that is no answer is a fault of the bench or of ours."""
        began = CLOCK.monotonic()
        if body is None:
            answer = await self.client.get(f"/api/v1/{path}")
        else:
            answer = await self.client.post(f"/api/v1/{path}", json=body)
        self.watch.note(name, CLOCK.monotonic() - began, answer.status_code)
        assert answer.status_code in ANSWERED, (name, body, answer.text)
        return answer.json()

    async def check(self, desk: Desk, random: Random) -> Any:
        name, edit = desk.draw_edit(random)
        kind = "closing" if name == "close" else "check"
        return await self.ask(kind, "plan/checks", {"edit": edit})

    async def find_place(self, desk: Desk, random: Random) -> Any:
        return await self.ask("place", "plan/places", desk.draw_place(random))

    async def work(self, desk: Desk, random: Random, seconds: float, think: float) -> None:
        """Looks at a change, thinks, looks at the next; one in four questions is for a place."""
        until = CLOCK.monotonic() + seconds
        while CLOCK.monotonic() < until:
            ask = self.find_place if random.random() < 0.25 else self.check
            await ask(desk, random)
            await asyncio.sleep(random.uniform(0.5, 1.5) * think)


@asynccontextmanager
async def a_person(world: World, watch: Watch, name: str) -> AsyncIterator[Person]:
    """Somebody who plans in the region of this world."""
    key = read_secret(world.fresh.servers.folder.session_key).encode()
    token = mint(key, Who("planner", world.region, None, f"bench:{name}"))
    async with httpx2.AsyncClient(
        base_url=world.client.base_url,
        trust_env=False,
        timeout=90,
        headers={"authorization": f"Bearer {token}"},
    ) as client:
        yield Person(client, watch)


@asynccontextmanager
async def a_heartbeat(world: World) -> AsyncIterator[list[float]]:
    """Seconds that the web process takes to say that it lives, twenty times a second: what holds its loop holds this."""
    beats: list[float] = []

    async def beat() -> None:
        async with httpx2.AsyncClient(base_url=world.client.base_url, trust_env=False) as client:
            while True:
                began = CLOCK.monotonic()
                await client.get("/healthz", timeout=30)
                beats.append(CLOCK.monotonic() - began)
                await asyncio.sleep(HEARTBEAT_SECONDS)

    task = asyncio.create_task(beat())
    try:
        yield beats
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
