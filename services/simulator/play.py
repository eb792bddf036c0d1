"""Plays the published plan: consumes the outward events and sends back what happens, at a chosen speed."""

import asyncio
import heapq
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Protocol
from uuid import UUID

from events.catalogue import TYPE_OF
from events.cloudevents import read_structured
from events.codec import read_payload
from events.errors import RejectedEvent
from events.identifiers import VisitId
from events.local_time import AMSTERDAM, to_moment
from events.plans import VisitAssigned, VisitUnassigned
from events.visits import VisitCompleted
from infra.clock import Clock
from services.sending import SenderEvent, Sink, entity_id, send
from services.simulator.day import World, events_of_visit, moment_of
from services.simulator.fridge import Fridge
from services.simulator.incidents import incidents_of_day
from services.simulator.region import SyntheticRegion

MORNING, EVENING = time(6), time(20, 30)
TICK_SECONDS = 0.2  # real time between two looks at the clock
TOPIC = "out.visit.v1"


class Heard(Protocol):
    """A record of an outward topic."""

    @property
    def value(self) -> bytes | None:
        """The CloudEvent in JSON."""
        ...


@dataclass(slots=True)
class Board:
    """A projection of the outward events: the visits as they stand now."""

    visits: dict[VisitId, VisitAssigned] = field(default_factory=dict)
    done: set[VisitId] = field(
        default_factory=set
    )  # played here, or completed before the play began

    def hear(self, record: Heard) -> None:
        """Applies one outward record; those about anything but visits are skipped."""
        try:
            attributes, data = read_structured(record.value or b"")
        except RejectedEvent:
            return
        if attributes.type == TYPE_OF[VisitAssigned]:
            visit = read_payload(VisitAssigned, data)
            self.visits[visit.visit_id] = visit
        elif attributes.type == TYPE_OF[VisitUnassigned]:
            self.visits.pop(read_payload(VisitUnassigned, data).visit_id, None)
        elif attributes.type == TYPE_OF[VisitCompleted]:
            self.done.add(read_payload(VisitCompleted, data).visit_id)

    def begun(self, since: datetime, now: datetime) -> list[VisitAssigned]:
        """Visits that begin between two moments and were not played yet, in order of time."""
        found = [
            visit
            for visit in self.visits.values()
            if since <= visit.starts_at <= now and visit.visit_id not in self.done
        ]
        return sorted(found, key=lambda visit: (visit.starts_at, visit.visit_id))


@dataclass(frozen=True, slots=True)
class Moment:
    """Progress of the play."""

    day: date
    now: datetime
    visits_played: int
    said: Mapping[str, int]  # events sent so far, by type


@dataclass(slots=True)
class Stage:
    """State of one play."""

    region: SyntheticRegion
    world: World
    board: Board
    sink: Sink
    tick_seconds: float
    agenda: list[tuple[datetime, int, SenderEvent]] = field(default_factory=list)
    order: "count[int]" = field(default_factory=count)
    said: Counter[str] = field(default_factory=Counter)
    played: int = 0

    def plan(self, said: list[SenderEvent]) -> None:
        """Puts events on the agenda."""
        for one in said:
            heapq.heappush(self.agenda, (moment_of(one), next(self.order), one))

    async def say_until(self, now: datetime) -> None:
        """Sends every event that is due."""
        due: list[SenderEvent] = []
        while self.agenda and self.agenda[0][0] <= now:
            due.append(heapq.heappop(self.agenda)[2])
        await send(self.sink, due)
        self.said.update(TYPE_OF[type(one.payload)] for one in due)

    def begin_visits(self, since: datetime, now: datetime) -> None:
        """Puts the events of visits that begin now on the agenda."""
        for visit in self.board.begun(since, now):
            self.board.done.add(visit.visit_id)
            if not self.world.is_absent(visit):
                self.plan(events_of_visit(visit, self.world))
                self.played += 1


async def play(
    region: SyntheticRegion,
    heard: AsyncIterator[Heard],
    sink: Sink,
    clock: Clock,
    turn: Callable[[datetime, float], None],
    *,
    speed: float = 1800.0,
    tick_seconds: float = TICK_SECONDS,
    on_progress: Callable[[Moment], None] | None = None,
) -> Moment:
    """Plays every day of a region, without the nights; `speed` simulated seconds pass in each real one.

    `turn(simulated, speed)` sets the clock that `clock` and all other processes read. `heard` follows
    `out.visit.v1` from its start, so that a play that was broken off goes on where it was. Raises
    Unavailable when Kafka is away.
    """
    stage = Stage(region, world_of(region), Board(), sink, tick_seconds)
    listening = asyncio.create_task(listen(heard, stage.board))
    now = clock.now()
    try:
        for day in region.days:
            begin, end = to_moment(day, MORNING), to_moment(day, EVENING)
            if now >= end:  # played before: what was delivered then still lies there
                incidents_of_day(region, day, (), stage.world)
                continue
            turn(max(begin, now), speed)
            now = await play_day(stage, day, clock, listening, on_progress)
            await stage.say_until(end + timedelta(days=1))
        turn(now, 0.0)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return Moment(region.days[-1], now, stage.played, dict(stage.said))


async def play_day(
    stage: Stage,
    day: date,
    clock: Clock,
    listening: "asyncio.Task[None]",
    on_progress: Callable[[Moment], None] | None,
) -> datetime:
    """Plays one day until its evening. Returns the simulated time at its end."""
    begin, end = to_moment(day, MORNING), to_moment(day, EVENING)
    stage.plan(incidents_of_day(stage.region, day, stage.board.visits.values(), stage.world))
    while (now := clock.now()) < end:
        if listening.done():
            listening.result()  # raises what ended it, which ends the play
        stage.begin_visits(begin, now)
        await stage.say_until(now)
        if on_progress is not None:
            on_progress(Moment(day, now.astimezone(AMSTERDAM), stage.played, dict(stage.said)))
        await asyncio.sleep(stage.tick_seconds)
    stage.begin_visits(begin, end)
    return end


async def listen(heard: AsyncIterator[Heard], board: Board) -> None:
    """Applies the outward records to the board, for ever."""
    async for record in heard:
        board.hear(record)


def world_of(region: SyntheticRegion) -> World:
    """Builds the initial state. The depot of each shift is in no outward event, so it comes from the files of the region."""
    depots: dict[UUID, UUID] = {
        entity_id("shift", region.region, shift.key): entity_id(
            "organisation", region.region, shift.team.post.depot
        )
        for shift in region.shifts
    }
    return World(
        region.region, region.seed, depots, Fridge.filled(region.region, region.deliveries)
    )
