"""A planner hears on the phone that a team makes an extra stop, and says so on the page that asked."""

import pytest
from playwright.async_api import expect

from events.envelope import Sender
from tests.browser.conftest import Visitor
from tests.browser.test_axe import faults
from tests.services.web.test_extra_stops import an_offer, visits_of

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


async def test_what_is_asked_appears_by_itself_and_one_press_answers_it(visitor: Visitor):
    page = await visitor.open("/planning", visitor.site.who("planner"))
    await page.wait_for_timeout(300)
    asked = an_offer(visitor.site)

    await visitor.site.say(Sender.SYSTEM, asked)

    await expect(page.locator("#gevraagd")).to_be_visible(timeout=10_000)
    await page.get_by_role("link", name="Antwoord invullen").click()
    await page.get_by_role("button", name="Team zegt ja").click()
    await expect(
        page.get_by_role("heading", name="Extra bezoek toegezegd: Team Vecht")
    ).to_be_visible()
    assert await visits_of(visitor.site, asked) == [(asked.team_id, asked.starts_at)]


@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing_where_a_team_is_asked(visitor: Visitor, width: int):
    await visitor.site.say(Sender.SYSTEM, an_offer(visitor.site))

    view = {"width": width, "height": 800}
    assert await faults(visitor, "planner", "/planning", viewport=view) == []
