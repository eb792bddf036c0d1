"""What stands on a screen goes when the session does, in every tab, wherever it was ended."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visitor
from tests.services.web.conftest import session_of

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


async def test_a_page_that_stands_open_goes_when_its_session_is_ended_elsewhere(visitor: Visitor):
    who = visitor.site.who("practice")
    context = await visitor.context(who)
    first, second = [await visitor.page(context, "/praktijk") for _ in range(2)]
    for page in (first, second):
        await expect(page.locator("#live")).to_contain_text("Live")

    await visitor.site.parts.seats.end(session_of(who), "admin")

    for page in (first, second):
        await expect(page).to_have_url(f"{visitor.address}/aanmelden?naar=%2Fpraktijk")
        await expect(page.locator("body")).not_to_contain_text("van Testa")


async def test_after_signing_out_the_page_before_is_not_shown_again(visitor: Visitor):
    page = await visitor.open("/praktijk", visitor.site.who("practice"))
    await expect(page.locator("#inhoud")).to_contain_text("A.v.T.")
    await page.locator(".signed-in button").click()
    await expect(page).to_have_url(f"{visitor.address}/aanmelden")

    await page.go_back()

    await expect(page).to_have_url(f"{visitor.address}/aanmelden?naar=/praktijk")
