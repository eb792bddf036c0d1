"""What a team on the road is asked stands on the planner's page, who says there what it answered by phone."""

from datetime import timedelta

import httpx2
import pytest

from events.envelope import Sender
from events.extra_stops import StopAnswer, StopOffered, StopWithdrawal
from events.plans import PlannedPerson
from tests.facts import an_agreement, an_extra_stop, asked_no_more
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.seed import CAMPAIGN, HOME, NOW, PRODUCT, an_id
from tests.services.web.test_proposal import page_of

pytestmark = pytest.mark.postgres
ANSWER_BY = NOW + timedelta(minutes=10)


def an_offer(site: Site, name: str = "extra", **changes) -> StopOffered:
    """The team of the region is asked for a visit in four hours, and has ten minutes to answer."""
    usual = {
        "instead_of": an_id(HOME, "lost"),
        "plan_id": site.home.plan,
        "location_id": site.home.locations[1],
        "team_id": an_id(HOME, "team"),
        "shift_id": an_id(HOME, "shift"),
        "campaign_id": CAMPAIGN,
        "product_id": PRODUCT,
        "starts_at": NOW + timedelta(hours=4),
        "ends_at": NOW + timedelta(hours=5),
        "persons": tuple(
            PlannedPerson(person_id=one, dose_no=1)
            for one in site.home.patients[site.home.practices[1]][:2]
        ),
        "answer_by": ANSWER_BY,
    }
    return an_extra_stop(name, **(usual | changes))


def of_team(offered: StopOffered) -> dict[str, object]:
    return {"team_id": offered.team_id, "location_id": offered.location_id}


async def phone(site: Site, offered: StopOffered, answer: str) -> httpx2.Response:
    who = site.who("planner")
    async with site.client(who) as client:
        return await client.post(
            f"/planning/gevraagd/{offered.extra_stop_id}",
            data={"antwoord": answer, "proof": site.proof(who)},
        )


async def visits_of(site: Site, offered: StopOffered) -> list[tuple[object, ...]]:
    door = await site.fresh.open("acceptor")
    return await rows(
        door, "SELECT team, lower(slot) FROM visits WHERE live AND visit = $1", offered.visit_id
    )


async def test_what_a_team_is_asked_stands_on_the_page_with_the_time_to_answer(site: Site):
    await site.say(Sender.SYSTEM, an_offer(site))

    page = await page_of(site)

    assert "Extra bezoek gevraagd: Team Vecht" in page
    assert "Eemzicht GG2514 om 14:30, 2 bewoners. Antwoord vóór 10:40." in page
    assert "Team zegt ja" in page


async def test_what_a_team_agrees_to_by_phone_is_a_visit(site: Site):
    asked = an_offer(site)
    await site.say(Sender.SYSTEM, asked)

    answer = await phone(site, asked, "ja")

    page = await page_of(site)
    assert answer.status_code == 303
    assert await visits_of(site, asked) == [(asked.team_id, asked.starts_at)]
    assert "Extra bezoek toegezegd: Team Vecht" in page
    assert "Team zegt ja" not in page


async def test_a_no_is_told_with_what_comes_instead(site: Site):
    asked = an_offer(site)
    await site.say(Sender.SYSTEM, asked)

    await phone(site, asked, "nee")
    alone = await page_of(site)
    await site.say(Sender.SYSTEM, an_offer(site, "second", extra_stop_id=an_id("second")))
    again = await page_of(site)

    assert await visits_of(site, asked) == []
    assert "Geen extra bezoek: Team Vecht" in alone
    assert "Het team zegt nee. Er is nog geen ander moment." in alone
    assert "Het team zegt nee. Nu gevraagd aan Team Vecht." in again


async def test_a_crisis_visit_that_nobody_answered_for_is_told_as_such(site: Site):
    asked = an_offer(site, campaign_id=None, product_id=None, persons=(), instead_of=None)
    await site.say(Sender.SYSTEM, asked)
    await site.say(Sender.SYSTEM, asked_no_more(**of_team(asked)))

    page = await page_of(site)

    assert "om 14:30, 1 crisisbezoek. Het team antwoordde niet op tijd." in page


@pytest.mark.parametrize("why", StopWithdrawal)
async def test_every_end_of_a_question_has_words(site: Site, why: StopWithdrawal):
    asked = an_offer(site)
    await site.say(Sender.SYSTEM, asked)
    await site.say(Sender.SYSTEM, asked_no_more(**of_team(asked), why=why))

    page = await page_of(site)

    assert "Geen extra bezoek: Team Vecht" in page
    assert "inbox.extra" not in page


async def test_what_is_asked_no_more_cannot_be_answered(site: Site):
    asked = an_offer(site)
    await site.say(Sender.SYSTEM, asked)
    site.clock.at = ANSWER_BY + timedelta(seconds=1)

    answer = await phone(site, asked, "ja")

    assert answer.status_code == 403
    assert await visits_of(site, asked) == []


@pytest.mark.parametrize("word", ["", "misschien"])
async def test_an_answer_is_yes_or_no(site: Site, word: str):
    asked = an_offer(site)
    await site.say(Sender.SYSTEM, asked)

    assert (await phone(site, asked, word)).status_code == 403


async def test_the_team_itself_answers_by_its_own_system(site: Site):
    asked = an_offer(site)
    await site.say(Sender.SYSTEM, asked)

    said = an_agreement(**of_team(asked), answer=StopAnswer.ACCEPTED, answered_at=NOW)
    await site.say(Sender.TEAM, said)

    assert await visits_of(site, asked) == [(asked.team_id, asked.starts_at)]


async def test_another_region_sees_nothing_of_it(site: Site):
    await site.say(Sender.SYSTEM, an_offer(site))

    async with site.client(site.who("planner", "GG0111")) as client:
        page = (await client.get("/planning")).text

    assert "Extra bezoek gevraagd" not in page
