"""A real browser before a real server: every complaint of the browser itself fails the test."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from infra.clock import SystemClock
from infra.postgres.database import Who
from infra.postgres.heartbeats import Process, beat
from services.web import assets
from services.web.app import listen, listen_ends
from tests.services.web.conftest import (  # noqa: F401  # fixtures
    Site,
    cookie_of,
    planned_regions,
    site,
    two_regions,
    unplanned,
)

NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Visitor:
    """Opens pages of one site as somebody, and keeps what the browser complains about."""

    site: Site
    browser: Browser
    address: str
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    async def context(self, who: Who | None = None, **options: object) -> BrowserContext:
        settings = {"viewport": {"width": 1440, "height": 900}, "locale": "nl-NL", **options}
        context = await self.browser.new_context(**settings)  # type: ignore[arg-type]
        self.contexts.append(context)
        if who is not None:
            await self.sign_in(context, who)
        return context

    async def sign_in(self, context: BrowserContext, who: Who, *, again: bool = False) -> None:
        """A session of this person in this browser; `again`: another one than before."""
        await self.site.begin(who)
        value = await self.site.parts.seats.begin(who) if again else cookie_of(who)
        session = {"name": "prikploeg_session", "value": value, "url": self.address}
        await context.add_cookies([session])  # type: ignore[list-item]

    async def open(self, path: str, who: Who | None = None, **options: object) -> Page:
        return await self.page(await self.context(who, **options), path)

    async def page(self, context: BrowserContext, path: str) -> Page:
        page = await context.new_page()
        page.on("console", lambda m: self.complain(m))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.check_origin(request.url))
        await page.goto(self.address + path)
        return page

    def complain(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = urlsplit(message.location["url"]).path
            self.complaints.append(f"{message.text} {place}")

    def check_origin(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.complaints.append(f"a request to somebody else: {url}")


async def breathe(site: Site, *, alive_for: timedelta) -> None:  # noqa: F811
    """The processes that pages need give a sign that stays young so long; nothing runs here that would."""
    at = SystemClock().now() + alive_for
    for name in ("intake", "planner"):
        database = await site.fresh.open("planner" if name == "planner" else "acceptor", 1)
        async with database.transaction() as tx:
            await beat(tx, Process(name, 0, os.getpid(), at), at, {"lag": 0})
        await database.close()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium on this machine: apt-get install chromium")
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    assets.fetch(dev=True)
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield launched
        await launched.close()


@pytest.fixture
async def visitor(site: Site, browser: Browser) -> AsyncIterator[Visitor]:  # noqa: F811
    server = uvicorn.Server(
        uvicorn.Config(
            site.app, host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=1
        )
    )
    serving = asyncio.create_task(server.serve())
    settings = site.fresh.settings()
    listening = asyncio.gather(listen(settings, site.parts), listen_ends(settings, site.parts))
    while not server.started:
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    await breathe(site, alive_for=timedelta(hours=1))
    made = Visitor(site, browser, f"http://127.0.0.1:{port}")
    yield made
    for context in made.contexts:
        await context.close()
    listening.cancel()
    server.should_exit = True
    with suppress(asyncio.CancelledError):
        await listening
    await serving
    assert made.complaints == []
