"""Time passes and nothing happens: pages say what is late, old or silent without any event."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visitor, breathe
from tests.services.web.seed import NOW

pytestmark = [pytest.mark.browser, pytest.mark.postgres]
EVENING = datetime(
    2021, 2, 17, 17, 18, tzinfo=UTC
)  # 18:18 in Amsterdam; the visit should have begun that morning
TOMORROW = datetime(2021, 2, 17, 23, 5, tzinfo=UTC)  # 0:05 in Amsterdam
RENEWED = 31_000  # milliseconds after which a page has renewed itself
expect.set_options(timeout=15_000)  # the stream ticks in real time, each 5 s


async def open_at_rest(visitor: Visitor, path: str, role: str) -> Page:
    """Open a page whose own clock a test moves; the stream goes on in real time."""
    context = await visitor.context(visitor.site.who(role))
    page = await context.new_page()
    page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    await page.clock.install()
    await page.goto(visitor.address + path)
    await expect(page.locator("#live")).to_have_text("Live, 10:30")
    return page


async def pass_time(visitor: Visitor, page: Page, until: datetime) -> None:
    """Move the clock of the server, and that of the browser by half a minute."""
    visitor.site.clock.at = until
    await page.clock.fast_forward(RENEWED)
    await page.wait_for_timeout(50)


@pytest.mark.parametrize(
    ("path", "role"), [("/planning", "planner"), ("/regio", "crisis"), ("/praktijk", "practice")]
)
async def test_a_page_shows_the_time_though_nothing_happens(visitor: Visitor, path: str, role: str):
    page = await open_at_rest(visitor, path, role)

    await pass_time(visitor, page, EVENING)

    await expect(page.locator("#live")).to_have_text("Live, 18:18")


async def test_a_visit_becomes_late_though_nothing_happens(visitor: Visitor):
    page = await open_at_rest(visitor, "/planning", "planner")
    late = page.locator(".figures div", has_text="Te laat")
    before = await page.locator(".tl-now-flag").count()

    await pass_time(visitor, page, EVENING - timedelta(hours=3))

    await expect(late.locator("dd")).to_have_text("1")
    await expect(late).to_have_class("is-danger")
    await expect(page.locator(".tl-visit").first).to_have_class("tl-visit team-vecht is-late")
    await expect(page.locator(".tl-now-text")).to_have_text("15:18")
    assert before


async def test_the_day_and_its_map_change_at_midnight(visitor: Visitor):
    page = await open_at_rest(visitor, "/planning", "planner")
    await expect(page.locator("#kaart[data-drawn]")).to_be_attached()
    await expect(page.locator("#kaart path.route")).to_have_count(1)

    await pass_time(visitor, page, TOMORROW)

    await expect(page.get_by_role("heading", level=1)).to_contain_text("Donderdag 18 februari")
    await expect(page.locator("#kaart path.route")).to_have_count(0)


async def test_a_page_whose_processes_are_silent_is_not_live_though_its_connection_is(
    visitor: Visitor,
):
    page = await open_at_rest(visitor, "/planning", "planner")

    await breathe(visitor.site, alive_for=-timedelta(minutes=3))
    await pass_time(visitor, page, NOW + timedelta(minutes=3))

    await expect(page.locator("#live")).to_have_text(
        "Niet actueel, 10:33: geen teken van ontvangst van berichten, planner"
    )
    await expect(page.locator("#live")).to_have_class("live live-stale")


async def test_what_is_shown_stays_while_the_server_is_in_trouble_and_its_age_is_said(
    visitor: Visitor,
):
    page = await open_at_rest(visitor, "/planning", "planner")
    await page.context.route(
        "**/planning", lambda route: route.fulfill(status=503, body="<p>no</p>")
    )

    await pass_time(visitor, page, EVENING)

    await expect(page.locator("#live")).to_contain_text("Verbinding traag")
    await expect(page.locator(".tl-visit").first).to_be_visible()
    await page.context.unroute("**/planning")
    await page.clock.fast_forward(RENEWED)
    await expect(page.locator("#live")).to_have_text("Live, 18:18")


async def test_an_error_page_comes_back_by_itself(visitor: Visitor):
    context = await visitor.context(visitor.site.who("planner"))
    page = await context.new_page()
    await page.clock.install()
    await let_readers_in(visitor, limit=0)
    await page.goto(visitor.address + "/planning")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Het lukt nu niet")
    await page.clock.fast_forward(6_000)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Het lukt nu niet")

    await let_readers_in(visitor, limit=-1)
    await page.clock.fast_forward(6_000)

    heading = page.get_by_role("heading", level=1)
    await expect(heading).to_contain_text("Woensdag 17 februari", timeout=60_000)


async def let_readers_in(visitor: Visitor, *, limit: int) -> None:
    """Postgres gives this site so many connections from now on (-1: any number); those of its pages end."""
    owner = await visitor.site.fresh.open("owner", 1)
    name = visitor.site.fresh.name
    async with owner.transaction() as tx:
        await tx.execute(f"ALTER DATABASE {name} CONNECTION LIMIT {limit}")
    async with owner.transaction() as tx:
        await tx.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'"
            " AND datname = current_database()"
        )
    await owner.close()


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(
    ("path", "role", "kept"),
    [
        ("/planning", "planner", "details#waar-no_contact > summary"),
        ("/praktijk", "practice", "main a >> nth=2"),
    ],
)
async def test_a_page_that_stood_open_for_an_hour_is_of_now_and_as_its_reader_left_it(
    visitor: Visitor, path: str, role: str, kept: str, language: str
):
    context = await visitor.context(visitor.site.who(role))
    page = await context.new_page()
    page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    await page.clock.install()
    await page.goto(f"{visitor.address}{path}?lang={language}")
    await expect(page.locator("#live")).to_have_text("Live, 10:30")
    folds = page.locator("main details")
    if role == "planner":
        await page.locator(kept).click()
    else:
        await page.locator(kept).focus()
    heading = await page.get_by_role("heading", level=1).text_content()
    tall = await page.evaluate("document.body.scrollHeight")
    opened = await folds.evaluate_all("all => all.map(one => one.open)")

    for minutes, shown in ((20, "10:50"), (40, "11:10"), (60, "11:30")):
        await pass_time(visitor, page, NOW + timedelta(minutes=minutes))
        await expect(page.locator("#live")).to_have_text(f"Live, {shown}")

    assert await folds.evaluate_all("all => all.map(one => one.open)") == opened
    await expect(page.locator(kept)).to_be_focused()
    await expect(page.get_by_role("heading", level=1)).to_have_text(heading or "?")
    assert abs(await page.evaluate("document.body.scrollHeight") - tall) < 80
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
