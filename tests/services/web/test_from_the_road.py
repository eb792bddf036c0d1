"""Reports from the road and the ward, from the fact that comes in to the page that somebody reads."""

from datetime import timedelta

import pytest

from events.envelope import Sender
from events.identifiers import Payload
from events.location import Confirmer, LocationConfirmed, VisitAnswer
from events.practice import AssessmentRecorded, Judgement
from events.teams import CrewMember, CrewRole, ShiftOpened, TeamFormed
from events.visits import AdverseEventReported, Severity, TeamDelayed, VisitStarted
from tests.services.web.conftest import Site
from tests.services.web.seed import CAMPAIGN, HOME, NOW, PRODUCT, an_id

pytestmark = pytest.mark.postgres
STARTS = NOW.replace(hour=11, minute=0)  # of the published visit: twelve o'clock in Amsterdam
HALF_HOUR_LATE = TeamDelayed(team_id=an_id(HOME, "team"), minutes=30, noted_at=NOW)


async def page(site: Site, role: str, path: str, number: int = 0) -> str:
    async with site.client(site.who(role, number=number)) as client:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def planning(site: Site) -> str:
    return await page(site, "planner", f"/planning?bezoek={an_id(HOME, 'visit')}")


def an_event(site: Site, severity: Severity, patient: int = 0, **changes) -> Payload:
    usual = {
        "person_id": site.home.patients[site.home.practices[0]][patient],
        "campaign_id": CAMPAIGN,
        "location_id": site.home.locations[0],
        "severity": severity,
        "reactions": frozenset({"fever"}),
        "began_at": NOW,
        "product_id": PRODUCT,
        "lot": "FK8912",
    }
    return AdverseEventReported(**{**usual, **changes})


def an_answer(site: Site, **changes) -> Payload:
    usual = {
        "visit_id": an_id(HOME, "visit"),
        "location_id": site.home.locations[0],
        "starts_at": STARTS,
        "by": Confirmer.INSTITUTION,
    }
    return LocationConfirmed(**{**usual, **changes})


async def test_a_delay_shows_in_the_later_times_of_that_team_and_the_published_time_stays(
    site: Site,
):
    await site.say(Sender.TEAM, HALF_HOUR_LATE)

    planner, practice = await planning(site), await page(site, "practice", "/praktijk")

    assert "Team Vecht meldt 30 minuten vertraging" in planner
    assert "12:00 wordt verwacht 12:30" in planner
    assert "gepland 12:00, verwacht 12:30" in planner
    assert "Verwacht 12:30." in planner
    assert "12:00 tot" in planner
    assert practice.count("Verwacht 12:30.") == len(site.home.planned)
    async with site.client(site.who("planner"), cookie=False) as client:
        (visit,) = (await client.get("/api/v1/plan?day=2021-02-17")).json()["visits"]
    assert visit["expected_at"] == "2021-02-17T11:30:00Z"
    assert visit["starts_at"] == "2021-02-17T11:00:00Z"


async def test_a_practice_reads_nothing_of_a_delay_that_is_not_of_its_own_patients(site: Site):
    await site.say(Sender.TEAM, HALF_HOUR_LATE)

    assert "Verwacht" not in await page(site, "practice", "/praktijk", number=1)


async def test_no_delay_any_more_and_a_visit_that_has_begun_are_not_expected_later(site: Site):
    await site.say(Sender.TEAM, HALF_HOUR_LATE)
    over = HALF_HOUR_LATE.model_copy(update={"minutes": 0, "noted_at": NOW + timedelta(minutes=5)})
    await site.say(Sender.TEAM, over)
    assert "verwacht 12:30" not in await planning(site)

    again = over.model_copy(update={"minutes": 20, "noted_at": NOW + timedelta(minutes=9)})
    await site.say(Sender.TEAM, again)
    assert "verwacht 12:20" in await planning(site)
    begun = VisitStarted(
        visit_id=an_id(HOME, "visit"),
        team_id=an_id(HOME, "team"),
        location_id=site.home.locations[0],
        started_at=NOW + timedelta(minutes=10),
    )
    await site.say(Sender.TEAM, begun)
    assert "verwacht 12:20" not in await planning(site)


