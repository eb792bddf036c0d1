"""The page of the API in a real browser, under the strict policy: every operation shows, and can be tried."""

import pytest
from playwright.async_api import expect

from services.web import frame
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


async def test_every_operation_shows_and_opens(visitor: Visitor):
    page = await visitor.open("/docs")

    described = (await (await page.request.get(f"{visitor.address}/api/v1/openapi.json")).json())[
        "paths"
    ]
    await expect(page.locator(".opblock")).to_have_count(sum(map(len, described.values())))
    await page.locator("#operations-events-offer_events .opblock-summary").click()

    opened = page.locator("#operations-events-offer_events .opblock-body")
    await expect(opened).to_contain_text("application/cloudevents+json")
    await expect(opened).to_contain_text("application/problem+json")


async def test_a_signed_in_planner_can_try_an_operation(visitor: Visitor):
    page = await visitor.open("/docs", visitor.site.who("planner"))
    block = page.locator("#operations-plan-show_plan")

    await block.locator(".opblock-summary").click()
    await block.get_by_role("button", name="Try it out").click()
    await block.get_by_role("button", name="Execute").click()

    answered = block.locator(".live-responses-table")
    await expect(answered.locator(".response .response-col_status")).to_contain_text("200")
    await expect(answered).to_contain_text("api-version")


async def test_without_the_fetched_script_the_link_to_the_document_remains(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(frame.load_templates().globals, "vendor", lambda: False)

    page = await visitor.open("/docs")

    await expect(page.get_by_role("link", name="/api/v1/openapi.json")).to_be_visible()
