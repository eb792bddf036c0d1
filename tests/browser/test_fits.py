"""A planner finds out why a home has no visit, and what to ask it on the phone: by keyboard, and read aloud."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_axe import faults
from tests.facts import uid
from tests.services.web.conftest import Site
from tests.services.web.fits import plan_one_early_home

pytestmark = [pytest.mark.browser, pytest.mark.postgres]
HOME = f"/planning/open/{uid('eik')}"


@pytest.fixture(name="site")
async def wait_for_an_hour(unplanned: Site) -> AsyncIterator[Site]:
    """De Eik is open early in the morning only, before the team can be there."""
    await plan_one_early_home(unplanned)
    yield unplanned
    unplanned.parts.fitting.close()


async def test_from_the_overview_to_a_question_for_the_phone_with_the_keyboard_alone(
    visitor: Visitor,
):
    page = await visitor.open("/planning", visitor.site.who("planner"))

    link = page.get_by_role("link", name="Waarom niet? De Eik")
    await link.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Nog niet ingepland: De Eik")).to_be_visible()
    await expect(page.get_by_role("row", name="Team De locatie is dicht")).to_be_visible()

    await page.get_by_role("button", name="Zoek wat er kan").focus()
    await page.keyboard.press("Enter")
    question = page.get_by_role("listitem").filter(has_text="Kan De Eik op dinsdag 16 februari tot")
    await expect(question.first).to_be_visible(timeout=20_000)
    await expect(question.first).to_contain_text("Dan passen 4 bewoners er nog bij.")
    await expect(page.get_by_role("link", name="Terug naar de planning")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("address", ["/planning", HOME, f"{HOME}?hoe=ja"])
async def test_axe_finds_nothing_where_is_said_why_and_how(
    visitor: Visitor, width: int, address: str
):
    view = {"width": width, "height": 800}

    assert await faults(visitor, "planner", address, viewport=view) == []