async def test_an_adverse_event_is_in_the_inbox_of_planner_and_practice_without_a_name_until_judged(
    site: Site,
):
    await site.say(Sender.TEAM, an_event(site, Severity.SEVERE))

    planner, practice = await planning(site), await page(site, "practice", "/praktijk")
    assert "Ernstige bijwerking gemeld" in planner
    assert "Lindeplein GG2514" in planner.split("Ernstige bijwerking gemeld")[1][:400]
    assert "batch FK8912" in planner
    assert "van Testa" not in planner
    assert "Ernstige bijwerking gemeld" in practice
    assert "Ernstige bijwerking" not in await page(site, "practice", "/praktijk", number=1)
    assert "bijwerking" not in await page(site, "crisis", "/regio")

    site.clock.at = NOW + timedelta(minutes=1)
    judged = AssessmentRecorded(
        person_id=site.home.patients[site.home.practices[0]][0],
        campaign_id=CAMPAIGN,
        location_id=site.home.locations[0],
        practice_id=site.home.practices[0],
        judgement=Judgement.ELIGIBLE,
    )
    await site.say(Sender.PRACTICE, judged)
    assert "Ernstige bijwerking gemeld" not in await planning(site)
    assert "Ernstige bijwerking gemeld" not in await page(site, "practice", "/praktijk")


async def test_a_life_threatening_one_reaches_the_crisis_team_without_name_or_place(site: Site):
    await site.say(Sender.TEAM, an_event(site, Severity.LIFE_THREATENING))

    crisis = await page(site, "crisis", "/regio")

    assert "Levensbedreigende bijwerking gemeld" in crisis
    assert "batch FK8912" in crisis
    assert "Lindeplein" not in crisis.split("Levensbedreigende bijwerking gemeld")[1][:400]
    assert "van Testa" not in crisis


async def test_an_answer_of_a_location_stands_at_its_visit(site: Site):
    await site.say(Sender.INSTITUTION, an_answer(site))

    shown = await planning(site)

    assert "Bevestigd door de instelling." in shown
    assert "vraagt een ander moment" not in shown


async def test_a_location_that_asks_for_another_moment_is_in_the_inbox_with_its_wish(site: Site):
    wish = {
        "wishes_from": NOW + timedelta(days=1),
        "wishes_until": NOW + timedelta(days=1, hours=2),
    }
    asked = an_answer(site, answer=VisitAnswer.ASKS_OTHER_MOMENT, **wish)
    await site.say(Sender.INSTITUTION, asked)

    shown = await planning(site)

    assert "Lindeplein GG2514 vraagt een ander moment" in shown
    assert "dit moment niet; gewenst: " in shown


async def test_an_answer_about_a_moment_that_is_no_longer_planned_is_not_shown(site: Site):
    await site.say(Sender.INSTITUTION, an_answer(site, starts_at=STARTS - timedelta(hours=1)))

    assert "Bevestigd door" not in await planning(site)


async def test_a_member_in_two_teams_at_once_is_in_the_inbox(site: Site):
    other = TeamFormed(team_id=an_id("team two"), organisation_id=site.home.post, name="Team Lek")
    shift = ShiftOpened(
        shift_id=an_id("shift two"),
        team_id=an_id("team two"),
        depot_id=site.home.post,
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=4),
        capacity=50,
        crew=(CrewMember(member_id=an_id(HOME, "member"), role=CrewRole.DOCTOR),),
    )
    await site.say(Sender.HAP, other, shift)

    shown = await planning(site)

    assert "Een medewerker staat tegelijk bij" in shown
    assert "Team Lek" in shown
