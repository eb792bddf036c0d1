"""A web application on a database of its own, with two regions that know nothing of each other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI

from infra.clock import SystemClock
from infra.embedded.session import Servers
from infra.identity import derived_id
from infra.postgres.database import Database, Who
from infra.postgres.pages.agreements import read_agreements
from infra.postgres.sessions import open_session
from infra.tokens import WORKING_DAY, mint, proof
from services.accept.group import Group
from services.web.agreeing import to_token
from services.web.app import build
from services.web.parts import Parts
from services.web.seats import Seats
from services.web.writing import Writing
from tests.conftest import Fresh, copied
from tests.services.web.seed import (
    ABROAD,
    HOME,
    Said,
    Seeded,
    StillClock,
    seed_country,
    seed_patients,
    seed_plan,
    seed_region,
)

KEY = b"a key for tests, nothing else..."


def session_of(who: Who) -> UUID:
    """The session of a person in these tests."""
    return derived_id("session", *map(str, (who.role, who.region, who.organisation, who.subject)))


def cookie_of(who: Who) -> str:
    """The cookie of that session."""
    return mint(KEY, who, session=session_of(who))


class Opening(httpx2.ASGITransport):
    """Opens the session of whoever asks, before the first request."""

    def __init__(self, site: "Site", who: Who | None) -> None:
        super().__init__(app=site.app, raise_app_exceptions=False)
        self.site, self.who = site, who

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.who is not None:
            await self.site.begin(self.who)
        return await super().handle_async_request(request)


@dataclass
class Site:
    """The application, who can ask it, and what lies in its database."""

    app: FastAPI
    parts: Parts
    say: Said
    home: Seeded
    abroad: Seeded
    clock: StillClock
    fresh: Fresh
    begun: set[Who] = field(default_factory=set)

    def who(self, role: str, region: str = HOME, number: int = 0) -> Who:
        seeded = self.home if region == HOME else self.abroad
        own = {"practice": seeded.practices[number], "planner": seeded.post}.get(role)
        return Who(role, region, own, f"test:{role}:{region}:{number}")

    def proof(self, who: Who) -> str:
        """What a form on this person's page carries."""
        return proof(KEY, who, session_of(who))

    def client(self, who: Who | None = None, *, cookie: bool = True) -> httpx2.AsyncClient:
        """A browser (cookie) or a system (bearer) of this person; None is nobody."""
        headers, cookies = {}, {}
        if who is not None and cookie:
            headers, cookies = {"origin": "http://site.test"}, {"prikploeg_session": cookie_of(who)}
        elif who is not None:
            headers = {"authorization": f"Bearer {mint(KEY, who)}"}
        transport = Opening(self, who if cookie else None)
        return httpx2.AsyncClient(
            transport=transport, base_url="http://site.test", headers=headers, cookies=cookies
        )

    async def begin(self, who: Who) -> None:
        """Open the session of this person's cookie, unless it was: signed out stays signed out."""
        if who not in self.begun:
            self.begun.add(who)
            now = SystemClock().now()
            door = await self.fresh.open("acceptor", 1)
            async with door.transaction() as tx:
                await open_session(tx, session_of(who), who, now, now + WORKING_DAY)

    async def reader(self) -> Database:
        return self.parts.reader


@dataclass(frozen=True)
class Seed:
    """A database to copy, and what a test can name in it."""

    fresh: Fresh
    said: int
    home: Seeded
    abroad: Seeded


@asynccontextmanager
async def speaking(fresh: Fresh, clock: StillClock) -> AsyncIterator[Said]:
    """The door before a database."""
    group = Group(await fresh.open("acceptor", 2), clock)
    running = asyncio.create_task(group.run())
    yield Said(group)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@asynccontextmanager
async def a_site(seed: Seed) -> AsyncIterator[Site]:
    """The application on a copy of this database."""
    clock = StillClock()
    async with copied(seed.fresh.servers, seed.fresh.name) as fresh, speaking(fresh, clock) as say:
        say.count = seed.said
        (acceptor,) = fresh.opened
        keys = fresh.keys()
        parts = Parts(
            await fresh.open("reader"),
            Writing(say.group, await fresh.open("identifier", 2), keys, clock),
            keys,
            clock,
            KEY,
            Seats(acceptor, KEY),
            embedded=True,
            hosts=frozenset({"site.test"}),
        )
        yield Site(
            build(parts), parts, say, deepcopy(seed.home), deepcopy(seed.abroad), clock, fresh
        )
        parts.region_fits.close()
        parts.scenarios.close()


@pytest.fixture(scope="session")
async def two_regions(postgres: Servers) -> AsyncIterator[Seed]:
    """To copy: two regions with practices and places."""
    async with copied(postgres) as fresh:
        async with speaking(fresh, StillClock()) as say:
            await seed_country(say)
            home, abroad = await seed_region(say, HOME), await seed_region(say, ABROAD)
        await fresh.close()
        yield Seed(fresh, say.count, home, abroad)


@pytest.fixture(scope="session")
async def planned_regions(two_regions: Seed) -> AsyncIterator[Seed]:
    """To copy: the same with patients, and a plan in each region."""
    home, abroad = deepcopy(two_regions.home), deepcopy(two_regions.abroad)
    async with copied(two_regions.fresh.servers, two_regions.fresh.name) as fresh:
        async with speaking(fresh, StillClock()) as say:
            say.count = two_regions.said
            identifier, keys = await fresh.open("identifier", 1), fresh.keys()
            await seed_patients(say, identifier, keys, home, HOME, (8, 7))
            await seed_patients(say, identifier, keys, abroad, ABROAD, (6, 6))
            await seed_plan(say, home, HOME)
            await seed_plan(say, abroad, ABROAD, served=5)
        await fresh.close()
        yield Seed(fresh, say.count, home, abroad)


@pytest.fixture
async def unplanned(two_regions: Seed) -> AsyncIterator[Site]:
    """Two regions with practices and places, nobody registered and nothing planned."""
    async with a_site(two_regions) as made:
        yield made


@pytest.fixture
async def site(planned_regions: Seed) -> AsyncIterator[Site]:
    """The same with patients, and a plan in each region."""
    async with a_site(planned_regions) as made:
        yield made


async def agreed_at(site: Site) -> str:
    """When the policy that holds was agreed; the seed has one."""
    async with site.parts.reader.reading(site.who("planner")) as tx:
        return to_token((await read_agreements(tx, HOME)).said)
