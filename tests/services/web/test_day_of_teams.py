"""The crisis team's tile of today: what the day's first plan promised, what changed since, and which teams were heard."""

import html
import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from events.envelope import Sender
from events.plans import PlanCounts, PlannedPerson, PlanProposed, PlanValues, VisitAssigned
from events.practice import ConsentStatus
from events.teams import CrewMember, CrewRole, ShiftOpened, TeamFormed
from events.visits import DoseAdministered, TeamDelayed, VisitCompleted, VisitStarted
from infra.identity import new_id
from services.accept.submission import PlanRecord
from tests.services.web.conftest import Site
from tests.services.web.seed import CAMPAIGN, HOME, NOW, PRODUCT, an_id
from tests.services.web.test_few_people import register

pytestmark = pytest.mark.postgres
YESTERDAY = NOW - timedelta(days=1)
STARTS = datetime(2021, 2, 17, 11, tzinfo=UTC)  # of the first visit: twelve o'clock in Amsterdam
TEAMS = ("vecht", "lek")


async def read_tile(site: Site) -> str:
    """The text of the tile of today, as the crisis team reads it."""
    async with site.client(site.who("crisis")) as client:
        page = (await client.get("/regio")).text
    tiles = re.findall(r'<section class="tile.*?</section>', page, re.S)
    (tile,) = [one for one in tiles if "Doses vandaag" in one]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", tile)).split())


async def read_signals(site: Site) -> str:
    async with site.client(site.who("crisis")) as client:
        page = (await client.get("/regio")).text
    return page.partition('aria-labelledby="signalen"')[2].partition("</section>")[0]


async def open_shifts(site: Site) -> None:
    """A shift of the day for each team, as the HAP says it."""
    for name in TEAMS:
        await site.say(
            Sender.HAP,
            TeamFormed(team_id=an_id(name), organisation_id=site.home.post, name=f"Team {name}"),
            ShiftOpened(
                shift_id=an_id("shift", name), team_id=an_id(name), depot_id=site.home.post,
                starts_at=STARTS - timedelta(hours=3), ends_at=STARTS + timedelta(hours=5), capacity=100,
                crew=(CrewMember(member_id=an_id("member", name), role=CrewRole.DOCTOR),),
            ),
        )  # fmt: skip


def a_visit(site: Site, people: list[UUID], team: str, hours: float, plan: UUID) -> VisitAssigned:
    starts = STARTS + timedelta(hours=hours)
    return VisitAssigned(
        visit_id=an_id("visit", team, str(hours)), plan_id=plan, location_id=site.home.locations[0],
        team_id=an_id(team), shift_id=an_id("shift", team), campaign_id=CAMPAIGN, product_id=PRODUCT,
        starts_at=starts, ends_at=starts + timedelta(minutes=50),
        persons=tuple(PlannedPerson(person_id=one, dose_no=1) for one in sorted(people)),
    )  # fmt: skip


async def publish(site: Site, number: int, visits: dict[tuple[str, float], list[UUID]]) -> None:
    """The planner's next plan with these people per team and hours after the first visit; published at once."""
    plan, code = new_id(), f"{number:x}".rjust(64, "c")
    assigned = tuple(a_visit(site, people, *key, plan) for key, people in visits.items())
    people = sum(map(len, visits.values()))
    counts = PlanCounts(
        people_served=people, people_unserved=0, unserved_reasons={}, visits=len(visits), locations=1, shifts=2,
        doses_wasted=0, working_minutes=480, metres=24_000, moved_stops=0,
    )  # fmt: skip
    await site.say(
        Sender.SYSTEM,
        PlanProposed(
            plan_id=plan, as_of=(1000 * number, 1000 * number), horizon_start=date(2021, 2, 15), hash=code,
            counts=counts, seconds=1.0, values=PlanValues(late_next_doses=0, other_team=0, days_off=0),
        ),
        plan_record=PlanRecord(code, HOME, site.clock.at, b"test", assigned, ()),
    )  # fmt: skip


def a_dose(site: Site, person: UUID, at: datetime, team: str = "vecht") -> DoseAdministered:
    return DoseAdministered(
        visit_id=an_id("visit", team, "0"), person_id=person, campaign_id=CAMPAIGN, dose_no=1,
        location_id=site.home.locations[0], product_id=PRODUCT, lot="FK8912", depot_id=site.home.post,
        team_id=an_id(team), given_at=at,
    )  # fmt: skip


@pytest.fixture
async def people(unplanned: Site) -> list[UUID]:
    """Twenty people with consent, and two teams; groups of tens are shown as they are."""
    await open_shifts(unplanned)
    return await register(unplanned, 0, 20, ConsentStatus.GIVEN)


async def test_a_day_is_measured_by_the_plan_that_was_in_force_when_it_began(
    unplanned: Site, people: list[UUID]
):
    site = unplanned
    site.clock.at = YESTERDAY
    await publish(site, 1, {("vecht", 0): people})
    await publish(site, 2, {("vecht", 0): people[:15]})
    site.clock.at = NOW
    assert "<5 van 15 beloofd" in await read_tile(site)
    assert "na plan" not in await read_tile(site)

    await publish(site, 3, {("vecht", 0): people[:10]})
    await publish(site, 4, {("vecht", 0): people[:5]})

    assert "<5 van 15 beloofd 10 minder na plan 4." in await read_tile(site)


