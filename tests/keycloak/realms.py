"""Realms of a test: people with roles and organisations, our clients, and a browser that fills in Keycloak's own pages."""

import html
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from joserfc.jwk import ECKey, RSAKey

from infra.identity import new_id
from tests.keycloak.running import Running

FORM = re.compile(r'<form[^>]*id="kc-(?:form|otp)[^"]*"[^>]*action="([^"]+)"')
API = "prikploeg"
WEB = "prikploeg-web"
PASSWORD = "een lang wachtwoord"
ROLES = ("planner", "practice", "crisis", "beheer", "systeem")


def claim_mapper(name: str, kind: str, **config: str) -> dict[str, Any]:
    """A mapper of Keycloak, into ID and access token and userinfo."""
    everywhere = {
        "id.token.claim": "true",
        "access.token.claim": "true",
        "userinfo.token.claim": "true",
    }
    return {"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": everywhere | config}  # fmt: skip


ROLES_CLAIM = claim_mapper(
    "roles", "oidc-usermodel-realm-role-mapper",
    **{"claim.name": "roles", "jsonType.label": "String", "multivalued": "true"},
)  # fmt: skip
AUDIENCE = claim_mapper(
    "aud", "oidc-audience-mapper",
    **{"included.custom.audience": API, "id.token.claim": "false"},
)  # fmt: skip
ORGANISATIONS = claim_mapper(
    "organization", "oidc-organization-membership-mapper",
    **{"claim.name": "organization", "jsonType.label": "String", "multivalued": "true"},
)  # fmt: skip


@dataclass
class Realm:
    """A realm of one test."""

    server: Running
    name: str
    admin: httpx2.AsyncClient
    keys: dict[str, ECKey | RSAKey] = field(default_factory=dict)  # of clients that have one

    @property
    def issuer(self) -> str:
        """As it stands in its tokens."""
        return f"{self.server.address}/realms/{self.name}"

    async def person(self, name: str, roles: list[str], organisations: list[str]) -> str:
        """Somebody who can sign in; their id."""
        made = await self.admin.post(
            f"/{self.name}/users",
            json={
                "username": name,
                "enabled": True,
                "email": f"{name}@prikploeg.example",
                "emailVerified": True,
                "firstName": name,
                "lastName": "Proef",
                "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
            },
        )
        assert made.status_code == 201, made.text
        person = made.headers["location"].rpartition("/")[2]
        known = (await self.admin.get(f"/{self.name}/roles")).json()
        wanted = [one for one in known if one["name"] in roles]
        await self.admin.post(f"/{self.name}/users/{person}/role-mappings/realm", json=wanted)
        for organisation in organisations:
            await self.join(person, organisation)
        return person

    async def join(self, person: str, organisation: str) -> None:
        """Make somebody a member of an organisation, which is made when it is not there."""
        place = f"/{self.name}/organizations"
        known = {one["alias"]: one["id"] for one in (await self.admin.get(place)).json()}
        if organisation not in known:
            made = await self.admin.post(
                place,
                json={
                    "name": organisation,
                    "alias": organisation,
                    "enabled": True,
                    "domains": [{"name": f"{organisation}.example"}],
                },
            )
            assert made.status_code == 201, made.text
            known[organisation] = made.headers["location"].rpartition("/")[2]
        joined = await self.admin.post(f"{place}/{known[organisation]}/members", json=person)
        assert joined.status_code in (201, 204), joined.text

    async def leave(self, person: str, organisation: str) -> None:
        """End a membership."""
        place = f"/{self.name}/organizations"
        known = {one["alias"]: one["id"] for one in (await self.admin.get(place)).json()}
        await self.admin.delete(f"{place}/{known[organisation]}/members/{person}")

    async def lose(self, person: str, role: str) -> None:
        """Take a role from somebody."""
        known = (await self.admin.get(f"/{self.name}/roles/{role}")).json()
        done = await self.admin.request(
            "DELETE", f"/{self.name}/users/{person}/role-mappings/realm", json=[known]
        )
        assert done.status_code == 204, done.text

    async def change(self, person: str, **what: object) -> None:
        """Change somebody, such as `enabled=False`."""
        now = (await self.admin.get(f"/{self.name}/users/{person}")).json()
        done = await self.admin.put(f"/{self.name}/users/{person}", json=now | what)
        assert done.status_code == 204, done.text

    async def change_client(self, client: str, **attributes: str) -> None:
        """Change the attributes of a client."""
        (now,) = (await self.admin.get(f"/{self.name}/clients", params={"clientId": client})).json()
        now["attributes"] |= attributes
        done = await self.admin.put(f"/{self.name}/clients/{now['id']}", json=now)
        assert done.status_code == 204, done.text

    async def add_claim(self, client: str, name: str, value: str) -> None:
        """Let the provider say this of everybody, when it is asked who somebody is."""
        (now,) = (await self.admin.get(f"/{self.name}/clients", params={"clientId": client})).json()
        place = f"/{self.name}/clients/{now['id']}/protocol-mappers/models"
        for one in (await self.admin.get(place)).json():
            if one["name"] == name:
                await self.admin.delete(f"{place}/{one['id']}")
        only_there = {"id.token.claim": "false", "access.token.claim": "false"}
        said = {"claim.name": name, "claim.value": value, "jsonType.label": "String"}
        mapper = claim_mapper(name, "oidc-hardcoded-claim-mapper", **said, **only_there)
        done = await self.admin.post(place, json=mapper)
        assert done.status_code == 201, done.text

    async def add_key(self, name: str, priority: int = 200) -> None:
        """A new signing key, which is used from now on."""
        done = await self.admin.post(
            f"/{self.name}/components",
            json={
                "name": name,
                "providerId": "ecdsa-generated",
                "providerType": "org.keycloak.keys.KeyProvider",
                "config": {"ecdsaEllipticCurveKey": ["P-256"], "priority": [str(priority)]},
            },
        )
        assert done.status_code == 201, done.text

    async def remove_key(self, name: str) -> None:
        """Take a signing key away."""
        found = await self.admin.get(
            f"/{self.name}/components",
            params={"type": "org.keycloak.keys.KeyProvider", "name": name},
        )
        for one in found.json():
            await self.admin.delete(f"/{self.name}/components/{one['id']}")


