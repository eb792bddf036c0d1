"""The main tasks in a real browser: sign in, register by keyboard alone, see the page follow the facts."""

import pytest
from playwright.async_api import Page, expect

from events.envelope import Sender
from events.visits import VisitStarted
from tests.browser.conftest import Visitor
from tests.services.web.seed import HOME, NOW, an_id
from tests.services.web.test_quarantine import HIS, bad, not_yet_allowed, set_aside

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element with this id or text has the focus, as somebody without a mouse does."""
    for _ in range(120):
        await page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if await focused.count() and (
            await focused.get_attribute("id") == name
            or (await focused.inner_text()).strip() == name
        ):
            return
    raise AssertionError(f"the keyboard does not reach {name}")


async def test_a_demo_user_signs_in_and_out(visitor: Visitor):
    page = await visitor.open("/")

    async with page.expect_response("**/kaart.json*"):  # who signs out sooner gets a 401 for it
        await page.get_by_role("button", name="Planner Huisartsenpost Zeist. ").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Woensdag 17 februari")
    await page.get_by_role("button", name="Afmelden").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Kies wie u bent")


async def test_a_patient_is_registered_by_keyboard_alone(visitor: Visitor):
    page = await visitor.open("/praktijk", visitor.site.who("practice"))

    await tab_to(page, "bsn")
    for name, text in (
        ("", "999990160"), ("given_name", "Greet"), ("family_name", "de Wit"), ("day", "14"), ("month", "3"),
        ("year", "1938"), ("postcode", "3511AB"), ("house_number", "12"), ("location", "Eemzicht GG2514, Amersfoort (3511)"),
    ):  # fmt: skip
        if name:
            await tab_to(page, name)
        await page.keyboard.type(text)
    await page.keyboard.press("Escape")
    await tab_to(page, "answer-self")
    await page.keyboard.press("Space")
    await tab_to(page, "Controleer en verstuur")
    await page.keyboard.press("Enter")

    await expect(page.locator("#gelukt")).to_be_focused()
    await expect(page.locator("#bevestiging")).to_contain_text("GG2514-")
    await expect(page.locator("tbody")).to_contain_text("G.d.W.")


@pytest.mark.parametrize(
    ("role", "path"), [("planner", "/planning"), ("practice", "/praktijk"), ("crisis", "/regio")]
)
async def test_every_sheet_that_is_printed_in_an_exercise_says_so(visitor: Visitor, role: str, path: str):  # fmt: skip
    page = await visitor.open(path, visitor.site.who(role))
    mark = page.locator(".sheet-mark")

    await expect(mark).to_be_hidden()
    await page.emulate_media(media="print")

    await expect(mark).to_be_visible()
    await expect(mark).to_have_text("Oefengegevens")
    assert await mark.evaluate("it => getComputedStyle(it).position") == "fixed"  # on every sheet


async def test_a_mistake_gets_the_focus_and_leads_to_its_field(visitor: Visitor):
    page = await visitor.open("/praktijk", visitor.site.who("practice"))
    await page.fill("#bsn", "123456789")
    await page.fill("#family_name", "de Wit")

    await page.get_by_role("button", name="Controleer en verstuur").click()

    await expect(page.locator("#samenvatting")).to_be_focused()
    await page.get_by_role("link", name="Dit BSN klopt niet").click()
    await expect(page.locator("#bsn")).to_be_focused()
    await expect(page.locator("#family_name")).to_have_value("de Wit")
    assert "status of 422" in visitor.complaints.pop()  # the browser tells of the answer itself


async def test_the_planner_s_page_follows_the_facts_and_keeps_the_focus(visitor: Visitor):
    page = await visitor.open("/planning", visitor.site.who("planner"))
    bar = page.locator(".tl-visit").first
    await bar.focus()
    await page.locator("details").nth(1).evaluate("element => element.open = true")
    await page.wait_for_timeout(300)

    await visitor.site.say(
        Sender.TEAM,
        VisitStarted(visit_id=an_id(HOME, "visit"), team_id=an_id(HOME, "team"), started_at=NOW),
    )

    await expect(bar).to_have_class("tl-visit team-vecht is-busy", timeout=5000)
    await expect(bar).to_be_focused()
    await expect(page.locator("details").nth(1)).to_have_attribute("open", "")
    await expect(
        page.locator(".stop-now-ring").nth(1)
    ).to_be_attached()  # on the map, beside the legend's


async def test_what_is_being_typed_survives_a_refresh_of_the_page(visitor: Visitor):
    page = await visitor.open("/praktijk", visitor.site.who("practice"))
    await page.fill("#family_name", "half getypt")
    await page.wait_for_timeout(300)

    await visitor.site.say(
        Sender.TEAM,
        VisitStarted(visit_id=an_id(HOME, "visit"), team_id=an_id(HOME, "team"), started_at=NOW),
    )

    await expect(page.locator("#melding")).to_contain_text("Bijgewerkt", timeout=5000)
    await expect(page.locator("#family_name")).to_have_value("half getypt")
    await expect(page.locator("#family_name")).to_be_focused()


async def test_two_tabs_share_one_stream_and_both_follow(visitor: Visitor):
    context = await visitor.context(visitor.site.who("planner"))
    first, second = await visitor.page(context, "/planning"), await visitor.page(context, "/regio")
    await second.wait_for_timeout(300)

    listeners = visitor.site.parts.hub.listeners
    await visitor.site.say(
        Sender.TEAM,
        VisitStarted(visit_id=an_id(HOME, "visit"), team_id=an_id(HOME, "team"), started_at=NOW),
    )

    assert listeners == 1
    for page in (first, second):
        await expect(page.locator("#melding")).to_contain_text("Bijgewerkt", timeout=5000)


async def test_silence_is_said_and_the_end_of_it_too(visitor: Visitor):
    context = await visitor.context(visitor.site.who("planner"))
    await context.route("**/events", lambda route: route.abort())
    page = await context.new_page()
    await page.clock.install()
    await page.goto(visitor.address + "/planning")

    await page.clock.fast_forward(13_000)
    await expect(page.locator("#live")).to_contain_text("Verbinding traag")
    await page.clock.fast_forward(9_000)
    await expect(page.locator("#live")).to_contain_text("Geen live verbinding")
    await expect(page.locator("#verbroken")).to_be_visible()
    await context.unroute("**/events")
    await page.get_by_role("button", name="Probeer nu").click()

    await expect(page.locator("#live")).to_contain_text("Live,")
    await expect(page.locator("#verbroken")).to_be_hidden()


async def test_the_map_draws_stops_posts_and_what_is_not_planned(visitor: Visitor):
    page = await visitor.open("/planning", visitor.site.who("planner"))

    await expect(page.locator("#kaart[data-drawn]")).to_be_attached()
    await expect(page.locator("#kaart .map-icon")).to_have_count(3)
    await expect(page.locator("#kaart path.land")).to_have_count(26)
    await expect(page.locator("#kaart path.route")).to_have_count(1)
    await expect(page.locator(".leaflet-control-attribution")).to_contain_text("CBS en Kadaster")


async def test_arrow_keys_walk_through_the_timeline_and_enter_opens_a_visit(visitor: Visitor):
    page = await visitor.open("/planning", visitor.site.who("planner"))
    await page.locator(".tl-visit").first.focus()

    await page.keyboard.press("ArrowRight")  # there is no next visit: stays
    await page.keyboard.press("Enter")

    await expect(page.locator("#bezoek")).to_contain_text(
        "Team Vecht, 12:00 tot 13:10, 6 bewoners."
    )


async def test_without_scripts_every_page_can_be_read(visitor: Visitor):
    for role, path, text in (
        ("planner", "/planning", "Er zijn te weinig doses"),
        ("practice", "/praktijk", "Team Vecht komt langs"),
        ("crisis", "/regio", "Waarom niet ingepland"),
    ):
        page = await visitor.open(path, visitor.site.who(role), java_script_enabled=False)

        await expect(page.locator("main")).to_contain_text(text)


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("planner", "/planning"),
        ("practice", "/praktijk"),
        ("crisis", "/regio"),
        ("planner", "/quarantaine"),
    ],
)
async def test_a_page_fits_a_window_of_320_pixels(visitor: Visitor, role: str, path: str):
    if path == "/quarantaine":
        await set_aside(visitor.site, bad(HIS))

    page = await visitor.open(path, visitor.site.who(role), viewport={"width": 320, "height": 700})

    width = await page.evaluate("document.documentElement.scrollWidth")

    assert width <= 320


async def test_a_record_is_offered_again_by_keyboard_and_without_scripts(visitor: Visitor):
    await set_aside(visitor.site, not_yet_allowed("q1", 0), not_yet_allowed("q2", 1))
    page = await visitor.open(
        "/quarantaine", visitor.site.who("planner"), java_script_enabled=False
    )

    await page.get_by_role("button", name="Opnieuw aanbieden 1").focus()
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("status").filter(has_text="aangenomen")).to_contain_text(
        "1 bericht is aangenomen."
    )
    await expect(page.locator("tbody tr[id^=n-]")).to_have_count(1)
    await page.get_by_role("button", name="Bied dit bericht opnieuw aan").press("Enter")
    await expect(page.locator("main")).to_contain_text("Alles is verwerkt")


async def test_the_page_of_what_was_set_aside_follows_what_comes_in(visitor: Visitor):
    page = await visitor.open("/quarantaine", visitor.site.who("planner"))
    await page.wait_for_timeout(300)

    await set_aside(visitor.site, bad(HIS))

    await expect(page.locator("main")).to_contain_text("Geen geldig bericht", timeout=5000)
