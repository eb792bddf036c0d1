"""A planner asks what if by keyboard, reads what would come of it beside the plan, and throws it away."""

import pytest
from playwright.async_api import expect

from services.web.assets import TARGET
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.postgres]
ANSWERED = 60_000  # milliseconds: a child process starts, and CI is slow


async def test_a_scenario_is_asked_by_keyboard_and_stands_beside_the_plan(visitor: Visitor):
    page = await visitor.open("/planning", visitor.site.who("planner"))
    await page.get_by_role("link", name="Wat als").click()
    await expect(page.get_by_text("Niet de werkelijkheid. Plan 1 blijft gelden.")).to_be_visible()

    await page.locator("summary", has_text="Een locatie is dicht").press("Enter")
    await expect(page.get_by_label("Locatie", exact=True)).to_be_visible()
    await (
        page.locator(".supposings details[open]")
        .get_by_role("button", name="Reken uit")
        .press("Enter")
    )

    await expect(page.get_by_role("heading", name="Naast elkaar")).to_be_visible(timeout=ANSWERED)
    await expect(page.get_by_role("row", name="Mensen met een afspraak")).to_be_visible(
        timeout=ANSWERED
    )
    await page.get_by_role("button", name="Gooi weg").press("Enter")
    await expect(page.get_by_role("heading", name="Naast elkaar")).to_be_hidden()


@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing_beside_three_alternatives(visitor: Visitor, width: int):
    view = {"width": width, "height": 900}
    who = visitor.site.who("planner")
    page = await visitor.open("/planning/wat-als", who, bypass_csp=True, viewport=view)
    await page.get_by_role("button", name="Zoek drie andere plannen").click()
    await expect(page.get_by_role("row", name="Minuten werk van alle teams")).to_be_visible(
        timeout=ANSWERED
    )

    await page.add_script_tag(path=TARGET / "axe.min.js")
    found = await page.evaluate("axe.run()")

    assert [row["id"] for row in found["violations"]] == []