def describe(
    name: str, pages: str, listener: str, keys: dict[str, ECKey | RSAKey]
) -> dict[str, Any]:
    """A realm as Keycloak imports it. `pages`: our address; `listener`: where it orders to end sessions."""
    mappers = [ROLES_CLAIM, AUDIENCE, ORGANISATIONS]
    own = {
        "pkce.code.challenge.method": "S256",
        "post.logout.redirect.uris": f"{pages}/aanmelden",
        "backchannel.logout.url": f"{listener}/afmelden/provider",
        "backchannel.logout.session.required": "true",
    }
    public = {"publicClient": True, "standardFlowEnabled": True, "directAccessGrantsEnabled": False}
    clients: list[dict[str, Any]] = [
        {
            "clientId": WEB,
            **public,
            "redirectUris": [f"{pages}/aanmelden/terug"],
            "attributes": own,
            "protocolMappers": mappers,
        }
    ]
    for client, key in keys.items():
        public_key = key.as_dict(private=False)
        listed = [public_key | {"use": "sig"}]
        if client.startswith(WEB):  # pages may get answers that only they can open
            listed.append(
                public_key | {"use": "enc", "alg": "RSA-OAEP-256", "kid": f"{key.kid}-enc"}
            )
        signing = {
            "token.endpoint.auth.signing.alg": "ES256" if key.key_type == "EC" else "PS256",
            "use.jwks.string": "true",
            "jwks.string": json.dumps({"keys": listed}),
        }
        pages_too = {"redirectUris": [f"{pages}/aanmelden/terug"]} if client.startswith(WEB) else {}
        clients.append(
            {
                "clientId": client,
                "clientAuthenticatorType": "client-jwt",
                "serviceAccountsEnabled": not pages_too,
                "standardFlowEnabled": bool(pages_too),
                "directAccessGrantsEnabled": False,
                "attributes": signing | (own if pages_too else {}),
                "protocolMappers": mappers
                if pages_too
                else [ROLES_CLAIM, AUDIENCE, of_client(client)],
                **pages_too,
            }
        )
    return {
        "realm": name,
        "enabled": True,
        "sslRequired": "none",
        "organizationsEnabled": True,
        "defaultSignatureAlgorithm": "ES256",
        "internationalizationEnabled": True,
        "supportedLocales": ["nl"],
        "defaultLocale": "nl",
        "accessTokenLifespan": 300,
        "revokeRefreshToken": True,
        "refreshTokenMaxReuse": 0,
        "roles": {"realm": [{"name": one} for one in ROLES]},
        "components": {
            "org.keycloak.keys.KeyProvider": [
                {"name": "es256", "providerId": "ecdsa-generated", "config": {"ecdsaEllipticCurveKey": ["P-256"], "priority": ["100"]}},
                {"name": "hmac", "providerId": "hmac-generated", "config": {"algorithm": ["HS512"], "priority": ["90"]}},
                {"name": "aes", "providerId": "aes-generated", "config": {"priority": ["90"]}},
            ]
        },
        "users": [
            {"username": f"service-account-{one}", "enabled": True, "serviceAccountClientId": one, "realmRoles": ["systeem"]}
            for one in keys if not one.startswith(WEB)
        ],
        "clients": clients,
    }  # fmt: skip


