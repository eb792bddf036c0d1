"""The shape of Dezi: a signed statement says for whom somebody works and in which role, how sure that is, and where it is revoked.

The statements are of our own making, signed by a key of this test. A real Keycloak carries them, signed and encrypted to us.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

from infra.clock import SystemClock
from infra.oidc.mapping import MeaningOfClaims, read_mapping
from tests.documents import block, filled
from tests.keycloak.running import Running
from tests.services.web.conftest import Site
from tests.services.web.signing_in import Provided, provided_site

pytestmark = pytest.mark.postgres
CLIENT = "prikploeg-web-key"
HIGH = "http://eidas.europa.eu/LoA/high"
URA = "90000380"


@dataclass
class Register:
    """Who makes statements: its keys, and what it says of their status."""

    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "d-1"}))
    address: str = ""
    status: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    def state(self, name: str = "v-1", key: RSAKey | None = None, **change: Any) -> str:
        """A statement; `change` with None leaves a claim out."""
        now = int(SystemClock().now().timestamp())
        jku = change.pop("jku", f"{self.address}/dezi/jwks.json")
        claims = {
            "json_schema": "https://www.dezi.nl/json_schemas/v1/verklaring.json",
            "loa_dezi": HIGH,
            "jti": name,
            "verklaring_id": name,
            "dezi_nummer": "900022159",
            "voorletters": "J.",
            "voorvoegsel": None,
            "achternaam": "90017362",
            "abonnee_nummer": URA,
            "abonnee_naam": "Proefpraktijk",
            "rol_code": "01.015",
            "rol_naam": "Huisarts",
            "rol_code_bron": "http://www.dezi.nl/rol_bron/big",
            "status_uri": f"{self.address}/status/v1/verklaring/{name}",
            "nbf": now - 60,
            "exp": now + 3_600,
            "iss": "https://abonnee.dezi.nl",
        } | change
        self.status.setdefault(name, "valid")
        kept = {claim: value for claim, value in claims.items() if value is not None}
        own = key or self.key
        head = {"alg": "RS256", "kid": "d-1"} | ({"jku": jku} if jku else {})
        return jwt.encode(head, kept, own, ["RS256"])

    async def keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def tell(self, request: web.Request) -> web.Response:
        self.asked += 1
        known = self.status.get(request.match_info["name"])
        return web.json_response({"status": known}, status=200 if known else 404)


@pytest.fixture
async def register() -> AsyncIterator[Register]:
    made, app = Register(), web.Application()
    app.router.add_get("/dezi/jwks.json", made.keys)
    app.router.add_get("/elders/jwks.json", made.keys)
    app.router.add_get("/status/v1/verklaring/{name}", made.tell)
    app.router.add_get("/elders/{name}", made.tell)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


def mapping_of(site: Site, register: Register, folder: Path) -> MeaningOfClaims:
    """The file of the document, with the addresses of this test."""
    file = folder / "claims.toml"
    values = {
        "https://auth.dezi.nl": register.address,
        "6a1b5a3e-6f53-5a0b-8f6e-1d7a40f3a002": str(site.home.practices[0]),
    }
    file.write_text(filled(block("docs/sign-in.md", 'source = "statement"'), values))
    return read_mapping(file)


@pytest.fixture
async def provided(
    site: Site, keycloak: Running, register: Register, tmp_path: Path
) -> AsyncIterator[Provided]:
    mapping = mapping_of(site, register, tmp_path)
    async with provided_site(
        site,
        keycloak,
        keys=(CLIENT,),
        client_id=CLIENT,
        key_file=tmp_path / "key.jwk",
        mapping=mapping,
        check_seconds=1,
    ) as made:
        sealed = {
            "user.info.response.signature.alg": "ES256",
            "user.info.encrypted.response.alg": "RSA-OAEP-256",
            "user.info.encrypted.response.enc": "A256GCM",
        }
        await made.realm.change_client(CLIENT, **sealed)
        await made.realm.person("jan", [], [])
        yield made


async def enter(provided: Provided, statement: str) -> tuple[int, str]:
    """Sign in with this statement: the status, and what the practice's page shows then."""
    await provided.realm.add_claim(CLIENT, "verklaring", statement)
    visit = provided.visit("jan")
    back = await visit.go()
    return back.status_code, (await visit.pages.get("/praktijk")).text


async def test_a_statement_opens_what_its_subscriber_and_role_are_here(
    provided: Provided, register: Register
):
    status, page = await enter(provided, register.state())

    assert status == 303
    assert "Praktijk De Singel" in page
    assert register.asked == 1


async def test_a_statement_with_one_thing_wrong_lets_nobody_in(
    provided: Provided, register: Register
):
    now = int(SystemClock().now().timestamp())
    forged = RSAKey.generate_key(2048, {"kid": "d-1"})
    register.status["revoked"] = "revoked"
    statements = {
        "another key": register.state(key=forged),
        "keys elsewhere": register.state(jku=f"{register.address}/elders/jwks.json"),
        "no keys": register.state(jku=""),
        "another issuer": register.state(iss="https://other.example"),
        "over": register.state(exp=now - 60),
        "not begun": register.state(nbf=now + 600),
        "no end": register.state(exp=None),
        "not sure enough": register.state(loa_dezi="http://eidas.europa.eu/LoA/low"),
        "no level": register.state(loa_dezi=None),
        "another subscriber": register.state(abonnee_nummer="90000381"),
        "another role": register.state(rol_code="92.000"),
        "nobody": register.state(dezi_nummer=None),
        "revoked": register.state("revoked"),
        "status elsewhere": register.state(status_uri=f"{register.address}/elders/v-1"),
        "no status": register.state(status_uri=None),
        "no statement": "verklaring",
    }

    answers = {name: (await enter(provided, one))[0] for name, one in statements.items()}

    assert answers == dict.fromkeys(statements, 403)


async def test_a_statement_that_is_not_known_any_more_lets_nobody_in(
    provided: Provided, register: Register
):
    statement = register.state("v-9")
    del register.status["v-9"]

    assert (await enter(provided, statement))[0] == 403


async def test_a_statement_that_is_revoked_later_ends_the_session(
    provided: Provided, register: Register
):
    await provided.realm.add_claim(CLIENT, "verklaring", register.state())
    visit = provided.visit("jan")
    await visit.go()
    seen = []
    for status in ("valid", "revoked"):
        register.status["v-1"] = status
        await provided.due()
        seen.append((await visit.pages.get("/praktijk")).status_code)

    assert seen == [200, 303]
