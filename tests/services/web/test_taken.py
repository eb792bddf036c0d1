"""Whose appointment a fact took stands in the inbox of the planner, with the reason, until they have another."""

from datetime import UTC, datetime

import pytest

from infra.postgres.findings import GAVE_WAY, TOLD, Finding
from tests.services.web.conftest import Site
from tests.services.web.seed import HOME, an_id, propose
from tests.services.web.test_proposal import page_of

pytestmark = pytest.mark.postgres
STARTS = datetime(2021, 2, 17, 11, tzinfo=UTC)


async def test_the_inbox_says_what_fell_through_why_and_for_how_many(site: Site):
    visit, shift = an_id(HOME, "visit"), an_id(HOME, "shift")
    fact = Finding(TOLD, visit, shift, STARTS, "stock", "4 doses short")

    await propose(site.say, site.home, HOME, served=2, number=2, findings=(fact,))
    lost = await page_of(site)
    await propose(site.say, site.home, HOME, served=6, number=3)
    served = await page_of(site)

    assert "Afspraak vervalt: " in lost
    assert "4 mensen hebben nog geen andere afspraak: bel de locatie." in lost
    assert "Er zijn geen bruikbare doses" in lost
    assert "Afspraak vervalt" not in served


async def test_the_inbox_says_who_gave_way_to_whom(site: Site):
    visit, shift = an_id(HOME, "visit"), an_id(HOME, "shift")
    moved = Finding(GAVE_WAY, visit, shift, STARTS, "promise", str(visit))

    await propose(site.say, site.home, HOME, served=6, number=2, findings=(moved,))

    page = await page_of(site)
    assert "Bezoek schoof binnen de dag: " in page
    assert "Anders was het dringender bezoek aan " in page
