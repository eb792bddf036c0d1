"""The web process: builds the application from its parts, and serves it until the process is told to stop."""

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from infra.clock import SystemClock, clock_from
from infra.crypto import Keys
from infra.errors import NotConfigured, Unavailable
from infra.oidc.mapping import read_mapping
from infra.oidc.provider import Provider
from infra.postgres import heartbeats
from infra.postgres.database import Database, wait_for
from infra.postgres.listening import follow, follow_ends
from infra.postgres.quarantine_keys import publish
from infra.postgres.vault import check_key
from infra.settings import Settings, is_here, read_secret
from services.accept.group import Group
from services.web.addresses import list_patterns
from services.web.api.build import ROUTERS as API_ROUTERS
from services.web.api.build import build as build_api
from services.web.api.versions import ROOT, WITHOUT, Versions
from services.web.bearers import Bearers
from services.web.frame import STATIC
from services.web.guard import Guard
from services.web.limits import Limits
from services.web.looks import Trail
from services.web.pages import (
    actions,
    admin,
    agreements,
    api_docs,
    closing,
    crisis,
    crisis_stops,
    days,
    deciding,
    doses,
    emergency,
    extra_stops,
    fits,
    grouping,
    hand,
    holding,
    lists,
    looking,
    places,
    planner,
    practice,
    problems,
    products,
    proposals,
    provider_sign_in,
    quarantine,
    questions,
    region_fits,
    returns,
    reviewing,
    scenarios,
    sign_in,
    stock,
    stops,
    swapping,
)
from services.web.pages import changes as stream
from services.web.parts import Parts
from services.web.provider_seats import LOOK_SECONDS, ProviderSeats
from services.web.seats import Seats
from services.web.serving import make_server, serve_beside
from services.web.status import router as status_router
from services.web.writing import Writing

BEAT_SECONDS: Final = 1.0
FORGET_SECONDS: Final = 60.0
ROUTERS: Final = (
    status_router,
    stream.router,
    sign_in.router,
    provider_sign_in.router,
    admin.router,
    reviewing.router,
    emergency.router,
    planner.router,
    proposals.router,
    agreements.router,
    practice.router,
    products.router,
    returns.router,
    looking.router,
    deciding.router,
    lists.router,
    doses.router,
    questions.router,
    crisis.router,
    stock.router,
    stops.router,
    hand.router,
    holding.router,
    swapping.router,
    grouping.router,
    closing.router,
    days.router,
    crisis_stops.router,
    actions.router,
    extra_stops.router,
    fits.router,
    region_fits.router,
    places.router,
    quarantine.router,
    scenarios.router,
    api_docs.router,
)


