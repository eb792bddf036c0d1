"""Where a person approves plans: the proposal is shown beside what holds, and decided once."""

import re

import pytest

from events.envelope import Sender
from events.organisations import PolicyChanged
from tests.services.web.conftest import Site
from tests.services.web.seed import HOME, propose

pytestmark = pytest.mark.postgres


async def wait_for_decision(site: Site) -> None:
    await site.say(Sender.OPERATOR, PolicyChanged(publish_automatically=False))
    await propose(site.say, site.home, HOME, served=7, number=2)


async def page_of(site: Site) -> str:
    async with site.client(site.who("planner")) as client:
        return (await client.get("/planning")).text


async def decide(site: Site, what: str, **fields: str):
    who = site.who("planner")
    async with site.client(who) as client:
        return await client.post(
            f"/planning/voorstel/{site.home.plan}/{what}", data={**fields, "proof": site.proof(who)}
        )


async def test_where_plans_are_published_automatically_nothing_waits(site: Site):
    page = await page_of(site)

    assert 'id="voorstel"' not in page


async def test_a_proposal_shows_what_it_changes(site: Site):
    await wait_for_decision(site)

    page = await page_of(site)

    assert "Voorstel 2: 1 bezoek schuift" in page
    assert re.search(r"Ingepland <b>6</b> → <b class=\"better\">7</b>", page)
    assert "Voorstel 2 wacht op u" in page


async def test_an_approved_proposal_is_the_plan(site: Site):
    await wait_for_decision(site)

    answer = await decide(site, "goedkeuren")

    page = await page_of(site)
    assert answer.status_code == 303
    assert "Plan 2, gepubliceerd" in page
    assert 'id="voorstel"' not in page


async def test_a_rejected_proposal_is_gone_and_the_old_plan_holds(site: Site):
    await wait_for_decision(site)

    await decide(site, "afwijzen", reden="te veel telefoontjes")

    page = await page_of(site)
    assert "Plan 1, gepubliceerd" in page
    assert 'id="voorstel"' not in page


async def test_a_proposal_is_decided_once(site: Site):
    await wait_for_decision(site)
    await decide(site, "goedkeuren")

    again = await decide(site, "afwijzen", reden="toch niet")

    assert again.status_code == 409
    assert "Plan 2 is al goedgekeurd door test:planner:" in again.text
    assert "Er is niets opgeslagen." in again.text


async def test_a_planner_sees_what_a_plan_is_worth_in_the_order_in_which_plans_are_compared(site):
    await propose(site.say, site.home, HOME, served=7, number=2)

    page = await page_of(site)

    order = ["te laat komen", "die overblijven", "die verschuiven", "Werkuren", "ander team"]
    places = [page.index(words, page.index('id="waarde"')) for words in (*order, "Kilometers")]
    assert places == sorted(places)
    assert "&lt;5" in page[places[0] : places[1]]  # three are too few to tell
