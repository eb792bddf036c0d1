"""What somebody typed is not lost: the session is over, the server is away, the page is loaded again."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Visitor
from tests.services.web.test_registering import GOOD

pytestmark = [pytest.mark.browser, pytest.mark.postgres]
TYPED = ("bsn", "given_name", "family_name", "day", "month", "year", "postcode", "location")


async def type_in(page: Page) -> None:
    for name in TYPED:
        await page.locator(f"#formulier [name={name}]").fill(GOOD[name])
    await page.locator("#answer-self").check()


async def picture(page: Page, name: str) -> None:
    """A picture to look at, where somebody asks for one."""
    if folder := os.environ.get("PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def send(page: Page) -> None:
    await page.locator("#formulier button[type=submit]").click()


async def test_what_was_typed_is_there_again_after_loading_and_gone_after_sending(
    visitor: Visitor,
):
    page = await visitor.open("/praktijk", visitor.site.who("practice"))
    await type_in(page)
    await page.reload()

    await expect(page.locator("#family_name")).to_have_value("de Wit")
    await expect(page.locator("#answer-self")).to_be_checked()
    await expect(page.locator("#concept")).to_contain_text("Wat u eerder typte")
    await picture(page, "kept")
    await send(page)
    await expect(page.locator("#gelukt")).to_contain_text("Greet de Wit is aangemeld")
    await picture(page, "done")
    assert await page.evaluate("sessionStorage.length") == 0
    assert await page.evaluate("localStorage.length") == 0


async def test_a_session_that_is_over_loses_nothing_and_what_was_typed_is_sent_on_return(
    visitor: Visitor,
):
    who = visitor.site.who("practice")
    page = await visitor.open("/praktijk", who)
    await type_in(page)
    await page.context.clear_cookies()
    await send(page)
    await expect(page.locator("#concept")).to_contain_text("Uw sessie is voorbij")
    await expect(page.locator("#family_name")).to_have_value("de Wit")
    await picture(page, "signed-out")

    await visitor.sign_in(page.context, who, again=True)

    await expect(page.locator("#gelukt")).to_contain_text("Greet de Wit", timeout=15_000)
    visitor.complaints = [one for one in visitor.complaints if "401" not in one]


async def test_a_server_that_is_away_is_tried_again(visitor: Visitor):
    page = await visitor.open("/praktijk", visitor.site.who("practice"))
    await type_in(page)
    away = True

    async def answer(route: Route) -> None:
        await (route.abort() if away else route.continue_())

    await page.route("**/praktijk/aanmelden", answer)
    await send(page)
    await expect(page.locator("#concept")).to_contain_text("niet bereikbaar")
    away = False

    await expect(page.locator("#gelukt")).to_contain_text("Greet de Wit", timeout=15_000)
    visitor.complaints = [one for one in visitor.complaints if "ERR_FAILED" not in one]


async def test_a_mistake_is_shown_by_the_server_with_everything_typed(visitor: Visitor):
    page = await visitor.open("/praktijk", visitor.site.who("practice"))
    await type_in(page)
    await page.locator("#formulier [name=bsn]").fill("123456789")
    await send(page)

    await expect(page.locator("#samenvatting")).to_contain_text("Er is 1 fout")
    await expect(page.locator("#family_name")).to_have_value("de Wit")
    visitor.complaints = [one for one in visitor.complaints if "422" not in one]


async def test_another_person_in_the_same_tab_sees_no_draft(visitor: Visitor):
    page = await visitor.open("/praktijk", visitor.site.who("practice"))
    await type_in(page)
    await visitor.sign_in(page.context, visitor.site.who("practice", number=1))
    await page.reload()

    await expect(page.locator("#family_name")).to_have_value("")
    assert await page.evaluate("sessionStorage.length") == 0


async def test_a_question_looks_as_it_should(visitor: Visitor):
    """For the eye: the list, the question with the practice's own words, and the planner's section."""
    page = await visitor.open("/praktijk", visitor.site.who("practice"))
    await type_in(page)
    await send(page)
    await expect(page.locator("#gelukt")).to_be_visible()
    other = await visitor.open("/praktijk", visitor.site.who("practice", number=1))
    await type_in(other)
    for name, value in (("given_name", "Nep"), ("family_name", "Onzin"), ("day", "1")):
        await other.locator(f"#formulier [name={name}]").fill(value)
    await send(other)
    await expect(other.locator("#gelukt")).to_contain_text("met een vraag")
    await picture(other, "question-done")
    await other.locator("tr", has_text="Controleer BSN").first.locator("a").click()
    await expect(other.locator("#mend-family_name")).to_have_value("Onzin")
    await picture(other, "question")
