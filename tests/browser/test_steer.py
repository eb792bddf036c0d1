"""A planner holds a wish from the phone, takes a stop off and undoes it, with the keyboard alone; no page of these fails the accessibility rules."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_axe import faults
from tests.services.accept.looking import rows
from tests.services.web.seed import HOME, NOW, an_id

pytestmark = [pytest.mark.browser, pytest.mark.postgres]
VISIT, TEAM = an_id(HOME, "visit"), an_id(HOME, "team")
STOP = f"/planning/bezoek/{VISIT}"
WISH = f"{STOP}/houd?vanaf_dag=2021-02-17&vanaf_tijd=08:00&tot_dag=2021-02-17"
DAYS = f"/planning/dagen?team={TEAM}&van=2021-02-17&tot=2021-02-17&wijziging=vast"


@pytest.fixture
def day_before(visitor: Visitor) -> Visitor:
    """The day before the seeded visit, when its team may still be planned."""
    visitor.site.clock.at = NOW - timedelta(days=1)
    return visitor


async def test_a_stop_is_taken_off_by_keyboard_and_put_back_from_the_list(day_before: Visitor):
    page = await day_before.open(f"{STOP}/hand", day_before.site.who("planner"))
    await page.get_by_role("link", name="Haal van het plan").press("Enter")
    effect = page.get_by_role("region", name="Wat dit doet")
    await expect(effect).to_contain_text("gaat van het plan")
    await page.get_by_label("Waarom?").fill("de weg is dicht")
    await page.get_by_label("Waarom?").press("Enter")

    await page.get_by_role("link", name="Met de hand veranderd").press("Enter")
    await expect(page.get_by_text("1 bezoek van het plan gehaald")).to_have_count(2)
    await page.get_by_role("button", name="Maak ongedaan").press("Enter")
    await expect(page.get_by_text("1 bezoek losgemaakt").first).to_be_visible()

    door = await day_before.site.fresh.open("acceptor")
    said = await rows(door, "SELECT type FROM ledger WHERE type LIKE 'stop.%' ORDER BY seq")
    assert said == [("stop.cancelled.v1",), ("stop.released.v1",)]


async def test_a_wish_from_the_phone_is_held_by_keyboard(day_before: Visitor):
    page = await day_before.open(f"{STOP}/houd", day_before.site.who("planner"))
    await page.locator("#vanaf_dag").select_option("2021-02-17")
    await page.locator("#vanaf_tijd").fill("08:00")
    await page.locator("#vanaf_tijd").press("Enter")
    await page.get_by_role("button", name="Leg deze wens vast").press("Enter")
    await page.goto(page.url.split("/planning")[0] + f"{STOP}/houd")

    await expect(page.get_by_text("Het bezoek begint niet voor wo 17 feb 8:00.")).to_be_visible()


async def test_what_goes_out_by_itself_is_agreed_by_keyboard(day_before: Visitor):
    page = await day_before.open("/planning/afspraken", day_before.site.who("planner"))
    await page.locator("#regels > summary").press("Enter")
    await page.get_by_label("Een nieuwe afspraak mag vanzelf").press("Space")
    await page.get_by_label("geldt als ingelicht").press("Enter")
    changes = page.get_by_role("region", name="Wat er verandert").first
    await expect(changes).to_contain_text("Een nieuwe afspraak wacht op een planner.")
    await page.get_by_label("Waarom?").fill("wij bellen eerst")
    await page.get_by_label("Waarom?").press("Enter")

    await expect(page.get_by_text("Waarom: wij bellen eerst")).to_be_visible()


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize(
    "path",
    [
        WISH,
        f"{STOP}/eraf",
        f"{STOP}/ruil",
        DAYS,
        "/planning/crisisbezoek",
        "/planning/handelingen",
        "/planning/afspraken",
        "/planning/afspraken?over=regels&dagen=5&schuif=2",
    ],
)
async def test_axe_finds_nothing_on_the_pages_that_steer(
    day_before: Visitor, path: str, width: int
):
    view = {"width": width, "height": 800}
    assert await faults(day_before, "planner", path, viewport=view) == []