async def test_a_day_without_a_plan_is_measured_by_the_first_that_was_published_on_it(
    unplanned: Site, people: list[UUID]
):
    site = unplanned
    await publish(site, 1, {("vecht", 0): people[:10]})
    site.clock.at = NOW + timedelta(minutes=20)
    await publish(site, 2, {("vecht", 0): people[:10], ("lek", 0): people[10:]})
    site.clock.at = STARTS + timedelta(minutes=30)

    for minute, person in enumerate(people[:5]):
        await site.say(Sender.TEAM, a_dose(site, person, STARTS + timedelta(minutes=minute)))

    assert "5 van 10 beloofd 10 meer na plan 2." in await read_tile(site)


async def test_a_day_of_which_every_visit_was_taken_off_keeps_its_promise(
    unplanned: Site, people: list[UUID]
):
    site = unplanned
    site.clock.at = YESTERDAY
    await publish(site, 1, {("vecht", 0): people[:10]})
    site.clock.at = NOW

    await publish(site, 2, {})

    assert "<5 van 10 beloofd 10 minder na plan 2." in await read_tile(site)


async def test_a_promise_is_of_its_own_day(unplanned: Site, people: list[UUID]):
    site = unplanned
    site.clock.at = YESTERDAY
    await publish(site, 1, {("vecht", 0): people[:10], ("vecht", 24): people[10:15]})
    site.clock.at = NOW
    assert "<5 van 10 beloofd" in await read_tile(site)

    site.clock.at = NOW + timedelta(days=1)

    assert "<5 van 5 beloofd" in await read_tile(site)


async def test_a_day_that_began_with_an_empty_plan_was_promised_nothing(
    unplanned: Site, people: list[UUID]
):
    site = unplanned
    site.clock.at = YESTERDAY
    await publish(site, 1, {})
    site.clock.at = NOW

    await publish(site, 2, {("vecht", 0): people[:10]})

    assert "<5 van 0 beloofd 10 meer na plan 2." in await read_tile(site)


async def test_the_teams_of_a_day_that_said_nothing_are_missed_half_an_hour_after_their_first_visit(
    unplanned: Site, people: list[UUID]
):
    site = unplanned
    await publish(site, 1, {("vecht", 0): people[:10], ("lek", 1): people[10:]})
    site.clock.at = STARTS + timedelta(minutes=30)
    assert "0 van 2 teams onlangs gehoord" in await read_tile(site)
    assert "al lang niets" not in await read_signals(site)

    site.clock.at += timedelta(minutes=1)
    assert "1 team meldde al lang niets" in await read_signals(site)
    assert '<dd class="tone-warn">0 van 2</dd>' in await read_signals(site)

    site.clock.at = STARTS + timedelta(hours=1, minutes=31)
    assert "2 teams meldden al lang niets" in await read_signals(site)


async def test_a_team_is_heard_of_for_ninety_minutes_after_each_word_and_then_missed(
    unplanned: Site, people: list[UUID]
):
    site, word = unplanned, STARTS + timedelta(minutes=20)
    await publish(site, 1, {("vecht", 0): people[:10], ("lek", 5): people[10:]})
    await site.say(Sender.TEAM, a_dose(site, people[0], word))
    site.clock.at = word + timedelta(minutes=90)
    assert "1 van 2 teams onlangs gehoord" in await read_tile(site)
    assert "al lang niets" not in await read_signals(site)

    site.clock.at += timedelta(seconds=1)

    assert "0 van 2 teams onlangs gehoord" in await read_tile(site)
    assert "1 team meldde al lang niets" in await read_signals(site)
    again = TeamDelayed(team_id=an_id("vecht"), minutes=20, noted_at=site.clock.at)
    await site.say(Sender.TEAM, again)
    assert "1 van 2 teams onlangs gehoord" in await read_tile(site)
    assert "al lang niets" not in await read_signals(site)


async def test_a_team_whose_visits_are_all_done_is_not_missed_in_the_evening(
    unplanned: Site, people: list[UUID]
):
    site = unplanned
    visit, team = an_id("visit", "vecht", "0"), an_id("vecht")
    await publish(site, 1, {("vecht", 0): people[:10], ("vecht", 2): people[10:15]})
    await site.say(
        Sender.TEAM,
        VisitStarted(visit_id=visit, team_id=team, started_at=STARTS, location_id=site.home.locations[0]),
        VisitCompleted(visit_id=visit, team_id=team, completed_at=STARTS + timedelta(minutes=50), location_id=site.home.locations[0]),
    )  # fmt: skip
    site.clock.at = STARTS + timedelta(hours=5)
    assert "1 team meldde al lang niets" in await read_signals(site)

    late = VisitCompleted(
        visit_id=an_id("visit", "vecht", "2"), team_id=team, completed_at=STARTS + timedelta(hours=3),
        location_id=site.home.locations[0],
    )  # fmt: skip
    await site.say(Sender.TEAM, late)

    assert "1 van 1 teams onlangs gehoord" in await read_tile(site)
    assert "al lang niets" not in await read_signals(site)


async def test_a_word_of_yesterday_is_no_word_of_today(unplanned: Site, people: list[UUID]):
    """A night team's last word may be younger than ninety minutes and still be of the day before."""
    site = unplanned
    site.clock.at = STARTS - timedelta(hours=12, minutes=30)  # 23:30 in Amsterdam, the day before
    await publish(site, 1, {("vecht", -11): people[:10]})
    said = TeamDelayed(team_id=an_id("vecht"), minutes=10, noted_at=site.clock.at)
    await site.say(Sender.TEAM, said)

    site.clock.at = STARTS - timedelta(hours=11, minutes=30)  # 0:30, half an hour before its visit

    assert "0 van 1 teams onlangs gehoord" in await read_tile(site)
