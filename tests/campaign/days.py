"""The days of a season: the clock goes on only when the system is at rest; what happens meanwhile is then told."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import count
from random import Random

from events.local_time import to_moment
from events.organisations import PolicyChanged
from events.supply import CampaignOpened
from events.visits import DoseAdministered, DoseWasted, WasteReason
from services.commands.setup import machine_token
from services.importing.layout import Context
from services.importing.persons import PersonsOverHttp
from services.importing.registrations import REGISTRATIONS
from services.importing.run import Reading, identify, read_files
from services.sending import SenderEvent, make_event
from services.simulator.day import SYSTEM, events_of_visit, moment_of
from services.simulator.feed import bad_records, mixed, reused_id, spoken
from services.simulator.files import registration_row, write, write_table
from services.simulator.play import Board, world_of
from tests.campaign.register import Register
from tests.campaign.resting import Listener, at_rest
from tests.campaign.scene import Scene
from tests.campaign.season import Kind, Staged
from tests.campaign.turns import turns_of_day
from tests.campaign.voice import Voice
from tests.faults.world import World

MORNING, NEWS, EVENING = time(6), time(10), time(20, 30)


@dataclass
class Player:
    """Plays one staged season in one world."""

    world: World
    staged: Staged
    voice: Voice
    listener: Listener
    agenda: list[tuple[datetime, int, SenderEvent]] = field(default_factory=list)
    order: "count[int]" = field(default_factory=count)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = to_moment(self.staged.days[0], MORNING)
        self.scene = Scene(
            self.staged, world_of(self.staged.region), Register(), self.listener.board.visits
        )

    # --- before the first day ---

    async def begin(self) -> None:
        """The whole region is made known, with records that nobody should send among it."""
        self.world.set_clock(self.now, 0.0)
        region = self.staged.region
        files = write(self.world.folder.data / "files", region)
        reading = read_files(files, Context(region.region))
        of_persons = await self.identified(reading)
        said = [self.in_time(one) for one in (*reading.events, *spoken(region), *of_persons)]
        await self.voice.tell(mixed(Random(f"{region.seed} campaign"), said))
        await self.voice.spoil([*bad_records(said)[0], reused_id(said)])
        await self.rest()

    async def identified(self, reading: Reading) -> list[SenderEvent]:
        """What is said of people whom the vault knows now."""
        token = machine_token(self.world.folder.session_key, self.staged.region.region)
        async with PersonsOverHttp(self.world.url, token) as persons:
            return await identify(reading, persons)

    def in_time(self, said: SenderEvent) -> SenderEvent:
        """A campaign with the distances between doses of this season, and plans that look as far ahead."""
        season = self.staged.season
        if isinstance(said.payload, CampaignOpened) and season.interval is not None:
            least, ideal, most = season.interval
            change = {"min_days": least, "ideal_days": ideal, "max_days": most}
        elif isinstance(said.payload, PolicyChanged):
            change = {"horizon_days": season.horizon_days}
        else:
            return said
        payload = said.payload.model_copy(update=change)
        return make_event(said.sender, said.envelope.region, payload, SYSTEM, said.time)

    async def rest(self) -> None:
        """Until everything stands still; then those who play know what they said and heard."""
        await at_rest(self.listener, self.now)
        self.scene.register.hear(self.voice.heard)
        self.voice.heard.clear()

    # --- one day ---

    async def play(self, day: date) -> None:
        """Morning, the news of the day, and its evening."""
        steps = [MORNING, EVENING] if day.weekday() == 6 else [MORNING, NEWS, EVENING]
        for n, at in enumerate(steps):
            begin, self.now = to_moment(day, MORNING), to_moment(day, at)
            self.world.set_clock(self.now, 0.0)
            if n == 0:
                self.expect(turns_of_day(self.scene, day))
                await self.newcomers(day)
            self.begin_visits(begin)
            await self.say_all()
            await self.rest()

    def expect(self, said: Iterable[SenderEvent]) -> None:
        for one in said:
            heapq.heappush(self.agenda, (moment_of(one), next(self.order), one))

    def begin_visits(self, since: datetime) -> None:
        """What happens at the visits that begin by now, as they were published when they began."""
        board = self.listener.board
        for visit in board.begun(since, self.now):
            board.done.add(visit.visit_id)
            if not self.scene.world.is_absent(visit):
                self.expect(events_of_visit(visit, self.scene.world))

    async def say_all(self) -> None:
        """Everything whose moment has come; practices by HTTPS, all others over Kafka."""
        due: list[SenderEvent] = []
        while self.agenda and self.agenda[0][0] <= self.now:
            due.append(heapq.heappop(self.agenda)[2])
        due = [self.by_the_list(one) for one in due]
        own = [one for one in due if one.envelope.source.endswith(":his")]
        await self.voice.tell([one for one in due if one not in own])
        for one in own:
            practice = one.payload.practice_id  # type: ignore[attr-defined]
            await self.voice.by_https([one], practice, self.staged.region.region)

    def by_the_list(self, said: SenderEvent) -> SenderEvent:
        """Nobody gets a dose who was taken off since the visit began: it was drawn for nothing, and is thrown away."""
        dose = said.payload
        if not isinstance(dose, DoseAdministered) or is_on_the_list(dose, self.listener.board):
            return said
        return make_event(said.sender, said.envelope.region, thrown_away(dose), SYSTEM, said.time)

    async def newcomers(self, day: date) -> None:
        """People who come late: first the vault, then their practice says so by HTTPS."""
        n = (day - self.staged.region.start).days
        if (n, Kind.NEWCOMERS) not in self.staged.season.happenings:
            return
        rows = [
            registration_row(resident, resident.answers[0]) for resident in self.staged.newcomers
        ]
        path = write_table(self.world.folder.data / "files", REGISTRATIONS, rows)
        reading = read_files([path], Context(self.staged.region.region))
        for one in await self.identified(reading):
            practice = one.payload.practice_id  # type: ignore[attr-defined]
            when = to_moment(day, NEWS)
            self.expect(
                [make_event(one.sender, one.envelope.region, one.payload, f"{practice}:his", when)]
            )


def is_on_the_list(dose: DoseAdministered, board: Board) -> bool:
    """Whether the visit, as it was told outward last, is still to this person."""
    visit = board.visits.get(dose.visit_id)
    return visit is not None and any(one.person_id == dose.person_id for one in visit.persons)


def thrown_away(dose: DoseAdministered) -> DoseWasted:
    """A dose that was drawn and not given."""
    return DoseWasted(
        **dose.model_dump(include={"depot_id", "product_id", "lot", "team_id", "visit_id"}),
        doses=1,
        reason=WasteReason.OPENED_NO_TAKER,
        wasted_at=dose.given_at,
    )