def of_client(client: str) -> dict[str, Any]:
    """A service account is member of nothing: its organisation is a claim of its client."""
    return claim_mapper(
        "organization",
        "oidc-hardcoded-claim-mapper",
        **{
            "claim.name": "organization",
            "claim.value": json.dumps([client]),
            "jsonType.label": "JSON",
        },
    )


async def make_realm(
    server: Running, pages: str, listener: str = "http://127.0.0.1:1", *with_keys: str
) -> Realm:
    """A realm that nobody else uses; the clients of these names have a key each."""
    given = httpx2.AsyncClient(base_url=server.address, timeout=60)
    async with given as asking:
        answer = await asking.post(
            "/realms/master/protocol/openid-connect/token",
            data={"grant_type": "client_credentials"},
            auth=(server.admin, server.secret),
        )
        token = answer.json()["access_token"]
    admin = httpx2.AsyncClient(
        base_url=f"{server.address}/admin/realms",
        headers={"authorization": f"Bearer {token}"},
        timeout=60,
    )
    keys: dict[str, ECKey | RSAKey] = {
        one: RSAKey.generate_key(2048, {"kid": f"{one}-1"})
        if one.startswith(WEB)
        else ECKey.generate_key("P-256", {"kid": f"{one}-1"})
        for one in with_keys
    }
    realm = Realm(server, f"proef-{new_id().hex[:12]}", admin, keys)
    made = await admin.post("", json=describe(realm.name, pages, listener, keys))
    assert made.status_code == 201, made.text
    return realm


def a_browser() -> httpx2.AsyncClient:
    """A browser that stays signed in at Keycloak.

    Keycloak marks its cookies as for TLS alone, on this machine too. Browsers send them here all the same; this client
    does not, so the mark is taken off.
    """
    client = httpx2.AsyncClient(follow_redirects=False, timeout=60)

    async def unmark(response: httpx2.Response) -> None:
        client.cookies.extract_cookies(response)
        for cookie in client.cookies.jar:
            cookie.secure = False

    client.event_hooks["response"].append(unmark)
    return client


async def sign_in(browser: httpx2.AsyncClient, question: str, name: str = "") -> str:
    """Answer what Keycloak asks at this address; the address that it sends the browser back to."""
    answer = await browser.get(question)
    for _ in range(
        3
    ):  # with organisations the first page asks the name only, the second the password
        if answer.status_code != 200:
            break
        found = FORM.search(answer.text)
        assert found is not None, answer.text[:3000]
        fields = {"username": name, "credentialId": ""}
        if 'name="password"' in answer.text:
            fields["password"] = PASSWORD
        answer = await browser.post(html.unescape(found[1]), data=fields)
    assert answer.status_code in (302, 303), re.sub(r"<[^>]+>|\s+", " ", answer.text)[:600]
    return answer.headers["location"]


def query_of(address: str) -> dict[str, str]:
    """The fields of an address."""
    return dict(parse_qsl(urlsplit(address).query))
