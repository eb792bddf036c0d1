"""A planner moves a stop with the keyboard alone: sees what it does, gives a reason, and reads it back on the day."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_axe import faults
from tests.services.accept.looking import rows
from tests.services.web.seed import HOME, NOW, an_id

pytestmark = [pytest.mark.browser, pytest.mark.postgres]
VISIT, SHIFT = an_id(HOME, "visit"), an_id(HOME, "shift")
STOP = f"/planning/bezoek/{VISIT}/hand"


@pytest.fixture
def day_before(visitor: Visitor) -> Visitor:
    """The day before the seeded visit, when its team may still be planned."""
    visitor.site.clock.at = NOW - timedelta(days=1)
    return visitor


async def test_a_stop_is_moved_by_keyboard_after_its_effect_was_read(day_before: Visitor):
    page = await day_before.open(
        f"/planning?dag=2021-02-17&bezoek={VISIT}#bezoek", day_before.site.who("planner")
    )
    await page.get_by_role("link", name="Verplaats, zet vast of zoek een andere plek").press(
        "Enter"
    )
    await page.get_by_label("Begintijd").fill("14:00")
    await page.get_by_label("Begintijd").press("Enter")

    effect = page.get_by_role("region", name="Wat dit doet")
    await expect(effect).to_contain_text("later, wo 17 feb 14:00")
    await expect(effect).to_contain_text("Bel Lindeplein")
    await page.get_by_label("Waarom?").fill("op verzoek van het huis")
    await page.get_by_label("Waarom?").press("Enter")

    await expect(page.get_by_text("verplaatst door")).to_have_count(2)
    await expect(page.get_by_text("op verzoek van het huis")).to_have_count(2)
    door = await day_before.site.fresh.open("acceptor")
    assert await rows(door, "SELECT visit, moved_shift FROM pins") == [(VISIT, SHIFT)]


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize(
    "path", [f"{STOP}?dienst={SHIFT}&om=14:00", f"{STOP}?waarom=ja", "/planning/plek"]
)
async def test_axe_finds_nothing_on_the_page_of_a_stop(day_before: Visitor, path: str, width: int):
    view = {"width": width, "height": 800}
    assert await faults(day_before, "planner", path, viewport=view) == []
