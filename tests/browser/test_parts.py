"""A planner splits a visit and closes a shift, with the keyboard alone and with the mouse; every page of theirs fits 320 pixels."""

from datetime import timedelta

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Visitor
from tests.browser.test_axe import faults
from tests.services.accept.looking import rows
from tests.services.web.seed import HOME, NOW, an_id

pytestmark = [pytest.mark.browser, pytest.mark.postgres]
VISIT, SHIFT = an_id(HOME, "visit"), an_id(HOME, "shift")
STOP, CLOSE = f"/planning/bezoek/{VISIT}", f"/planning/dienst/{SHIFT}/sluit"
PAGES = (
    "/planning",
    f"/planning?dag=2021-02-17&bezoek={VISIT}",
    f"{STOP}/hand",
    f"{STOP}/houd",
    f"{STOP}/ruil",
    f"{STOP}/eraf",
    f"{STOP}/splits",
    f"{STOP}/samen",
    CLOSE,
    f"{CLOSE}?hele=ja",
    "/planning/plek",
    "/planning/dagen",
    "/planning/crisisbezoek",
    "/planning/handelingen",
    "/planning/afspraken",
    "/planning/wat-als",
    "/planning/passend",
    "/planning/plannen",
)
LONG = "Planner, Coöperatieve Huisartsenposten Midden-Nederland en omstreken"


@pytest.fixture
def day_before(visitor: Visitor) -> Visitor:
    """The day before the seeded visit, when its team may still be planned."""
    visitor.site.clock.at = NOW - timedelta(days=1)
    return visitor


async def use(page: Page, what: Locator, by: str) -> None:
    """Presses a button or a link: with the mouse, or with the keyboard."""
    if by == "mouse":
        await what.click()
    else:
        await what.focus()
        await page.keyboard.press("Enter")


async def said(visitor: Visitor, kind: str) -> int:
    door = await visitor.site.fresh.open("acceptor")
    ((count,),) = await rows(door, f"SELECT count(*) FROM ledger WHERE type = '{kind}'")
    return int(count)


@pytest.mark.parametrize("by", ["keyboard", "mouse"])
async def test_a_visit_is_split_after_its_effect_was_read(day_before: Visitor, by: str):
    page = await day_before.open(f"{STOP}/hand", day_before.site.who("planner"))
    await use(page, page.get_by_role("link", name="Splits dit bezoek"), by)
    await page.get_by_label("Aantal bewoners").fill("1")
    await use(page, page.get_by_role("button", name="Kijk wat dit doet"), by)
    effect = page.get_by_role("region", name="Wat dit doet")
    await expect(effect).to_contain_text("Bel Lindeplein")
    assert await said(day_before, "stop.grouped.v1") == 0
    await page.get_by_label("Waarom").fill("de gang is te smal")
    await use(page, effect.get_by_role("button"), by)

    await expect(page).to_have_url(
        f"{day_before.address}/planning?dag=2021-02-17&bezoek={VISIT}#bezoek"
    )
    assert await said(day_before, "stop.grouped.v1") == 2


@pytest.mark.parametrize("by", ["keyboard", "mouse"])
async def test_a_shift_is_closed_and_opened_again_from_the_list(day_before: Visitor, by: str):
    page = await day_before.open(f"{STOP}/hand", day_before.site.who("planner"))
    await use(page, page.get_by_role("link", name="Sluit deze dienst"), by)
    await use(page, page.get_by_role("button", name="Kijk wat dit doet"), by)
    effect = page.get_by_role("region", name="Wat dit doet")
    await expect(effect).to_contain_text("Lindeplein")
    assert await said(day_before, "shift.withdrawn.v1") == 0
    await page.get_by_label("Waarom?").fill("de bus is stuk")
    await use(page, effect.get_by_role("button"), by)
    await expect(page.locator("#tijdlijn, .tl, main").first).to_be_visible()
    await page.goto(f"{day_before.address}/planning/handelingen")
    await use(page, page.get_by_role("button", name="Maak ongedaan"), by)
    await expect(page.get_by_role("button", name="Maak ongedaan")).to_have_count(2)

    assert await said(day_before, "shift.withdrawn.v1") == 1
    assert await said(day_before, "shift.changed.v1") == 1


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("path", [f"{STOP}/splits?hoe=aantal&n=1", f"{CLOSE}?hele=ja"])
async def test_axe_finds_nothing_where_visits_are_split_and_shifts_closed(
    day_before: Visitor, path: str, width: int
):
    view = {"width": width, "height": 800}
    assert await faults(day_before, "planner", path, viewport=view) == []


async def test_every_page_of_a_planner_fits_a_window_of_320_pixels(day_before: Visitor):
    who = day_before.site.who("planner")
    context = await day_before.context(who, viewport={"width": 320, "height": 700})
    page = await day_before.page(context, PAGES[0])
    wide = {}
    for path in PAGES:
        answer = await page.goto(day_before.address + path)
        assert answer is not None
        assert answer.status == 200, path
        name = page.locator(".signed-in span")
        await name.evaluate("(span, name) => span.append(name)", LONG)
        width = await page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide[path] = width
    assert wide == {}


async def open_for_an_hour(day_before: Visitor, path: str) -> Page:
    """A page that stays open while an hour passes and nothing happens; the processes give their signs."""
    context = await day_before.context(day_before.site.who("planner"))
    page = await context.new_page()
    await page.clock.install()
    await page.goto(day_before.address + path)
    await expect(page.locator("#live")).to_have_text("Live, 10:30")
    day_before.site.clock.at += timedelta(hours=1)
    await page.clock.fast_forward(3_600_000)
    return page


@pytest.mark.parametrize(
    "path", ["/planning", f"{STOP}/splits", f"{CLOSE}?hele=ja", "/planning/dagen"]
)
async def test_an_hour_without_events_is_said_by_pages_that_stand_open(
    day_before: Visitor, path: str
):
    """The overview renews itself; a form is left alone, and says how old it is by its own clock."""
    page = await open_for_an_hour(day_before, path)

    said_now = "Live, 11:30" if path == "/planning" else "Stand van 10:30, herlaad voor nieuws"
    await expect(page.locator("#live")).to_have_text(said_now, timeout=20_000)

    await page.reload()
    await expect(page.locator("#live")).to_have_text("Live, 11:30", timeout=20_000)
