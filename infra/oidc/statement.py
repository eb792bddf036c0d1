"""A signed statement of whom somebody works for and in which role, in the shape of Dezi (interface 0.7).

It is signed by another than the provider that carries it, so its own keys are asked for: at an address that stands in the
settings, never at one that only the statement names. Whether it was revoked is asked where it says (`status_uri`), likewise.
"""

from collections.abc import Mapping
from typing import Any

from infra.oidc.asking import ProviderAway
from infra.oidc.checking import InvalidToken, must, validate
from infra.oidc.checking import read_head as read_head_of
from infra.oidc.mapping import Statement
from infra.oidc.provider import Provider, SignInRefused


async def read_statement(
    provider: Provider, rules: Statement, said: Mapping[str, Any]
) -> dict[str, Any]:
    """The claims of the statement that the provider's answer carries, which is signed, high enough and not revoked.

    Raises InvalidToken, SignInRefused and ProviderAway.
    """
    token = said.get(rules.claim)
    if not isinstance(token, str):
        raise InvalidToken("no statement")
    head = read_head_of(token)
    if head.kind not in ("", "jwt") or head.key_set not in rules.key_sets:
        raise InvalidToken("jku: keys of somebody else")
    _, claims = await provider.verified(token, head.key_set)
    validate(claims, provider.clock.now(), exp=must(), nbf=must(), iss=must())
    if claims["iss"] not in rules.issuers:
        raise InvalidToken("iss: of somebody else")
    if said.get("verklaring_id") not in (None, claims.get("verklaring_id")):
        raise InvalidToken("verklaring_id: of another statement")
    if claims.get(rules.level) not in rules.levels:
        raise SignInRefused("level: too low")
    await check_status(provider, rules, claims.get("status_uri"))
    return claims


async def check_status(provider: Provider, rules: Statement, address: object) -> None:
    """Raise SignInRefused when a statement was revoked, or does not say where that is told."""
    if not isinstance(address, str) or not address.startswith(rules.status):
        raise InvalidToken("status_uri: of somebody else")
    answer = await provider.asking.get(address)
    if answer.status in (404, 410):
        raise SignInRefused("statement: not known any more")
    if answer.status != 200:
        raise ProviderAway(f"status of a statement: status {answer.status}")
    if answer.fields.get(rules.status_field) not in rules.status_counts:
        raise SignInRefused("statement: revoked")
