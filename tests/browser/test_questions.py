"""The planner's questions about who somebody is, as a browser shows them and a keyboard answers them."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visitor
from tests.services.web.conftest import Site
from tests.services.web.seed import NOW
from tests.services.web.test_questions import registered

pytestmark = [pytest.mark.browser, pytest.mark.postgres]
LATER = NOW + timedelta(days=5)  # Monday: two working days are over
NUMBERS = ("999990111", "999990123", "999990135", "999990147", "999990172")
WIDTHS = (1440, 390, 320)
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WHITE = "rgb(255, 255, 255)"


async def ask_five(site: Site) -> None:
    """Five people whose number another practice gave to somebody else, two working days ago."""
    for n, bsn in enumerate(NUMBERS):
        await registered(site, bsn=bsn, given_name=f"Greet{n}", day=str(n + 1))
        await registered(site, 1, bsn=bsn, given_name="Nep", family_name=f"Onzin{n}", year="1931")
    site.clock.at = LATER


async def test_questions_fit_every_width_and_each_button_says_about_whom_it_is(visitor: Visitor):
    await ask_five(visitor.site)
    page = await visitor.open("/planning?lang=en", visitor.site.who("planner"))
    section = page.locator("section", has=page.locator("> .pane-head > #vragen"))
    await section.locator("summary").click()

    await expect(page.get_by_role("heading", level=1)).to_contain_text("Monday 22 February")
    await expect(section.get_by_role("heading", level=3)).to_have_count(5)
    await expect(section).to_have_css("background-color", WHITE)
    names = [
        await one.evaluate("one => one.textContent.trim()")
        for one in await section.get_by_role("button").all()
    ]
    assert len(set(names)) == len(names) == 10
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        boxes = [await one.bounding_box() for one in await section.locator("form").all()]
        columns = {round(box["x"]) for box in boxes if box}
        assert len(columns) == (3 if width == 1440 else 1), columns
        assert all(box and box["x"] + box["width"] <= width for box in boxes)
        assert await page.evaluate(WIDER) == 0


async def test_a_question_is_answered_by_keyboard_and_the_others_stay(visitor: Visitor):
    await ask_five(visitor.site)
    page = await visitor.open("/planning", visitor.site.who("planner"))
    section = page.locator("section", has=page.locator("> .pane-head > #vragen"))
    first = await section.get_by_role("heading", level=3).first.text_content()
    await expect(section.locator(".count")).to_have_text("5")

    await section.get_by_role("button", name="Twee personen").first.focus()
    await page.keyboard.press("Enter")

    await expect(section.locator(".count")).to_have_text("4")
    await expect(page.get_by_text(first or "?")).to_have_count(0)
    await section.locator("summary").focus()
    await page.keyboard.press("Space")
    await expect(section.get_by_role("heading", level=3).last).to_be_visible()
