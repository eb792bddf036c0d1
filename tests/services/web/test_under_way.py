"""The day itself, from what a team registers to what the planner and a practice read: expected times, risks, absences."""

import html
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from events.envelope import Sender
from events.practice import ConsentStatus
from events.visits import (
    AbsenceReason,
    TeamDelayed,
    TeamUnavailable,
    VisitCompleted,
    VisitStarted,
)
from tests.services.web.conftest import Site
from tests.services.web.seed import an_id
from tests.services.web.test_day_of_teams import STARTS, open_shifts, publish
from tests.services.web.test_few_people import register

pytestmark = pytest.mark.postgres
TEAM = "vecht"


@pytest.fixture
async def day(unplanned: Site) -> Site:
    """A team with three visits today: at 12:00, 13:00 and 16:00 in Amsterdam, each of fifty minutes."""
    site = unplanned
    await open_shifts(site)
    people = await register(site, 0, 15, ConsentStatus.GIVEN)
    await publish(site, 1, {(TEAM, 0): people[:5], (TEAM, 1): people[5:10], (TEAM, 4): people[10:]})
    return site


def visit(hours: int) -> UUID:
    return an_id("visit", TEAM, str(hours))


async def say_at(site: Site, kind: type, hours: int, at: datetime) -> None:
    """The team begins or completes a visit at this moment."""
    site.clock.at = at
    moment = "started_at" if kind is VisitStarted else "completed_at"
    facts = {
        "visit_id": visit(hours),
        "team_id": an_id(TEAM),
        "location_id": site.home.locations[0],
    }
    await site.say(Sender.TEAM, kind(**facts, **{moment: at}))


async def read(site: Site, role: str, path: str) -> str:
    async with site.client(site.who(role)) as client:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


async def test_a_visit_that_began_late_moves_what_follows_for_planner_practice_and_program(
    day: Site,
):
    await say_at(day, VisitStarted, 0, STARTS + timedelta(minutes=40))

    planner = await read(day, "planner", "/planning?dag=2021-02-17")
    practice = await read(day, "practice", "/praktijk")

    assert "Team vecht loopt 30 minuten uit" in planner
    assert "13:00 wordt verwacht 13:30" in planner
    assert "gepland 16:00" not in planner
    assert "Verwacht 13:30." in practice
    async with day.client(day.who("planner"), cookie=False) as client:
        visits = (await client.get("/api/v1/plan?day=2021-02-17")).json()["visits"]
    assert [one["expected_at"] for one in visits] == [None, "2021-02-17T12:30:00Z", None]


async def test_one_tap_of_a_team_moves_its_visits_until_it_registers_something(day: Site):
    day.clock.at = STARTS - timedelta(minutes=30)
    late = TeamDelayed(team_id=an_id(TEAM), minutes=25, noted_at=day.clock.at)
    await day.say(Sender.TEAM, late)
    assert "12:00 wordt verwacht 12:25, 13:00 wordt verwacht 13:15" in await read(
        day, "planner", "/planning?dag=2021-02-17"
    )

    await say_at(day, VisitStarted, 0, STARTS + timedelta(minutes=5))

    assert "wordt verwacht" not in await read(day, "planner", "/planning?dag=2021-02-17")


async def test_a_stop_out_of_order_is_no_skipped_one(day: Site):
    await say_at(day, VisitStarted, 1, STARTS)
    await say_at(day, VisitCompleted, 1, STARTS + timedelta(minutes=50))

    planner = await read(day, "planner", "/planning?dag=2021-02-17")

    assert "12:00 wordt verwacht 12:50" in planner
    assert "overgeslagen" not in planner.lower()
    assert "niet gedaan" not in planner.lower()


async def test_a_visit_after_closing_time_asks_for_a_decision(day: Site):
    await say_at(day, VisitStarted, 0, STARTS)
    await say_at(day, VisitCompleted, 0, STARTS + timedelta(hours=5, minutes=10))

    planner = await read(day, "planner", "/planning?dag=2021-02-17")

    assert "Team vecht komt na sluitingstijd" in planner
    assert "Bel de locatie of iemand langer kan ontvangen" in planner
    assert "Team vecht komt na de dienst terug" in planner


async def test_a_team_that_is_early_is_expected_early(day: Site):
    await say_at(day, VisitStarted, 0, STARTS)
    await say_at(day, VisitCompleted, 0, STARTS + timedelta(minutes=30))
    day.clock.at += timedelta(minutes=1)
    await day.say(Sender.TEAM, TeamDelayed(team_id=an_id(TEAM), minutes=-20, noted_at=day.clock.at))

    planner = await read(day, "planner", "/planning?dag=2021-02-17")

    assert "Team vecht is 20 minuten vroeger" in planner
    assert "13:00 wordt verwacht 12:40" in planner


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (AbsenceReason.VEHICLE, "Team vecht valt uit: het voertuig is stuk"),
        (AbsenceReason.ILL, "Team vecht valt uit: ziek"),
        (None, "Team vecht valt uit"),
    ],
)
async def test_why_a_team_falls_out_is_said_in_the_inbox(
    day: Site, reason: AbsenceReason | None, words: str
):
    away = TeamUnavailable(
        team_id=an_id(TEAM), begins_at=STARTS, ends_at=STARTS + timedelta(hours=5), reason=reason
    )
    await day.say(Sender.TEAM, away)

    assert words in await read(day, "planner", "/planning?dag=2021-02-17")
