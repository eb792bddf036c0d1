"""Checks signed tokens: whose signature, for whom, how old, and of which kind. By joserfc; nothing is computed by hand.

The kind is checked here, for the library does not: a logout token, an ID token and an access token of one provider are
signed by the same key, and each would pass for the others.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jwt import ClaimsOption, JWTClaimsRegistry

LEEWAY_SECONDS: Final = 30  # clocks of two machines that both ask for the time
LONGEST: Final = 16_384  # characters of a token; Keycloak's have 1,500
# Without a symmetric one: whoever could check such a token could make it.
ALGORITHMS: Final = ("ES256", "ES384", "RS256", "RS384", "PS256", "PS384")
# A token of a system or a person at the API: past it a stolen one counts for longer than anybody notices.
LONGEST_ACCESS_SECONDS: Final = 900
LOGOUT_SECONDS: Final = 300  # how old the order to end a session may be
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
Claims = Mapping[str, Any]


class InvalidToken(Exception):
    """A token that does not count; the message names what is wrong, never a value of it."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a token says of its signature; nothing of it is true before it was checked."""

    algorithm: str
    kid: str | None
    kind: str  # `typ` in small letters, without `application/`
    key_set: str  # `jku`: where the signer says that its keys are


@dataclass(frozen=True, slots=True)
class Expected:
    """Who must have signed, and for whom."""

    issuer: str
    audience: str


def read_head(token: str) -> Head:
    """The head of a signed token. Raises InvalidToken."""
    if len(token) > LONGEST:
        raise InvalidToken("longer than any of ours")
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError, KeyError):
        raise InvalidToken("no signed token") from None
    kid, kind, key_set = header.get("kid"), header.get("typ") or "", header.get("jku") or ""
    if not all(isinstance(one, str) for one in (kid or "", kind, key_set, header.get("alg"))):
        raise InvalidToken("a header that is no text")
    plain = kind.lower().removeprefix("application/")
    return Head(str(header["alg"]), kid, plain, key_set)


def verify(token: str, key: Key, algorithms: Collection[str]) -> dict[str, Any]:
    """The claims of a token that this key signed by one of these algorithms. Raises InvalidToken."""
    try:
        return jwt.decode(token, key, algorithms=list(algorithms)).claims
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise InvalidToken(f"signature: {type(error).__name__}") from None


def validate(claims: Claims, now: datetime, **options: ClaimsOption) -> None:
    """Check times and what is asked of each claim. Raises InvalidToken that names the claim."""
    registry = JWTClaimsRegistry(now=int(now.timestamp()), leeway=LEEWAY_SECONDS, **options)
    try:
        registry.validate(dict(claims))
    except JoseError as error:
        raise InvalidToken(f"claims: {error.error} {error.description[:60]}") from None


def validate_ours(claims: Claims, expected: Expected, now: datetime, **more: ClaimsOption) -> None:
    """Check that the right one signed it, for us, and from when to when, and `more`. Raises InvalidToken as `validate`."""
    validate(
        claims,
        now,
        iss=must(expected.issuer),
        aud=must(expected.audience),
        exp=must(),
        iat=must(),
        **more,
    )


def must(value: str | None = None) -> ClaimsOption:
    """A claim that has to be there, with this value."""
    return {"essential": True} if value is None else {"essential": True, "value": value}


def check_id_token(
    head: Head, claims: Claims, expected: Expected, now: datetime, nonce: str | None
) -> None:
    """Raise InvalidToken unless this says who signed in, to us, in answer to this question (`nonce`; None at a refresh)."""
    if head.kind not in ("", "jwt") or str(claims.get("typ", "ID")).upper() != "ID":
        raise InvalidToken("typ: no ID token")
    refuse(claims, "events")
    asked = {} if nonce is None else {"nonce": must(nonce)}
    validate_ours(claims, expected, now, sub=must(), **asked)
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else expected.audience) != expected.audience:
        raise InvalidToken("azp: signed in to another client")


def check_access_token(head: Head, claims: Claims, expected: Expected, now: datetime) -> None:
    """Raise InvalidToken unless this opens our API for whoever shows it, for a short time (RFC 9068, RFC 8725)."""
    if head.kind not in ("at+jwt", "jwt") or str(claims.get("typ", "Bearer")).lower() != "bearer":
        raise InvalidToken("typ: no access token")
    # `cnf`: bound to a key that we do not ask for, so whoever shows it need not be whose it is
    refuse(claims, "events", "nonce", "at_hash", "c_hash", "cnf")
    validate_ours(claims, expected, now, sub=must())
    if claims["exp"] - claims["iat"] > LONGEST_ACCESS_SECONDS:
        raise InvalidToken("exp: lives too long")


def check_logout_token(head: Head, claims: Claims, expected: Expected, now: datetime) -> None:
    """Raise InvalidToken unless this orders us to end sessions now (OpenID Connect Back-Channel Logout 1.0, 2.6)."""
    if head.kind != "logout+jwt":
        raise InvalidToken("typ: no logout token")
    refuse(claims, "nonce")
    validate_ours(claims, expected, now, jti=must())
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise InvalidToken("events: no logout")
    if claims["iat"] < now.timestamp() - LOGOUT_SECONDS:
        raise InvalidToken("iat: too old")
    if not any(isinstance(claims.get(name), str) and claims[name] for name in ("sid", "sub")):
        raise InvalidToken("sid, sub: whose?")


def refuse(claims: Claims, *names: str) -> None:
    """Raise InvalidToken for a claim that a token of this kind never has."""
    found = [name for name in names if name in claims]
    if found:
        raise InvalidToken(f"{', '.join(found)}: of another kind of token")
