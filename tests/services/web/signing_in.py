"""A site whose people sign in by a real Keycloak, and what somebody does in a browser there."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx2

from infra.oidc.mapping import MeaningOfClaims
from infra.oidc.provider import Provider
from infra.settings import SignIn
from services.web.app import build
from services.web.provider_seats import ProviderSeats
from tests.keycloak.realms import API, WEB, Realm, a_browser, make_realm, sign_in
from tests.keycloak.running import Running
from tests.services.web.conftest import KEY, Site
from tests.services.web.seed import HOME

PAGES = "http://127.0.0.1:8080"  # as Keycloak sends people back; what is asked there goes to the application itself


def mapping_of(site: Site, **more: object) -> MeaningOfClaims:
    """What the claims of the realm mean: organisations of the seed, by the names that they have at Keycloak."""
    places: dict[str, dict[str, object]] = {
        "singel": {"region": HOME, "organisation": site.home.practices[0]},
        "hoogland": {"region": HOME, "organisation": site.home.practices[1]},
        "post": {"region": HOME, "organisation": site.home.post},
        "ggd": {"region": HOME},
        "his-singel": {"region": HOME, "organisation": site.home.practices[0]},
        "his-topic": {"region": HOME, "topic": "in.practice.his.v1"},
    }
    roles = {
        "planner": "planner",
        "practice": "practice",
        "crisis": "crisis",
        "beheer": "admin",
        "systeem": "practice",
    }
    return MeaningOfClaims.model_validate({"roles": roles, "organisations": places} | more)


@dataclass
class Visit:
    """A browser of one person: its cookies at our pages and at Keycloak."""

    keycloak: httpx2.AsyncClient
    pages: httpx2.AsyncClient
    name: str

    async def go(self, wanted: str = "") -> httpx2.Response:
        """Sign in at the provider, and come back: our answer to that."""
        return await self.return_by(await self.leave(wanted))

    async def leave(self, wanted: str = "") -> str:
        """Sign in at the provider: the address that it sends back to."""
        asked = await self.pages.get("/aanmelden/provider", params={"naar": wanted})
        assert asked.status_code == 303, asked.text
        return await sign_in(self.keycloak, asked.headers["location"], self.name)

    async def return_by(self, address: str) -> httpx2.Response:
        """Come back."""
        return await self.pages.get(address)

    async def close(self) -> None:
        """Close the browser."""
        await self.keycloak.aclose()
        await self.pages.aclose()


@dataclass
class Provided:
    """The site and its provider."""

    site: Site
    realm: Realm
    seats: ProviderSeats
    visits: list[Visit] = field(default_factory=list)

    def visit(self, name: str, beside: Visit | None = None) -> Visit:
        """A new browser of somebody; `beside`: the same browser, seen from another tab."""
        made = Visit(
            beside.keycloak if beside else a_browser(),
            beside.pages
            if beside
            else httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=self.site.app, raise_app_exceptions=False),
                base_url=PAGES,
                headers={"origin": PAGES},
            ),
            name,
        )
        self.visits.append(made)
        return made

    async def due(self) -> None:
        """Ask the provider about each session, as the process does when it is time."""
        await asyncio.sleep(self.seats.provider.settings.check_seconds + 0.1)
        while await self.seats.check_due():
            pass


def write_key(file: Path, realm: Realm, client_id: str) -> None:
    """The private key of a client, as OIDC_KEY_FILE has it."""
    file.write_text(json.dumps(realm.keys[client_id].as_dict(private=True)))


@asynccontextmanager
async def provided_site(
    site: Site,
    keycloak: Running,
    *,
    pages: str = PAGES,
    listener: str = "http://127.0.0.1:1",
    keys: tuple[str, ...] = (),
    key_file: Path | None = None,
    client_id: str = WEB,
    mapping: MeaningOfClaims | None = None,
    check_seconds: float = 240,
) -> AsyncIterator[Provided]:
    """The site, with a realm of its own as its provider."""
    realm = await make_realm(keycloak, pages, listener, *keys)
    if key_file is not None:
        write_key(key_file, realm, client_id)
    settings = SignIn(
        issuer=realm.issuer,
        client_id=client_id,
        key_file=key_file,
        scopes="openid organization:*" if mapping is None else "openid",
        audience=API,
        mapping_file=Path("unused"),
        address=pages,
        check_seconds=check_seconds,
    )
    provider = Provider.of(settings)
    seats = ProviderSeats(
        await site.fresh.open("acceptor", 2),
        KEY,
        site.parts.keys,
        provider,
        mapping or mapping_of(site),
    )
    site.parts = replace(site.parts, provided=seats, embedded=False)
    site.app = build(site.parts)
    made = Provided(site, realm, seats)
    yield made
    for visit in made.visits:
        await visit.close()
    await provider.asking.close()
    await realm.admin.aclose()
