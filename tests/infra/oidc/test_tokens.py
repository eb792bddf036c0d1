"""Which tokens count: a good one of each kind, and what is wrong with every other."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, RSAKey

from infra.oidc.checking import (
    LOGOUT_EVENT,
    Expected,
    InvalidToken,
    check_access_token,
    check_id_token,
    check_logout_token,
    read_head,
    verify,
)

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
SECOND = int(NOW.timestamp())
ISSUER = "https://login.example/realms/x"
ALLOWED = ("ES256", "RS256")
EC, OTHER = (ECKey.generate_key("P-256", {"kid": "e"}) for _ in range(2))
RSA = RSAKey.generate_key(2048, {"kid": "r"})
TIMES = {"iat": SECOND - 10, "exp": SECOND + 290}
ID = {"iss": ISSUER, "aud": "web", "sub": "1", "nonce": "n", "sid": "s", "typ": "ID", **TIMES}
ACCESS = {"iss": ISSUER, "aud": ["account", "api"], "sub": "1", "typ": "Bearer", **TIMES}
LOGOUT = {"iss": ISSUER, "aud": "web", "jti": "j", "sid": "s", "events": {LOGOUT_EVENT: {}}, **TIMES}  # fmt: skip


def signed(
    claims: dict[str, Any], kind: str = "JWT", key: Key = EC, alg: str = "ES256", **head: object
) -> str:
    return jwt.encode({"alg": alg, "typ": kind, "kid": key.kid, **head}, claims, key, [alg])


def without(claims: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in names}


def bare(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"x") -> str:
    """A token that no library would make."""
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def take_id(token: str, nonce: str | None = "n") -> None:
    claims = verify(token, EC, ALLOWED)
    check_id_token(read_head(token), claims, Expected(ISSUER, "web"), NOW, nonce)


def take_access(token: str) -> None:
    claims = verify(token, EC, ALLOWED)
    check_access_token(read_head(token), claims, Expected(ISSUER, "api"), NOW)


def take_logout(token: str) -> None:
    claims = verify(token, EC, ALLOWED)
    check_logout_token(read_head(token), claims, Expected(ISSUER, "web"), NOW)


def test_a_good_token_of_each_kind_counts_as_that_kind_and_as_no_other():
    good = {
        take_id: signed(ID),
        take_access: signed(ACCESS),
        take_logout: signed(LOGOUT, "logout+jwt"),
    }

    for take, token in good.items():
        take(token)
        for another in set(good) - {take}:
            with pytest.raises(InvalidToken):
                another(token)


def test_no_kind_passes_as_another_even_for_the_same_audience():
    # one name for pages and API, as a careless installation has it: what is left is the kind
    both = {"aud": ["web", "api"], "azp": "web"}

    for take, wrong in (
        (take_access, signed(ID | both)),
        (take_access, signed(without(ID | both, "typ"))),
        (take_access, signed(LOGOUT | both | {"sub": "1"}, "logout+jwt")),
        (take_id, signed(ACCESS | both | {"nonce": "n"})),
        (take_id, signed(LOGOUT | both | {"sub": "1", "nonce": "n"}, "logout+jwt")),
        (take_logout, signed(ACCESS | both)),
        (take_logout, signed(ID | both)),
    ):
        with pytest.raises(InvalidToken):
            take(wrong)


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("another key of the same name", signed(ACCESS, key=OTHER)),
        ("no signature", bare({"alg": "none", "kid": "e"}, ACCESS, b"")),
        ("a secret instead of a key", signed(ACCESS, key=OctKey.generate_key(256), alg="HS256", kid="e")),
        ("an algorithm of another key", bare({"alg": "RS256", "kid": "e"}, ACCESS)),
        ("one that is not allowed", signed(ACCESS, key=RSA, alg="PS256")),
        ("a demand that is not known", bare({"alg": "ES256", "kid": "e", "crit": ["x"], "x": 1}, ACCESS)),
        ("expired", signed(ACCESS | {"exp": SECOND - 31})),
        ("no end", signed(without(ACCESS, "exp"))),
        ("an end that is a text", signed(ACCESS | {"exp": "soon"})),
        ("not begun", signed(ACCESS | {"nbf": SECOND + 60})),
        ("of tomorrow", signed(ACCESS | {"iat": SECOND + 60})),
        ("no age", signed(without(ACCESS, "iat"))),
        ("another issuer", signed(ACCESS | {"iss": ISSUER + "/"})),
        ("another audience", signed(ACCESS | {"aud": ["account", "web"]})),
        ("no audience", signed(without(ACCESS, "aud"))),
        ("nobody", signed(without(ACCESS, "sub"))),
        ("somebody who is a number", signed(ACCESS | {"sub": 1})),
        ("too long a life", signed(ACCESS | {"exp": SECOND + 1_000})),
        ("bound to a key of its holder", signed(ACCESS | {"cnf": {"jkt": "x"}})),
        ("another kind by its head", signed(ACCESS, "logout+jwt")),
        ("another kind by its claim", signed(ACCESS | {"typ": "Refresh"})),
        ("no token", "abc"),
        ("three parts of nothing", "a.b.c"),
        ("not in letters of ours", "é.é.é"),
        ("no end of it", "a" * 20_000),
    ],
    ids=lambda one: one if len(one) < 60 and "." not in one else "",
)  # fmt: skip
def test_an_access_token_with_one_thing_wrong_is_refused(name: str, token: str):
    with pytest.raises(InvalidToken) as refused:
        take_access(token)

    assert token not in str(refused.value), name


def test_clocks_may_differ_by_half_a_minute():
    take_access(signed(ACCESS | {"exp": SECOND - 29}))
    take_access(signed(ACCESS | {"iat": SECOND + 29, "nbf": SECOND + 29}))


def test_an_access_token_of_the_newer_kind_counts():
    take_access(signed(without(ACCESS, "typ"), "application/at+jwt"))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"nonce": "m"}, id="the answer to another question"),
        pytest.param({"azp": "other"}, id="for another client"),
        pytest.param({"aud": ["web", "other"]}, id="for several, and it does not say whose"),
    ],
)
def test_an_id_token_for_another_is_refused(change: dict[str, object]):
    with pytest.raises(InvalidToken):
        take_id(signed(ID | change))


def test_an_id_token_without_the_question_counts_at_a_refresh_only():
    token = signed(without(ID, "nonce"))

    take_id(token, nonce=None)
    with pytest.raises(InvalidToken):
        take_id(token)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: without(LOGOUT, "sid"), id="of nobody"),
        pytest.param(lambda: without(LOGOUT, "events"), id="no order"),
        pytest.param(
            lambda: LOGOUT | {"events": {"https://x.example/password": {}}}, id="another order"
        ),
        pytest.param(lambda: LOGOUT | {"events": [LOGOUT_EVENT]}, id="an order in a list"),
        pytest.param(lambda: LOGOUT | {"nonce": "n"}, id="the answer to a question"),
        pytest.param(lambda: without(LOGOUT, "jti"), id="without a number"),
        pytest.param(
            lambda: LOGOUT | {"iat": SECOND - 3_600, "exp": SECOND + 3_600}, id="of an hour ago"
        ),
        pytest.param(lambda: LOGOUT | {"aud": "other"}, id="for another client"),
    ],
)
def test_an_order_to_end_sessions_with_one_thing_wrong_is_refused(
    make: Callable[[], dict[str, object]],
):
    with pytest.raises(InvalidToken):
        take_logout(signed(make(), "logout+jwt"))


def test_an_order_may_name_the_person_instead_of_the_session():
    take_logout(signed(without(LOGOUT, "sid") | {"sub": "1"}, "logout+jwt"))
