"""An urgent call through Kafka on a day that is under way: a team is asked, says yes by Kafka, and makes the visit."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from events.extra_stops import StopAnswer, StopAnswered, StopOffered
from events.identifiers import Skill
from events.location import Urgency, VisitRequested
from events.teams import ShiftOpened, TeamFormed
from events.visits import TeamUnavailable
from infra.clock import set_campaign_clock
from infra.postgres.database import Who
from infra.postgres.pages.extra_stops import read_extra_stops
from services.demo.scenario import Scenario
from services.web.pages.extra_stops import list_extra_items
from services.web.wording import Wording
from tests.bench.replanning import World, a_world, load
from tests.conftest import Fresh
from tests.flow.processes import until
from tests.flow.test_reacting import find_broken

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(600)]
SMALL = Scenario(institutions=12, residents=150, practices=10, teams=2, days=5)
QUICK = {"PLANNER_SECONDS": "2", "PLANNER_QUIET_SECONDS": "2"}
BUSIEST = """
  SELECT s.worked, t.facts AS team, min(lower(v.slot)) AS first FROM shifts s JOIN visits v USING (region, shift)
  JOIN teams t ON t.region = s.region AND t.team = v.team
  WHERE s.region = $1 AND v.live GROUP BY s.worked, t.facts ORDER BY count(*) DESC, first LIMIT 1"""


async def offers(world: World) -> list[tuple[StopOffered, str | None, str | None]]:
    """What teams were asked, with their answers, and why it ended."""
    async with world.door.transaction() as tx:
        rows = await tx.fetch(
            "SELECT offered, answer, why FROM extra_stops WHERE offered_seq > 0 ORDER BY offered_seq"
        )
    return [(StopOffered.model_validate_json(one), said, why) for one, said, why in rows]


async def inbox(world: World, now: datetime) -> list[str]:
    """What the planner reads of it."""
    reader = await world.fresh.open("reader", 1)
    who = Who("planner", world.region, uuid4(), "test:planner")
    async with reader.reading(who) as tx:
        rows = await read_extra_stops(tx, world.region, now)
    return [item.title for item in list_extra_items(rows, now, Wording("nl"))]


def set_clock(world: World, moment: datetime) -> None:
    set_campaign_clock(world.clock, moment, 0.0, datetime.now(UTC))


async def go_to_a_busy_day(world: World) -> tuple[datetime, ShiftOpened]:
    """Half an hour into the shift with most visits; every team may be called to a crisis."""
    async with world.door.transaction() as tx:
        row = await tx.fetchrow(BUSIEST, world.region)
        teams = await tx.fetch("SELECT facts FROM teams WHERE region = $1", world.region)
    shift = ShiftOpened.model_validate_json(row["worked"])
    formed = [TeamFormed.model_validate_json(one["facts"]) for one in teams]
    skilled = [one.model_copy(update={"skills": one.skills | {Skill.CRISIS}}) for one in formed]
    now = shift.starts_at + timedelta(minutes=30)
    set_clock(world, now)
    await world.wait_for(await world.say(skilled))
    await world.rest()
    return now, shift


async def say_yes(world: World, offered: StopOffered, now: datetime) -> None:
    """The team's own system answers."""
    answered = StopAnswered(
        extra_stop_id=offered.extra_stop_id,
        team_id=offered.team_id,
        location_id=offered.location_id,
        answer=StopAnswer.ACCEPTED,
        answered_at=now,
    )
    await world.wait_for(await world.say([answered]))


async def is_asked(world: World, most: int) -> bool:
    return len(await offers(world)) >= most


async def test_an_urgent_call_and_a_sick_team_on_a_day_under_way(
    fresh: Fresh, kafka, tmp_path: Path
):
    async with a_world(fresh, kafka, tmp_path, SMALL, **QUICK) as world:
        await load(world, SMALL, tmp_path)
        now, shift = await go_to_a_busy_day(world)
        before = await world.standing()
        async with world.door.transaction() as tx:
            place = await tx.fetchval(
                "SELECT location FROM visits WHERE live AND shift = $1", shift.shift_id
            )
        call = VisitRequested(
            visit_id=uuid4(),
            location_id=place,
            urgency=Urgency.U1,
            minutes=15,
            earliest=now,
            latest=shift.ends_at,
        )

        await world.wait_for(await world.say([call]))
        await until(lambda: is_asked(world, 1), 60)
        ((asked, _, _),) = await offers(world)
        told = await inbox(world, now)
        await say_yes(world, asked, now)
        await world.rest()

        after = await world.standing()
        assert asked.visit_id == call.visit_id
        assert after.stops == before.stops | {call.visit_id: (asked.shift_id, asked.starts_at)}
        assert after.people == before.people
        assert [title.split(":")[0] for title in told] == ["Extra bezoek gevraagd"]
        assert [title.split(":")[0] for title in await inbox(world, now)] == [
            "Extra bezoek toegezegd"
        ]
        assert await find_broken(world) == []

        ill = TeamUnavailable(team_id=asked.team_id, begins_at=now, ends_at=shift.ends_at)
        await world.wait_for(await world.say([ill]))
        await world.rest()
        for offered, answer, why in await offers(world):
            if answer is None and why is None:
                await say_yes(world, offered, now)
        await world.rest()

        stands = await world.standing()
        assert asked.team_id not in {
            one.team_id for one, said, _ in (await offers(world))[1:] if said
        }
        assert all(place[0] != asked.shift_id for place in stands.stops.values())
        assert await find_broken(world) == []
