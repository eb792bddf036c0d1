"""An OpenID Connect provider: what it says of itself, the questions it is asked, and its tokens once they were checked."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from joserfc import jwe, jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, OctKey

from infra.clock import SystemClock
from infra.errors import NotConfigured
from infra.identity import new_id
from infra.oidc.asking import Answer, Asking, ProviderAway
from infra.oidc.checking import (
    ALGORITHMS,
    Expected,
    InvalidToken,
    check_access_token,
    check_id_token,
    check_logout_token,
    read_head,
    verify,
)
from infra.oidc.key_sets import KeySets
from infra.settings import SignIn, read_secret

METADATA_SECONDS: Final = 3600.0
ASSERTION_LIVES: Final = timedelta(seconds=60)
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CALLBACK: Final = "/aanmelden/terug"
SIGNED_OUT: Final = "/aanmelden"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
ENCRYPTION: Final = (
    "RSA-OAEP",
    "RSA-OAEP-256",
    "ECDH-ES",
    "A128CBC-HS256",
    "A256CBC-HS512",
    "A128GCM",
    "A256GCM",
)
# What it answers to a refresh token that counts no longer, for whatever reason
OVER: Final = frozenset({"invalid_grant", "access_denied", "unauthorized_client"})


class SignInRefused(Exception):
    """The provider does not let this person in, or not any more; `why` is its own word for it, such as `invalid_grant`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the provider says of itself, as far as we use it."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    end_session_endpoint: str
    says_issuer: bool  # in its answers too (RFC 9207)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What was given for a code or a refresh token."""

    id_token: str
    access_token: str
    refresh_token: str


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider, as it was set up. Real time, also while a campaign is played on simulated time."""

    settings: SignIn
    asking: Asking
    key: Key | None  # None: a public client, which proves by PKCE alone that a code is its own
    algorithms: tuple[str, ...]
    clock: SystemClock = field(default_factory=SystemClock)
    _known: dict[str, tuple[float, Metadata]] = field(default_factory=dict)
    _keys: dict[str, KeySets] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: SignIn) -> "Provider":
        """The provider of these settings; nothing is asked yet. Raises NotConfigured for what can not work."""
        check_settings(settings)
        algorithms = tuple(one.strip() for one in settings.algorithms.split(","))
        if not set(algorithms) <= set(ALGORITHMS):
            raise NotConfigured(f"OIDC_ALGORITHMS: of {', '.join(ALGORITHMS)} only")
        key = None if settings.key_file is None else read_key(settings.key_file)
        return cls(settings, Asking(settings.ca_file), key, algorithms)

    @property
    def callback(self) -> str:
        """Where the provider sends people back to."""
        return self.settings.address.rstrip("/") + CALLBACK

    async def metadata(self) -> Metadata:
        """What the provider says of itself. Raises ProviderAway."""
        known = self._known.get("")
        if known is not None and self.clock.monotonic() - known[0] < METADATA_SECONDS:
            return known[1]
        issuer = self.settings.issuer
        try:
            answer = await self.asking.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            found = to_metadata(answer, issuer)
        except ProviderAway:
            if known is None:
                raise
            found = known[1]
        self._known[""] = (self.clock.monotonic(), found)
        return found

    async def write_question(self, state: str, nonce: str, verifier: str) -> str:
        """The address at which the provider asks somebody who they are."""
        digest = hashlib.sha256(verifier.encode()).digest()
        question = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.callback,
            "scope": self.settings.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "ui_locales": "nl",
        }
        return with_query((await self.metadata()).authorization_endpoint, question)

    async def write_goodbye(self, id_token: str) -> str:
        """The address at which the provider ends its own session; empty when it has none."""
        place = (await self.metadata()).end_session_endpoint
        back = self.settings.address.rstrip("/") + SIGNED_OUT
        asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back}
        return with_query(place, asked | {"id_token_hint": id_token}) if place else ""

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """The tokens for a code. Raises SignInRefused, ProviderAway."""
        return await self._ask_tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.callback,
                "code_verifier": verifier,
            }
        )

    async def refresh(self, refresh_token: str) -> Tokens:
        """New tokens, as long as the provider lets this person in. Raises SignInRefused, ProviderAway."""
        return await self._ask_tokens(
            {"grant_type": "refresh_token", "refresh_token": refresh_token}
        )

    async def _ask_tokens(self, form: Mapping[str, str]) -> Tokens:
        place = (await self.metadata()).token_endpoint
        sent = dict(form) | {"client_id": self.settings.client_id}
        if self.key is not None:
            sent |= {
                "client_assertion_type": ASSERTION,
                "client_assertion": write_assertion(
                    self.key, self.settings.client_id, place, self.clock.now()
                ),
            }
        answer = await self.asking.post(place, sent)
        said = answer.fields
        if answer.status != 200:
            why = str(said.get("error", ""))[:60]
            if why in OVER:
                raise SignInRefused(why)
            raise ProviderAway(f"token endpoint: status {answer.status}")
        texts = [said.get(name) or "" for name in ("id_token", "access_token", "refresh_token")]
        if not all(isinstance(one, str) for one in texts):
            raise ProviderAway("token endpoint: tokens that are no text")
        return Tokens(*texts)

    async def read_id_token(self, token: str, nonce: str | None) -> dict[str, Any]:
        """Who signed in. Raises InvalidToken, ProviderAway."""
        head, claims = await self.verified(token)
        check_id_token(head, claims, self.expected(), self.clock.now(), nonce)
        return claims

    async def read_access_token(self, token: str) -> dict[str, Any]:
        """Who asks at the API. Raises InvalidToken, ProviderAway."""
        head, claims = await self.verified(token)
        check_access_token(head, claims, self.expected(self.settings.audience), self.clock.now())
        return claims

    async def read_logout_token(self, token: str) -> dict[str, Any]:
        """Whose sessions are to end. Raises InvalidToken, ProviderAway."""
        head, claims = await self.verified(token)
        check_logout_token(head, claims, self.expected(), self.clock.now())
        return claims

    async def read_userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        """What the provider says of the person of this token, signed or not (it comes from the provider itself).

        Raises InvalidToken, also when it speaks of somebody else, SignInRefused and ProviderAway.
        """
        place = (await self.metadata()).userinfo_endpoint
        answer = await self.asking.get(
            place, bearer=access_token, accept="application/json, application/jwt"
        )
        if answer.status != 200:
            raise SignInRefused(f"userinfo: status {answer.status}")
        if answer.content_type == "application/jwt":
            signed = self._decrypted(answer.body.decode("latin-1").strip())
            _, claims = await self.verified(signed)
        else:
            claims = answer.fields
        if claims.get("sub") != subject:
            raise InvalidToken("sub: of somebody else")
        return claims

    def _decrypted(self, token: str) -> str:
        """What an answer holds that only we can open (five parts instead of three), as Dezi sends it."""
        if token.count(".") != 4:
            return token
        if self.key is None:
            raise InvalidToken("encrypted, and no OIDC_KEY_FILE")
        try:
            opened = jwe.decrypt_compact(token.encode(), self.key, algorithms=list(ENCRYPTION))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise InvalidToken(f"encrypted: {type(error).__name__}") from None
        return (opened.plaintext or b"").decode("latin-1")

    async def verified(self, token: str, key_set: str = "") -> tuple[Any, dict[str, Any]]:
        """Head and claims of a token that the provider signed, or whoever has the keys at `key_set`."""
        head = read_head(token)
        if head.algorithm not in self.algorithms:
            raise InvalidToken("alg: not allowed")
        key = await self.keys(key_set).find(head.kid)
        return head, verify(token, key, self.algorithms)

    def keys(self, address: str = "") -> KeySets:
        """The keys at an address; those of the provider itself for none."""

        async def find_address() -> str:
            return address or (await self.metadata()).jwks_uri

        return self._keys.setdefault(
            address, KeySets(self.asking, find_address, self.clock.monotonic)
        )

    def expected(self, audience: str = "") -> Expected:
        """Who signs, and for whom."""
        return Expected(self.settings.issuer, audience or self.settings.client_id)


def write_assertion(key: Key, client_id: str, audience: str, now: datetime) -> str:
    """The proof of who a client is (private_key_jwt, RFC 7523): good once, for a minute."""
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": str(new_id()),
        "iat": int(now.timestamp()),
        "exp": int((now + ASSERTION_LIVES).timestamp()),
    }
    algorithm = "ES256" if key.key_type == "EC" else "PS256"
    return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, algorithms=[algorithm])


def read_key(path: Path) -> Key:
    """The private key of this client, a JWK in a file. Raises NotConfigured."""
    try:
        key = JWKRegistry.import_key(json.loads(read_secret(path)))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise NotConfigured(f"OIDC_KEY_FILE: no key in {path} ({type(error).__name__})") from None
    if isinstance(key, OctKey) or not key.is_private:
        raise NotConfigured("OIDC_KEY_FILE: a private key of its own, no shared secret")
    key.ensure_kid()
    return key


def to_metadata(answer: Answer, issuer: str) -> Metadata:
    """What stands in the discovery document. Raises ProviderAway."""
    if answer.status != 200:
        raise ProviderAway(f"discovery: status {answer.status}")
    said = answer.fields
    if said.get("issuer") != issuer:
        raise ProviderAway("discovery: another issuer than OIDC_ISSUER")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
    found = {name: said.get(name) or "" for name in (*names, "end_session_endpoint")}
    for name, address in found.items():
        needed = name in names[:3]
        if (needed or address) and not is_safe(address):
            raise ProviderAway(f"discovery: {name} is no https address")
    return Metadata(
        **found, says_issuer=said.get("authorization_response_iss_parameter_supported") is True
    )


def check_settings(settings: SignIn) -> None:
    """Raise NotConfigured for what can not work, by the name of the setting."""
    if not is_safe(settings.issuer):
        raise NotConfigured("OIDC_ISSUER: an https address, as the provider itself writes it")
    if not is_safe(settings.address):
        raise NotConfigured("WEB_ADDRESS: the https address of these pages, as people type it")
    if settings.mapping_file is None:
        raise NotConfigured("OIDC_MAPPING_FILE is not set: what roles and organisations mean here")
    if settings.audience == settings.client_id:
        raise NotConfigured(
            "OIDC_AUDIENCE: another name than OIDC_CLIENT_ID, or ID tokens open the API"
        )


def is_safe(address: object) -> bool:
    """Whether this is an address with TLS, or one of this machine itself."""
    if not isinstance(address, str):
        return False
    parts = urlsplit(address)
    plain = parts.scheme == "http" and parts.hostname in LOOPBACK
    return (parts.scheme == "https" or plain) and bool(parts.hostname) and not parts.username


def with_query(address: str, fields: Mapping[str, str]) -> str:
    """An address with these fields added."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(fields)}"
