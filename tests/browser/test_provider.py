"""A person in a real browser signs in at a real Keycloak: what they typed is there when they come back, and each page is sound."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from infra.clock import SystemClock
from infra.postgres.sessions import end_session
from infra.tokens import read_claim
from services.web.access import COOKIE
from services.web.assets import TARGET
from tests.browser.conftest import Visitor
from tests.browser.test_drafts import send, type_in
from tests.keycloak.realms import PASSWORD
from tests.keycloak.running import Running
from tests.services.web.conftest import KEY
from tests.services.web.signing_in import Provided, provided_site

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@dataclass
class Desk:
    """A browser before a site with a provider."""

    visitor: Visitor
    provided: Provided
    context: BrowserContext

    async def open(self, path: str) -> Page:
        page = await self.context.new_page()
        page.on("console", lambda said: self.visitor.complain(said))
        await page.goto(self.visitor.address + path)
        return page

    async def end(self) -> None:
        """The session is over, here and at the provider: who was away too long."""
        (cookie,) = [one for one in await self.context.cookies() if one["name"] == COOKIE]
        claim = read_claim(KEY, cookie["value"])
        assert claim is not None
        assert claim.session is not None
        door = await self.visitor.site.fresh.open("acceptor", 1)
        async with door.transaction() as tx:
            await end_session(tx, claim.session, "test", SystemClock().now())
        realm = self.provided.realm
        for person in (await realm.admin.get(f"/{realm.name}/users")).json():
            await realm.admin.post(f"/{realm.name}/users/{person['id']}/logout")


@pytest.fixture
async def desk(visitor: Visitor, keycloak: Running) -> AsyncIterator[Desk]:
    app = visitor.site.app
    async with provided_site(visitor.site, keycloak, pages=visitor.address) as provided:
        app.state.parts = visitor.site.parts
        context = await visitor.context()
        yield Desk(visitor, provided, context)


async def sign_in(page: Page, name: str) -> None:
    """From our page to the provider's, and back."""
    await page.get_by_role("link", name="Meld aan met uw account").click()
    await page.fill("#username", name)
    await page.click("#kc-login")
    await page.fill("#password", PASSWORD)
    await page.click("#kc-login")
    await page.wait_for_url("http://127.0.0.1:*/praktijk**")


async def test_what_was_typed_is_there_again_after_the_way_through_the_provider(desk: Desk):
    await desk.provided.realm.person("anja", ["practice"], ["singel"])
    page = await desk.open("/aanmelden?naar=/praktijk")
    await sign_in(page, "anja")
    await type_in(page)
    await desk.end()
    await expect(page).to_have_url(f"{desk.visitor.address}/aanmelden?naar=%2Fpraktijk")

    await sign_in(page, "anja")

    await expect(page.locator("#family_name")).to_have_value("de Wit")
    await expect(page.locator("#answer-self")).to_be_checked()
    await send(page)
    await expect(page.locator("#gelukt")).to_contain_text("Greet de Wit is aangemeld")
    desk.visitor.complaints = [one for one in desk.visitor.complaints if "401" not in one]


async def test_a_sign_in_at_the_provider_in_another_tab_sends_what_was_typed_in_the_first(
    desk: Desk,
):
    await desk.provided.realm.person("anja", ["practice"], ["singel"])
    page = await desk.open("/aanmelden?naar=/praktijk")
    await sign_in(page, "anja")
    await type_in(page)
    await desk.context.clear_cookies()
    await send(page)
    await expect(page.locator("#concept")).to_contain_text("Uw sessie is voorbij")

    async with desk.context.expect_page() as opened:
        await page.locator("#concept a").click()
    await sign_in(await opened.value, "anja")

    await expect(page.locator("#gelukt")).to_contain_text("Greet de Wit", timeout=20_000)
    desk.visitor.complaints = [one for one in desk.visitor.complaints if "401" not in one]


async def test_somebody_else_who_signs_in_at_the_provider_sees_nothing_of_it(desk: Desk):
    for name, organisation in (("anja", "singel"), ("bea", "hoogland")):
        await desk.provided.realm.person(name, ["practice"], [organisation])
    page = await desk.open("/aanmelden?naar=/praktijk")
    await sign_in(page, "anja")
    await type_in(page)
    await desk.end()
    await expect(page).to_have_url(f"{desk.visitor.address}/aanmelden?naar=%2Fpraktijk")

    await sign_in(page, "bea")

    await expect(page.locator("#family_name")).to_have_value("")
    assert await page.evaluate("sessionStorage.length") == 0


async def test_choosing_switching_and_signing_out_in_a_browser(desk: Desk):
    await desk.provided.realm.person("anja", ["practice"], ["singel", "hoogland"])
    page = await desk.open("/aanmelden?naar=/praktijk")
    assert await axe(page) == []
    await page.get_by_role("link", name="Meld aan met uw account").click()
    await page.fill("#username", "anja")
    await page.click("#kc-login")
    await page.fill("#password", PASSWORD)
    await page.click("#kc-login")
    await expect(page.locator("h1")).to_contain_text("Voor wie werkt u nu?")
    assert await axe(page) == []

    await page.get_by_role("button", name="Praktijk Hoog Land").click()
    await expect(page.locator(".scope")).to_contain_text("Praktijk Hoog Land")
    await page.get_by_role("link", name="Wissel van organisatie").click()
    await page.get_by_role("button", name="Praktijk De Singel").click()
    await expect(page.locator(".scope")).to_contain_text("Praktijk De Singel")
    assert await axe(page) == []

    await page.get_by_role("button", name="Afmelden").click()
    await page.wait_for_url("**/aanmelden**")  # through the provider's end of session, and back
    await page.get_by_role("link", name="Meld aan met uw account").click()
    await expect(page.locator("#username")).to_be_visible()  # it asks again who this is


async def axe(page: Page) -> list[str]:
    """What axe finds, in a page of the same address that lets it in."""
    source = (TARGET / "axe.min.js").read_text()
    found: dict[str, Any] = await page.evaluate(f"(() => {{ {source} }})(); axe.run()")
    return [
        f"{one['id']}: {node['target']} {node['html'][:120]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