def build(parts: Parts) -> FastAPI:
    """Build the application on these parts; opens and closes nothing itself."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.parts = parts
    for router in ROUTERS:
        app.include_router(router)
    app.mount(ROOT, build_api(parts))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    problems.add_to(app)
    app.add_middleware(Trail, reader=parts.reader)
    app.add_middleware(Versions)
    app.add_middleware(Limits, bounds=parts.bounds, hosts=parts.hosts, paths=list_paths())
    if parts.provided is not None:
        app.add_middleware(Bearers, seats=parts.provided)
    app.add_middleware(Guard, metrics=parts.metrics, clock=parts.clock)
    return app


def list_paths() -> list[re.Pattern[str]]:
    """Patterns of all paths with parameters, of the API without its version too."""
    api = [list_patterns(API_ROUTERS, below) for below in (ROOT, WITHOUT.rstrip("/"))]
    return [*list_patterns(ROUTERS), *api[0], *api[1]]


async def serve(settings: Settings) -> None:
    """Serve pages and API until cancelled or told to stop.

    Raises NotConfigured, also when the master key does not open the vault, and Unavailable.
    """
    if settings.vault.master_key_file is None:
        raise NotConfigured("VAULT_MASTER_KEY_FILE is not set: names cannot be opened")
    keys = Keys.read(settings.vault.master_key_file)
    clock = clock_from(settings.run)
    async with open_pools(settings) as (reader, acceptor, identifier):
        async with identifier.transaction() as tx:
            await check_key(tx, keys)
            await publish(tx, keys.for_quarantine(), SystemClock().now())
        group = Group(acceptor, clock)
        key = read_session_key(settings)
        provided = find_provider(settings, acceptor, keys, key)
        parts = Parts(
            reader=reader,
            writing=Writing(group, identifier, keys, clock),
            keys=keys,
            clock=clock,
            session_key=key,
            seats=Seats(acceptor, key),
            embedded=settings.run.embedded,
            provided=provided,
            hosts=settings.web.known_hosts(),
            type_names=settings.run.event_type_names,
        )
        server = make_server(build(parts), settings.web.host, settings.web.port)
        beside = (
            group.run(),
            listen(settings, parts),
            listen_ends(settings, parts),
            beat(settings, acceptor, parts),
            *([] if provided is None else [ask_provider(provided)]),
            forget_lists(parts),
        )
        try:
            await serve_beside(server, beside)
        finally:
            parts.fitting.close()
            parts.region_fits.close()
            parts.scenarios.close()
            parts.lists.close()
            if provided is not None:
                await provided.provider.asking.close()


def find_provider(
    settings: Settings, acceptor: Database, keys: Keys, key: bytes
) -> ProviderSeats | None:
    """Find who signs people in; None: codes, or demo users on the embedded servers. Raises NotConfigured.

    Demo users need no secret: they are for the servers that this machine brought along, and never beside a real provider.
    """
    if settings.run.embedded and not is_here(settings.postgres.url):
        raise NotConfigured(
            "PRIKPLOEG_EMBEDDED: anybody could be anybody on a database that is not embedded"
        )
    if not settings.sign_in.issuer:
        return None
    if settings.run.embedded:
        raise NotConfigured("PRIKPLOEG_EMBEDDED: no demo users beside OIDC_ISSUER")
    provider = Provider.of(settings.sign_in)
    assert settings.sign_in.mapping_file is not None  # checked by Provider.of
    mapping = read_mapping(settings.sign_in.mapping_file)
    return ProviderSeats(acceptor, key, keys, provider, mapping)


async def ask_provider(provided: ProviderSeats) -> None:
    """Ask the identity provider whether those who are signed in may still be."""
    while True:
        with suppress(Unavailable):
            while await provided.check_due():
                pass
        await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def open_pools(settings: Settings) -> AsyncIterator[tuple[Database, Database, Database]]:
    """Open the three pools: reading for pages, writing through `accept`, and the vault."""
    opened: list[Database] = []
    try:
        for role, size in (("reader", 6), ("acceptor", 2), ("identifier", 2)):
            opened.append(await wait_for(settings.postgres.dsn(role), size=size))  # type: ignore[arg-type]
        yield opened[0], opened[1], opened[2]
    finally:
        for database in opened:
            await database.close()


def read_session_key(settings: Settings) -> bytes:
    """Read the key that signs sessions; without a file a new one, so that a restart signs everybody out."""
    if settings.web.session_key_file is None:
        return secrets.token_bytes(32)
    return read_secret(settings.web.session_key_file).encode()


async def listen(settings: Settings, parts: Parts) -> None:
    """Pass notifications of Postgres on to the hub; after an outage whatever was missed counts as changed."""
    while True:
        with suppress(Unavailable):
            await follow(settings.postgres.dsn("reader"), parts.hub.tell, parts.hub.settle)
        await asyncio.sleep(0.5)


async def listen_ends(settings: Settings, parts: Parts) -> None:
    """Let the streams of a session that ended ask whether they may go on; after an outage all of them."""
    while True:
        with suppress(Unavailable):
            await follow_ends(settings.postgres.dsn("reader"), parts.hub.ask)
        await asyncio.sleep(0.5)


async def beat(settings: Settings, acceptor: Database, parts: Parts) -> None:
    """Write a heartbeat every second, as `acceptor`: the role that reads for pages may write nothing."""
    real = SystemClock()
    process = heartbeats.Process("web", settings.run.slot, os.getpid(), real.now())
    while True:
        with suppress(Unavailable):
            async with acceptor.transaction() as tx:
                state = {
                    "listeners": parts.hub.listeners,
                    "guessing": sorted(parts.guesses.regions),
                }
                await heartbeats.beat(tx, process, real.now(), state)
        await asyncio.sleep(BEAT_SECONDS)


async def forget_lists(parts: Parts) -> None:
    """Forget lists whose hour is over, also when nobody hands over another."""
    while True:
        with suppress(Unavailable):
            await parts.writing.lists.forget_old()
        await asyncio.sleep(FORGET_SECONDS)
