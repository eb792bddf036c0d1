import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest

from events.catalogue import TYPE_OF
from events.codec import decode, encode, to_event
from events.identifiers import Payload
from events.local_time import to_moment
from events.location import OutbreakDeclared
from events.plans import VisitAssigned, VisitUnassigned
from events.supply import DeliveryReceived
from infra.identity import derived_id
from services.sending import entity_id
from services.simulator.incidents import incidents_of_day
from services.simulator.play import Board, Stage, play, world_of
from services.simulator.region import Shift, Sizes, SyntheticRegion, synthetic
from tests.services.importing.builders import Inbox, to_inward

SMALL = Sizes(institutions=30, residents=480, practices=40, teams=4, days=14)


@dataclass
class Said:
    """A record as an outward topic holds it."""

    value: bytes | None


@dataclass
class JumpingClock:
    """Simulated time that moves half an hour at every look."""

    time: datetime
    turned: list[tuple[datetime, float]] = field(default_factory=list)

    def now(self) -> datetime:
        self.time += timedelta(minutes=30)
        return self.time

    def monotonic(self) -> float:
        return 0.0

    def turn(self, simulated: datetime, speed: float) -> None:
        self.time = simulated
        self.turned.append((simulated, speed))


def outward(payload: Payload) -> Said:
    event = to_event(
        str(derived_id(str(payload))), "urn:nld:prikploeg:system", None, "GG2514", payload
    )
    return Said(encode(event.envelope, event.body)[0])


def an_assignment(region: SyntheticRegion, shift: Shift, name: str, hour: int) -> VisitAssigned:
    begins = to_moment(shift.day, shift.hours.begins) + timedelta(hours=hour)
    place = region.institutions[0]
    return VisitAssigned.model_validate(
        {
            "visit_id": derived_id(name),
            "plan_id": derived_id("plan"),
            "location_id": entity_id("location", region.region, place.key),
            "team_id": entity_id("team", region.region, shift.team.key),
            "shift_id": entity_id("shift", region.region, shift.key),
            "campaign_id": derived_id("campaign"),
            "product_id": "spikevax_red_2021",
            "starts_at": begins,
            "ends_at": begins + timedelta(minutes=60),
            "persons": [{"person_id": derived_id(name, str(n)), "dose_no": 1} for n in range(9)],
        }
    )


async def hear(*records: Said) -> AsyncIterator[Said]:
    for record in records:
        yield record
    await asyncio.Event().wait()


@pytest.fixture(scope="module")
def region() -> SyntheticRegion:
    return synthetic(sizes=SMALL)


async def test_the_visits_of_the_plan_are_played_and_those_taken_away_are_not(region):
    first = next(shift for shift in region.shifts if shift.day == region.days[0])
    kept = an_assignment(region, first, "kept", 0)
    gone = an_assignment(region, first, "gone", 2)
    taken = VisitUnassigned(
        visit_id=gone.visit_id, plan_id=gone.plan_id, location_id=gone.location_id
    )
    inbox, clock = Inbox(), JumpingClock(to_moment(region.start, first.hours.begins))

    end = await play(
        region,
        hear(outward(kept), outward(gone), outward(taken)),
        inbox,
        clock,
        clock.turn,
        tick_seconds=0,
    )

    events = [decode(to_inward(record)) for record in inbox.records]
    started = [e.payload.visit_id for e in events if e.envelope.type == "visit.started.v1"]
    assert started == [kept.visit_id]
    assert end.visits_played == 1
    assert end.said["visit.completed.v1"] == 1


def a_stage(region: SyntheticRegion, *visits: VisitAssigned) -> Stage:
    board = Board({visit.visit_id: visit for visit in visits})
    return Stage(region, world_of(region), board, Inbox(), 0)


@pytest.mark.parametrize(("absent", "played"), [(timedelta(0), 1), (timedelta(minutes=1), 0)])
def test_a_team_that_is_ill_while_a_visit_lasts_says_nothing_of_it(region, absent, played):
    visit = an_assignment(region, region.shifts[0], "V1", 2)
    stage = a_stage(region, visit)
    begins = visit.starts_at - timedelta(hours=3)
    stage.world.absent.append((visit.team_id, begins, visit.starts_at + absent))

    stage.begin_visits(begins, visit.ends_at)

    assert stage.played == played
    assert bool(stage.agenda) == bool(played)


def test_only_visits_that_begin_within_the_span_are_played_and_each_once(region):
    first, second = (an_assignment(region, region.shifts[0], f"V{n}", n) for n in (1, 3))
    stage = a_stage(region, first, second)
    just_before = second.starts_at - timedelta(seconds=1)

    stage.begin_visits(first.starts_at, just_before)
    stage.begin_visits(first.starts_at, just_before)

    assert stage.played == 1
    assert {said.payload.visit_id for _, _, said in stage.agenda} == {first.visit_id}


async def test_every_day_begins_with_the_clock_and_the_last_evening_stops_it(region):
    clock = JumpingClock(to_moment(region.start, datetime.min.time()))

    await play(region, hear(), Inbox(), clock, clock.turn, speed=900, tick_seconds=0)

    assert [speed for _, speed in clock.turned] == [900] * 14 + [0]
    assert [moment.date() for moment, _ in clock.turned[:14]] == list(region.days)


async def test_what_is_said_comes_in_order_of_time(region):
    visits = [an_assignment(region, shift, f"V{n}", n % 4) for n, shift in enumerate(region.shifts)]
    inbox, clock = Inbox(), JumpingClock(to_moment(region.start, datetime.min.time()))

    await play(region, hear(*map(outward, visits)), inbox, clock, clock.turn, tick_seconds=0)

    times = [decode(to_inward(record)).envelope.time for record in inbox.records]
    assert times == sorted(times)


def test_the_announced_delivery_comes_short_at_one_depot(region):
    world = world_of(region)
    day = date(2021, 2, 25)

    said = incidents_of_day(region, day, (), world)

    announced = {
        entity_id("delivery", region.region, d.key): d.doses
        for d in region.deliveries
        if d.day == day
    }
    received = {
        one.payload.delivery_id: one.payload.doses
        for one in said
        if isinstance(one.payload, DeliveryReceived)
    }
    short = [key for key in announced if received[key] < announced[key]]
    assert set(received) == set(announced)
    assert short == [max(announced, key=announced.__getitem__)]
    in_fridges = sum(
        lot.doses for lots in world.fridge.lots.values() for lot in lots if lot.first_day == day
    )
    assert in_fridges == sum(received.values()) < 5_608


def test_the_story_has_illness_an_outbreak_and_late_papers(region):
    world = world_of(region)
    shift = next(shift for shift in region.shifts if shift.day > region.days[4])
    coming = an_assignment(region, shift, "later", 0)

    said = [one for day in region.days for one in incidents_of_day(region, day, [coming], world)]

    kinds = Counter(TYPE_OF[type(one.payload)] for one in said)
    assert kinds["team.unavailable.v1"] == 1
    assert kinds["outbreak.declared.v1"] == 1
    assert kinds["outbreak.lifted.v1"] == 1
    assert kinds["location.registered.v1"] == len(region.unregistered)
    struck = next(one.payload for one in said if isinstance(one.payload, OutbreakDeclared))
    assert struck.location_id == coming.location_id
    assert len(world.absent) == 1


def test_a_board_passes_over_what_is_no_visit():
    board = Board()

    board.hear(Said(b"geen bericht"))
    board.hear(Said(None))

    assert board.visits == {}
