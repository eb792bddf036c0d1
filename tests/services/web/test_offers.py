"""An offer waits for a person, also where plans are published automatically, and says what it gains and asks."""

import re

import pytest

from events.plans import PlanOffer
from tests.services.web.conftest import Site
from tests.services.web.seed import HOME, propose
from tests.services.web.test_proposal import decide, page_of

pytestmark = pytest.mark.postgres
OFFER = PlanOffer(people_more=5, doses_saved=3, minutes_saved=41, calls=2)


async def status_of(site: Site, role: str) -> dict:
    async with site.client(site.who(role)) as client:
        found = (await client.get("/status")).json()["regions"]
    return next(row for row in found if row["region"] == HOME)


async def test_an_offer_is_not_published_and_its_page_says_what_it_gains_and_asks(site: Site):
    await propose(site.say, site.home, HOME, served=7, number=2, offer=OFFER)

    page = await page_of(site)

    assert "Plan 1, gepubliceerd" in page
    assert "Het plan van nu blijft staan tot u kiest" in page
    assert (
        "dient 5 mensen meer, spaart 3 doses en 41 minuten werk, en vraagt 2 telefoontjes" in page
    )
    assert re.search(r"Ingepland <b>6</b> → <b class=\"better\">7</b>", page)


async def test_an_offer_that_somebody_approves_is_the_plan(site: Site):
    await propose(site.say, site.home, HOME, served=7, number=2, offer=OFFER)

    await decide(site, "goedkeuren")

    page = await page_of(site)
    assert "Plan 2, gepubliceerd" in page
    assert 'id="voorstel"' not in page


async def test_the_next_plan_takes_the_place_of_an_offer(site: Site):
    await propose(site.say, site.home, HOME, served=7, number=2, offer=OFFER)

    await propose(site.say, site.home, HOME, served=7, number=3)

    page = await page_of(site)
    assert "Plan 3, gepubliceerd" in page
    assert 'id="voorstel"' not in page


async def test_status_shows_an_offer_as_proposed_and_names_neither_people_nor_calls(site: Site):
    await propose(site.say, site.home, HOME, served=7, number=2, offer=OFFER)

    for role in ("planner", "crisis"):
        counts = (await status_of(site, role))["proposal"]["counts"]
        assert counts["offer_minutes_saved"] == 41
        assert not {"offer_people_more", "offer_calls"} & set(counts)
